"""A change between two trees, file by file, with the lines that differ. Lines count from 1."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from factoryline.selection.tree import Tree


class Hunk(Protocol):
    """A run of lines that differ, as git counts them; where it counts none, `first` is the line
    before.
    """

    @property
    def old_first(self) -> int: ...
    @property
    def old_count(self) -> int: ...
    @property
    def new_first(self) -> int: ...
    @property
    def new_count(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One changed file. A path is None where the file is not there; hunks only for text.

    old_blob tells the file's old content from others, as git does.
    """

    old: str | None
    new: str | None
    hunks: tuple[Hunk, ...] = ()
    old_blob: str = ""

    @property
    def path(self) -> str:
        """Where it is now, or where it was."""
        path = self.new or self.old
        assert path is not None, "an edit has a path"
        return path

    def gone_lines(self) -> frozenset[int]:
        """Lines that are gone or changed."""
        return frozenset(
            line
            for hunk in self.hunks
            for line in range(hunk.old_first, hunk.old_first + hunk.old_count)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How the files of the base differ from those of the map's commit: its edits of Python files.

    What other files say was verified with them; they hardly lead a test through other lines.
    """

    base: Tree
    edits: Sequence[Edit] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """old: the files of the map's commit, without a map those of the base. new: the built ones.

    `edits` lead from the old files to the new ones; `drift` from the map's commit to the base,
    where that is another commit.
    """

    old: Tree
    new: Tree
    edits: Sequence[Edit]
    drift: Drift | None = None


class Shift:
    """Line numbers of one version of a file in a later one."""

    def __init__(self, hunks: Sequence[Hunk]) -> None:
        self._hunks = sorted(hunks, key=lambda hunk: hunk.old_first)
        self._starts = [h.old_first + (0 if h.old_count else 1) for h in self._hunks]

    def forward(self, line: int) -> int | None:
        """Where a line is now; None where it is gone or changed."""
        index = bisect.bisect_right(self._starts, line) - 1
        if index < 0:
            return line
        hunk = self._hunks[index]
        if line < self._starts[index] + hunk.old_count:
            return None
        # Where git counts no lines, it names the line before.
        end = hunk.new_first + (hunk.new_count or 1)
        return end + line - self._starts[index] - hunk.old_count

    @property
    def fresh(self) -> frozenset[int]:
        """The lines of the later version that the earlier one does not have."""
        return frozenset(
            line
            for hunk in self._hunks
            for line in range(hunk.new_first, hunk.new_first + hunk.new_count)
        )
