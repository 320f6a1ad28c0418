"""An error is data: a sentence, a place, a way out. This module holds that data and renders it.

`render` is the only renderer; the command line, doit and the tests all print what it returns.
"""

from __future__ import annotations

import bisect
import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from factoryline.errors import ExitCode, FactoryError

if TYPE_CHECKING:
    from factoryline.ledger.cost import Cost


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A place in a file. Lines and columns count from 1; `width` is in characters, at least 1."""

    file: str
    line: int
    column: int
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem. `related` are further places, each with a word on why it matters."""

    message: str
    span: Span
    help: str = ""
    code: str = ""
    severity: str = "error"
    related: tuple[tuple[Span, str], ...] = ()


class SpecError(FactoryError):
    """A specification that cannot be used; carries every problem that was found."""

    exit_code = ExitCode.REFUSED

    def __init__(self, diagnostics: Iterable[Diagnostic], *, root: Path) -> None:
        self.diagnostics = ordered(diagnostics)
        self.root = root
        super().__init__(render(self.diagnostics, root=root))


class StageFailed(FactoryError):
    """A stage did not produce what its contract asks for. `diagnostic` names the place to look.

    cost: what the failed attempt cost; None is not known.
    """

    exit_code = ExitCode.FAILED

    def __init__(
        self,
        message: str,
        *,
        span: Span,
        help: str = "",
        detail: str = "",
        cost: Cost | None = None,
    ) -> None:
        super().__init__(message, help=help)
        self.diagnostic = Diagnostic(message=message, span=span, help=help)
        self.detail = detail
        self.cost = cost

    def advise(self, help: str) -> None:
        """Say what to do in other words, where who knows more catches it on its way."""
        self.help = help
        self.diagnostic = replace(self.diagnostic, help=help)


class Held(StageFailed):
    """A stage that could not begin for something outside of it; that is no failed attempt.

    until: when it begins by itself, if time is all that it takes.
    """

    until: datetime | None = None


class Paused(StageFailed):
    """A provider asks for time: a quota, or too many requests. It is tried again by itself.

    until: when the provider says that it goes on (aware of its zone); None when it does not say.
    """

    def __init__(
        self,
        message: str,
        *,
        span: Span,
        until: datetime | None = None,
        help: str = "",
        detail: str = "",
        cost: Cost | None = None,
    ) -> None:
        super().__init__(message, span=span, help=help, detail=detail, cost=cost)
        self.until = until


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By position, each once."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda d: (d.span.file, d.span.line, d.span.column, d.message)))


def render(diagnostics: Sequence[Diagnostic], *, root: Path) -> str:
    """The text for a terminal: a clickable first line, the source line, a caret, `help:`.

    `root` is the folder that the files of the spans are relative to.
    """
    read = cache(lambda file: _lines(root / file))
    blocks = [_render_one(diagnostic, read) for diagnostic in diagnostics]
    errors = sum(d.severity == "error" for d in diagnostics)
    warnings = len(diagnostics) - errors
    counts = [plural(errors, "error")] * bool(errors) + [plural(warnings, "warning")] * bool(
        warnings
    )
    return "\n\n".join([*blocks, " and ".join(counts)] if len(diagnostics) > 1 else blocks)


MOST_CHARACTERS = 1000
"""What is shown of a sentence that quotes something huge."""

_BREAK = re.compile("\r\n|[\n\r]")
_YAML_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What ends a line; to YAML, which counts the lines of its files, more than to others."""


def _render_one(diagnostic: Diagnostic, read: Callable[[str], Sequence[str]]) -> str:
    severity, message = diagnostic.severity, shown(diagnostic.message)
    lines = [f"{shown(str(diagnostic.span))}: {severity}: {message}"]
    lines += _excerpt(diagnostic.span, read(diagnostic.span.file))
    lines += [f"  {shown(str(span))}: {shown(why)}" for span, why in diagnostic.related]
    if diagnostic.help:
        lines.append(f"  help: {shown(diagnostic.help)}")
    return "\n".join(lines)


def shown(text: str) -> str:
    """A text on one line of a terminal, whatever somebody quoted in it."""
    clipped = text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
    if clipped.isprintable():
        return clipped
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in clipped)


def _lines(path: Path) -> Sequence[str]:
    try:
        ends = _YAML_BREAK if path.suffix in (".yaml", ".yml") else _BREAK
        lines = ends.split(path.read_bytes().decode("utf-8-sig", errors="replace"))
    except (OSError, ValueError):
        return ()
    return lines if lines[-1] else lines[:-1]


def _excerpt(span: Span, source: Sequence[str]) -> list[str]:
    if span.line > len(source):
        return []
    text = source[span.line - 1]
    start = max(0, span.column - 60)
    visible = "".join(c if c.isprintable() else " " for c in text[start : start + 100])
    caret = " " * (span.column - 1 - start) + "^" * max(1, min(span.width, 100))
    return [f"  {visible.rstrip()}", f"  {caret[:100].rstrip()}"]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean x?`, or the names there are, or nothing."""
    names = tuple(sorted(known))
    close = difflib.get_close_matches(word, _nearby(word, names), n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"known here: {listing(names, limit=12)}" if names else ""


NEIGHBOURS = 16
"""How many names on each side are compared with a word where there are hundreds."""


def _nearby(word: str, names: tuple[str, ...]) -> Iterable[str]:
    """The names that a misspelt word may mean: of many, those that begin or end like it."""
    if len(names) <= 4 * NEIGHBOURS:
        return names
    # Comparing is slow, and a thousand artifacts may each misspell one of a thousand names.
    found: dict[str, None] = {}
    for sign, order in ((1, names), (-1, _backwards(names))):
        at = bisect.bisect(order, word[::sign])
        near = order[max(0, at - NEIGHBOURS) : at + NEIGHBOURS]
        found |= dict.fromkeys(name[::sign] for name in near)
    return found


@lru_cache(maxsize=8)
def _backwards(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(name[::-1] for name in names))


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"


def percent(share: float) -> str:
    """`65 %` for 0.65, rounded."""
    return f"{100 * share:.0f} %"


def span_of_time(seconds: float) -> str:
    """Such as `90 s`, `5 m` or `2 h`: in the largest unit that it is a whole number of."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"


def listing(names: Iterable[str], *, limit: int = 0, last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; past `limit` the rest is counted."""
    shown = list(names)
    if limit and len(shown) > limit:
        return ", ".join(shown[:limit]) + f" {last} {len(shown) - limit} more"
    if len(shown) < 2:
        return "".join(shown)
    return ", ".join(shown[:-1]) + f" {last} {shown[-1]}"
