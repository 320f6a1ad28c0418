"""An error is data: a sentence, a place, a way out. This module holds that data and renders it.

`render` is the only renderer; the command line, doit and the tests all print what it returns.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from factoryline.errors import ExitCode, FactoryError


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
    """A stage did not produce what its contract asks for. `diagnostic` names the place to look."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, span: Span, help: str = "", detail: str = "") -> None:
        super().__init__(message, help=help)
        self.diagnostic = Diagnostic(message=message, span=span, help=help)
        self.detail = detail


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By position, each once."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda d: (d.span.file, d.span.line, d.span.column, d.message)))


def render(diagnostics: Sequence[Diagnostic], *, root: Path) -> str:
    """The text for a terminal: a clickable first line, the source line, a caret, `help:`.

    `root` is the folder that the files of the spans are relative to.
    """
    blocks = [_render_one(diagnostic, root) for diagnostic in diagnostics]
    errors = sum(d.severity == "error" for d in diagnostics)
    warnings = len(diagnostics) - errors
    counts = [plural(errors, "error")] * bool(errors) + [plural(warnings, "warning")] * bool(
        warnings
    )
    return "\n\n".join([*blocks, " and ".join(counts)] if len(diagnostics) > 1 else blocks)


def _render_one(diagnostic: Diagnostic, root: Path) -> str:
    lines = [f"{diagnostic.span}: {diagnostic.severity}: {diagnostic.message}"]
    lines += _excerpt(diagnostic.span, root)
    lines += [f"  {span}: {why}" for span, why in diagnostic.related]
    if diagnostic.help:
        lines.append(f"  help: {diagnostic.help}")
    return "\n".join(lines)


def _excerpt(span: Span, root: Path) -> list[str]:
    try:
        source = (root / span.file).read_text(encoding="utf-8", errors="replace").splitlines()
        text = source[span.line - 1]
    except (OSError, IndexError):
        return []
    start = max(0, span.column - 60)
    visible = text[start : start + 100].replace("\t", " ")
    caret = " " * (span.column - 1 - start) + "^" * max(1, min(span.width, 100))
    return [f"  {visible.rstrip()}", f"  {caret[:100].rstrip()}"]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean x?`, or the names there are, or nothing."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"known here: {listing(names, limit=12)}" if names else ""


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{count} {noun if count == 1 else many or noun + 's'}"


def listing(names: Iterable[str], *, limit: int = 0, last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; past `limit` the rest is counted."""
    shown = list(names)
    if limit and len(shown) > limit:
        return ", ".join(shown[:limit]) + f" {last} {len(shown) - limit} more"
    if len(shown) < 2:
        return "".join(shown)
    return ", ".join(shown[:-1]) + f" {last} {shown[-1]}"
