"""UTF-8, whatever the locale says: files and pipes have it always, a terminal as far as it can.

In a locale like C, with Python's own remedies switched off, paths and arguments of programs would
be ASCII. Both commands ask here before they print anything.
"""

from __future__ import annotations

import os
import sys

TERMINAL = "FACTORYLINE_TERMINAL"
"""Carries the encoding of the terminal past the new start."""

SIGNS = {
    "−": "-",
    "→": "->",
    "×": "x",
    "…": "...",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "·": "-",
    "≤": "<=",
    "≥": ">=",
    "–": "-",
}
"""What stands for a sign that a terminal cannot show; for any other one it is `?`."""


def ensure() -> None:
    """Start over in UTF-8 where this process is not; see to it that printing cannot fail."""
    if sys.getfilesystemencoding() != "utf-8":
        os.environ[TERMINAL] = sys.stdout.encoding
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    terminal = os.environ.pop(TERMINAL, "")
    for stream in (sys.stdout, sys.stderr):
        encoding = terminal or stream.encoding
        if encoding.lower().replace("-", "") != "utf8" and hasattr(stream, "reconfigure"):
            import codecs

            codecs.register_error("plain", _plain)
            stream.reconfigure(encoding=encoding, errors="plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError), "only printing comes here"
    lost = error.object[error.start : error.end]
    return "".join(SIGNS.get(sign, "?") for sign in lost), error.end
