"""Which of the changed lines the selected tests execute, and what cannot be told of the others."""

from __future__ import annotations

import contextlib
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from factoryline.selection.conventions import goes_with_tests
from factoryline.verification.coverage.base import Coverage, Lines
from factoryline.verification.coverage.table import FORMATS
from factoryline.verification.proof.languages.base import Unreadable
from factoryline.verification.proof.languages.table import language_of
from factoryline.verification.proof.statements import Statements, may_run, statements

Changed = Mapping[str, frozenset[int]]
"""The lines of each file that a change added or modified, counted from 1 in the new file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What the tests execute of a change.

    executed, missed: changed lines by file, each statement by its first line. absent: files that
    no test loads; their lines are missed. excluded: changed lines that a pragma takes out.
    unknown: files of which nothing can be told, and why.
    """

    executed: Mapping[str, frozenset[int]]
    missed: Mapping[str, frozenset[int]]
    absent: tuple[str, ...]
    excluded: Mapping[str, frozenset[int]]
    unknown: tuple[tuple[str, str], ...]

    @property
    def lines(self) -> int:
        """How many changed lines can be executed."""
        return _count(self.executed) + _count(self.missed)

    @property
    def share(self) -> float | None:
        """The executed share of them; None when there are none."""
        return _count(self.executed) / self.lines if self.lines else None


def covered(
    changed: Changed, coverage: Coverage, checkout: Path, *, endings: frozenset[str]
) -> Covered:
    """Compare a change with what a run executed. `endings` are of the files that it measured."""
    executed: dict[str, frozenset[int]] = {}
    missed: dict[str, frozenset[int]] = {}
    excluded: dict[str, frozenset[int]] = {}
    absent: list[str] = []
    unknown: list[tuple[str, str]] = []
    for path in sorted(path for path in changed if product_file(path, checkout)):
        found = _runnable(path, changed[path], coverage.get(path), checkout, endings)
        if isinstance(found, str):
            unknown.append((path, found))
            continue
        if found.excluded:
            excluded[path] = found.excluded
        if not found.runnable:
            continue
        ran = found.runnable & found.executed
        if not found.loaded:
            absent.append(path)
        for name, lines in ((executed, ran), (missed, found.runnable - ran)):
            if lines:
                name[path] = lines
    return Covered(
        executed=executed,
        missed=missed,
        absent=tuple(absent),
        excluded=excluded,
        unknown=tuple(unknown),
    )


def product_file(path: str, checkout: Path) -> bool:
    """Whether a changed path is a file of the product: there, no link, and no test's."""
    place = checkout / path
    return not goes_with_tests(path) and place.is_file() and not place.is_symlink()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Runnable:
    runnable: frozenset[int]
    executed: frozenset[int]
    excluded: frozenset[int] = frozenset()
    loaded: bool


def _runnable(
    path: str, changed: frozenset[int], lines: Lines | None, checkout: Path, endings: frozenset[str]
) -> _Runnable | str:
    """What of a changed file can run and what did; or why that cannot be told."""
    ending = PurePosixPath(path).suffix.lower()
    if not is_source(path):
        return "it is not a source file that coverage tools measure"
    if ending not in endings:
        return f"no scope of the artifact measures {ending} files"
    ran = lines.executed if lines else frozenset[int]()
    if ending == ".py":
        return _python(read_source(checkout / path), changed, ran)
    if path.endswith(_DECLARATIONS):
        return _Runnable(runnable=frozenset(), executed=ran, loaded=True)
    source = (checkout / path).read_bytes()
    text = source.decode(errors="replace").split("\n")
    may = frozenset(n for n in changed if n <= len(text) and may_run(text[n - 1]))
    if lines is not None and lines.executable is not None:
        counted = _counted(path, source, may, lines.executable)
        if may and not counted:
            return "its coverage data counts none of the changed lines"
        return _Runnable(runnable=counted, executed=ran, loaded=bool(ran))
    if ".config." in PurePosixPath(path).name:
        return "it is configuration, which coverage tools leave out"
    return _Runnable(runnable=may, executed=frozenset(), loaded=False)


_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts", ".pyi")


def _counted(
    path: str, source: bytes, lines: frozenset[int], executable: frozenset[int]
) -> frozenset[int]:
    """The lines by which a report counts some others: of a statement, many tell the first alone."""
    language = language_of(path)
    if language and language.counted:
        with contextlib.suppress(Unreadable):
            return language.counted(path, source, lines, executable)
    return lines & executable


def _python(text: str | None, changed: frozenset[int], ran: frozenset[int]) -> _Runnable | str:
    known = parsed(text) if text is not None else None
    if known is None:
        return "it cannot be read as Python here"
    runnable, excluded = known.of(changed)
    started = frozenset(known.start.get(line, line) for line in ran)
    return _Runnable(runnable=runnable, executed=started, excluded=excluded, loaded=bool(ran))


@cache
def parsed(text: str) -> Statements | None:
    """`statements`, kept: coverage and mutants ask for the same files."""
    return statements(text)


def read_source(path: Path) -> str | None:
    """A Python file's text, in the encoding that it names; None when it has no such text."""
    try:
        with tokenize.open(path) as stream:
            return stream.read()
    except (OSError, SyntaxError, UnicodeError, LookupError):
        return None


def is_source(path: str) -> bool:
    """Whether some coverage tool measures files of this name."""
    return PurePosixPath(path).suffix.lower() in _source_endings()


@cache
def _source_endings() -> frozenset[str]:
    return frozenset().union(*(family for one in FORMATS.values() for family in one.families))


def _count(lines: Mapping[str, frozenset[int]]) -> int:
    return sum(map(len, lines.values()))
