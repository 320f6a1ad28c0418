"""The coverage map: which tests execute which lines of which file, at one commit.

A zip file: `map.json` names commit, tests and files; one member a file holds its lines. So a
selection reads the files that a change touches and no others. Tests are numbered; a set of tests is
an integer with a bit for each.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

VERSION = 3

_UNREADABLE = (
    *(OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
"""What zipfile and json make of torn bytes; NotImplementedError is a RuntimeError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMap:
    """One file's lines with their tests, and where each of its functions stood.

    blob: git's id of the text that was executed. functions: qualified name to first and last line.
    imported: the functions that ran outside of any test, such as while modules were imported.
    """

    blob: str
    lines: Mapping[int, int]
    functions: Mapping[str, tuple[int, int]]
    imported: frozenset[str] = frozenset()

    def at(self, lines: Iterable[int]) -> int:
        """The tests that execute one of these lines."""
        return union(self.lines.get(line, 0) for line in lines)

    def of(self, function: str) -> int | None:
        """The tests that execute a function, given by its qualified name; None if unknown."""
        place = self.functions.get(function)
        return None if place is None else self.at(range(place[0], place[1] + 1))

    @property
    def any(self) -> int:
        """The tests that execute anything in the file."""
        return union(self.lines.values())


class CoverageMap:
    """A map on disk. Raises MapUnreadable when it is torn or of another version."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            self.facts: Mapping[str, Any] = json.loads(self._zip.read("map.json"))
            if self.facts["version"] != VERSION:
                raise MapUnreadable(f"{path} is of another version")
            self.commit: str = self.facts["commit"]
            self.tests: tuple[str, ...] = tuple(self.facts["tests"])
            self.breadth: tuple[int, ...] = tuple(self.facts["breadth"])
            self.cut_short: tuple[str, ...] = tuple(self.facts["cut_short"])
            self._members: Mapping[str, int] = self.facts["files"]
        except _UNREADABLE as error:
            raise MapUnreadable(f"{path} cannot be read: {error}") from error
        self._known: dict[str, FileMap | None] = {}

    @property
    def paths(self) -> Iterable[str]:
        """The files of which it has lines."""
        return self._members

    def file(self, path: str) -> FileMap | None:
        """The lines of one file; None when no test executed anything in it."""
        if path not in self._known:
            self._known[path] = self._read(path)
        return self._known[path]

    def _read(self, path: str) -> FileMap | None:
        member = self._members.get(path)
        if member is None:
            return None
        try:
            value = json.loads(self._zip.read(f"{member}.json"))
        except _UNREADABLE as error:
            raise MapUnreadable(f"{self.path} cannot be read: {error}") from error
        sets = [int(text, 16) for text in value["sets"]]
        lines = {
            line: sets[number]
            for first, last, number in value["lines"]
            for line in range(first, last + 1)
        }
        functions = {name: (first, last) for name, first, last in value["functions"]}
        imported = frozenset(value["imported"])
        return FileMap(blob=value["blob"], lines=lines, functions=functions, imported=imported)

    def names(self, tests: int) -> Iterator[str]:
        """The ids of the tests in a set."""
        return (self.tests[number] for number in members(tests))

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        return {test: number for number, test in enumerate(self.tests)}


class MapUnreadable(Exception):
    """A map that is torn, or that another version wrote: as good as none."""


@dataclass(kw_only=True)
class Recording:
    """What a recorded run showed, before it becomes a file.

    cut_short: the tests that failed, of which the rest of their lines is not known.
    """

    commit: str
    files: dict[str, FileMap] = field(default_factory=dict)
    tests: tuple[str, ...] = ()
    cut_short: tuple[str, ...] = ()

    def to_bytes(self, **facts: Any) -> bytes:
        breadth = [0] * len(self.tests)
        for one in self.files.values():
            for tests in one.lines.values():
                for number in members(tests):
                    breadth[number] += 1
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
            whole = {
                "version": VERSION,
                "commit": self.commit,
                "tests": self.tests,
                "breadth": breadth,
                "cut_short": self.cut_short,
                "files": {path: number for number, path in enumerate(self.files)},
                **facts,
            }
            packed.writestr("map.json", json.dumps(whole))
            for number, one in enumerate(self.files.values()):
                packed.writestr(f"{number}.json", json.dumps(_packed(one)))
        return stream.getvalue()


def _packed(one: FileMap) -> dict[str, Any]:
    sets = list(dict.fromkeys(one.lines.values()))
    number = {tests: index for index, tests in enumerate(sets)}
    lines: list[list[int]] = []
    for line, tests in sorted(one.lines.items()):
        if lines and lines[-1][1] == line - 1 and lines[-1][2] == number[tests]:
            lines[-1][1] = line
        else:
            lines.append([line, line, number[tests]])
    return {
        "blob": one.blob,
        "sets": [f"{tests:x}" for tests in sets],
        "lines": lines,
        "functions": [[name, *place] for name, place in one.functions.items()],
        "imported": sorted(one.imported),
    }


def members(tests: int) -> Iterator[int]:
    """The numbers in a set."""
    while tests:
        lowest = tests & -tests
        yield lowest.bit_length() - 1
        tests ^= lowest


def union(sets: Iterable[int]) -> int:
    """The tests that are in one of the sets."""
    whole = 0
    for one in sets:
        whole |= one
    return whole
