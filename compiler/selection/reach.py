"""Who executed what, asked in lines and names of the commit that the map was made at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from factoryline.selection.coverage_map import CoverageMap, FileMap
from factoryline.selection.tree import Tree

_NOTHING = FileMap(blob="", lines={}, functions={})


@dataclass(kw_only=True)
class Reach:
    """A coverage map and the files of its commit.

    Answers are sets of tests; of a file that runs at import alone the map has no line, and knows
    that.
    """

    map: CoverageMap
    old: Tree

    def file(self, path: str) -> FileMap:
        return self.map.file(path) or _NOTHING

    def at(self, path: str, lines: Iterable[int]) -> int:
        """The tests that execute a line; where lines cannot be told, the functions."""
        wanted = set(lines)
        file = self.file(path)
        if not wanted or not file.lines:
            return 0
        if file.blob == self.old.blobs.get(path):
            return file.at(wanted)
        whole = self.old.outline(path)
        tests = 0
        for part in whole.functions() if whole else ():
            if wanted & set(range(part.first, part.last + 1)):
                found = file.of(part.name)
                tests |= file.any if found is None else found
        return tests

    def each(self, path: str, lines: Iterable[int]) -> list[int]:
        """The different sets of tests that lines have, where lines can be told."""
        return list(dict.fromkeys(filter(None, (self.at(path, [line]) for line in lines))))

    def of(self, path: str, function: str) -> int:
        return self.file(path).of(function) or 0

    def of_class(self, path: str, name: str) -> int:
        """The tests that execute a method of a class, nested classes included."""
        file, inside, tests = self.file(path), name + ".", 0
        for function in file.functions:
            if function.startswith(inside):
                tests |= file.of(function) or 0
        return tests

    def at_import(self, path: str, function: str) -> bool:
        """Whether a function ran while modules were imported."""
        return function in self.file(path).imported
