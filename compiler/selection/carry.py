"""A map carried on to a later commit: what ran there is known anew, and the rest is moved along.

The tests that ran are all that the edits in between can lead through other lines, so the others
still execute what they did; their lines stand elsewhere at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from factoryline.selection.change import Shift
from factoryline.selection.coverage_map import CoverageMap, FileMap, Recording, members
from factoryline.selection.outline import outline
from factoryline.selection.recording import functions_of

_NOTHING = FileMap(blob="", lines={}, functions={})


def carry(
    kept: CoverageMap,
    ran: Recording,
    blobs: Mapping[str, str],
    shift: Callable[[str, str], Shift],
    read: Callable[[str], str | None],
) -> Recording:
    """`kept` at the commit of `ran`, with what `ran` recorded in the place of the tests that ran.

    blobs: the files of that commit, path to git's id. shift: between two of git's ids. read: a
    path's text at the commit.
    """
    again = {*ran.tests, *ran.cut_short}
    left = [t for t in kept.tests if t not in again and t.partition("::")[0] in blobs]
    tests = (*left, *ran.tests)
    old = _Numbers(kept.tests, tests, without=again)
    new = _Numbers(ran.tests, tests)
    files = {}
    for path in sorted({*kept.paths, *ran.files} & blobs.keys()):
        before = kept.file(path) or _NOTHING
        now = ran.files.get(path, _NOTHING)
        functions = now.functions or _functions(before, blobs[path], path, read)
        lines: dict[int, int] = {}
        _add(lines, _moved(before, blobs[path], functions, shift), old)
        _add(lines, now.lines, new)
        imported = (before.imported | now.imported) & functions.keys()
        if lines or imported:
            files[path] = FileMap(
                blob=blobs[path], lines=lines, functions=functions, imported=frozenset(imported)
            )
    return Recording(commit=ran.commit, files=files, tests=tests, cut_short=ran.cut_short)


def _functions(
    before: FileMap, blob: str, path: str, read: Callable[[str], str | None]
) -> Mapping[str, tuple[int, int]]:
    return before.functions if before.blob == blob else functions_of(outline(read(path) or ""))


def _moved(
    before: FileMap,
    blob: str,
    functions: Mapping[str, tuple[int, int]],
    shift: Callable[[str, str], Shift],
) -> Mapping[int, int]:
    """A file's lines at another version of it. Who executed a function executes what is new in it,
    as far as is known: it may be the same statement, laid out otherwise.
    """
    if before.blob in ("", blob):
        return before.lines
    way = shift(before.blob, blob)
    lines: dict[int, int] = {}
    for line, sets in before.lines.items():
        now = way.forward(line)
        if now is not None:
            lines[now] = lines.get(now, 0) | sets
    for name, (first, last) in functions.items():
        sets = before.of(name) or 0
        for line in way.fresh & set(range(first, last + 1)) if sets else ():
            lines[line] = lines.get(line, 0) | sets
    return lines


def _add(lines: dict[int, int], more: Mapping[int, int], numbers: _Numbers) -> None:
    for line, sets in more.items():
        found = numbers.of(sets)
        if found:
            lines[line] = lines.get(line, 0) | found


class _Numbers:
    """Sets of tests by the numbers of one map, as sets by those of another."""

    def __init__(
        self, before: Iterable[str], after: Iterable[str], *, without: Iterable[str] = ()
    ) -> None:
        numbers = {test: 1 << number for number, test in enumerate(after)}
        for test in without:
            numbers[test] = 0
        self._bits = [numbers.get(test, 0) for test in before]
        self._known: dict[int, int] = {}

    def of(self, sets: int) -> int:
        if sets not in self._known:
            self._known[sets] = sum(self._bits[number] for number in members(sets))
        return self._known[sets]
