"""What a terminal adds to plain text: its width, and colour. A pipe gets the text as it is.

Like `skipping.quick` it imports nothing at its start: an answer that is known takes a few ms.
`NO_COLOR` takes colour away, `FORCE_COLOR` gives it to a pipe too (no-color.org, force-color.org).
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

SIGNS = {
    # How a line begins, and the SGR code that its sign has.
    ".  ": "32",
    "=  ": "2",
    ">  ": "34",
    "~  ": "2",
    "z  ": "36",
    "?  ": "33",
    "!  ": "31",
    "!! ": "31",
}

_WORDS = {"error": "1;31", "warning": "1;33", "help": "36"}
_WORD = r"^(\s{0,2}|\S+:\d+:\d+: )(error|warning|help)(?=: )"
"""What a diagnostic begins with, behind its place."""

QUOTED = "    "
"""What a line of somebody's file is indented by; it stays as it is, with the carets below it."""

NARROW = 20
"""Columns below which nothing is wrapped: no line of ours could be read there."""


def is_one(stream: TextIO) -> bool:
    """Whether a person looks at a stream, on a terminal that can do more than print."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int | None:
    """How many columns there are; None where nobody counts them."""
    if not stream.isatty():
        return None
    said = os.environ.get("COLUMNS", "")
    try:
        known = int(said) if said.isdecimal() else 0
        found = known or os.get_terminal_size(stream.fileno()).columns
    except OSError:
        return None
    return found if found >= NARROW else None


def is_coloured(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    return is_one(stream) if forced is None else forced not in ("", "0")


def fitted(text: str, columns: int | None) -> str:
    """Lines broken between words where they are wider than that, and indented below their text."""
    if columns is None or all(len(line) <= columns for line in text.split("\n")):
        return text
    return "\n".join(_fitted(line, columns) for line in text.split("\n"))


def _fitted(line: str, columns: int) -> str:
    if len(line) <= columns or line.startswith(QUOTED):
        return line
    import textwrap

    start = line[: len(line) - len(line.lstrip())]
    sign = next((sign for sign in SIGNS if line.startswith(sign)), "")
    hang = " " * (len(sign) + 3) if sign else start + "  "
    return textwrap.fill(
        line.lstrip(),
        columns,
        initial_indent=start,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def coloured(text: str) -> str:
    """Lines with the colour of their sign."""
    return "\n".join(_coloured(line) for line in text.split("\n"))


def _coloured(line: str) -> str:
    for sign, code in SIGNS.items():
        if line.startswith(sign):
            bare = sign.rstrip()
            return f"\x1b[{code}m{bare}\x1b[0m{line[len(bare) :]}"
    if not any(f"{word}: " in line for word in _WORDS):
        return line
    import re

    paint = "\x1b[{}m{}\x1b[0m".format
    return re.sub(_WORD, lambda found: found[1] + paint(_WORDS[found[2]], found[2]), line)


def present(text: str, stream: TextIO) -> str:
    """A text as a stream takes it: as it is, or fitted and coloured for a terminal."""
    found = fitted(text, width(stream))
    return coloured(found) if is_coloured(stream) else found
