"""A change between two trees, file by file, with the lines that differ. Lines count from 1."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from factoryline.system.diffs import FileChange, Hunk
from factoryline.system.git import Git


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


def edits_between(git: Git, old: str, new: str) -> tuple[Edit, ...]:
    """What differs between two commits or trees; renames are followed."""
    return tuple(_edit(git, one) for one in git.changed_files(old, new))


def _edit(git: Git, one: FileChange) -> Edit:
    python = one.path.endswith(".py") or (one.old_path or "").endswith(".py")
    both = one.status in "MR" and one.old_blob != one.new_blob
    return Edit(
        old=None if one.status in "AC" else one.old_path or one.path,
        new=None if one.status == "D" else one.path,
        hunks=git.hunks(one.old_blob, one.new_blob) if python and both else (),
        old_blob=one.old_blob,
    )


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
