"""What git prints of differences, as values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLines:
    """Lines added to and removed from one file; both 0 for a binary one."""

    path: str
    added: int
    removed: int
    binary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file that differs: git's letter (A M D R C T), its path, what it was called, both blobs."""

    status: str
    path: str
    old_path: str | None
    old_blob: str
    new_blob: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that took the place of others; with a count of 0 it names the line before."""

    old_first: int
    old_count: int
    new_first: int
    new_count: int


_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


def added(text: str) -> Iterator[tuple[str, str]]:
    """Of a patch: each added line, with its file's path."""
    path, left = "", 0
    for line in text.split("\n"):
        found = _HUNK.match(line)
        if found:
            left = int(found[4] or 1)
        elif left and line[:1] in ("+", " ", ""):
            left -= 1
            if line.startswith("+"):
                yield path, line[1:]
        elif line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/").rstrip("\t")


def hunks(text: str) -> tuple[Hunk, ...]:
    """Of `git diff -U0`: which lines differ between two blobs."""
    groups = (match.groups() for match in _HUNK.finditer(text))
    return tuple(Hunk(int(a), int(b or 1), int(c), int(d or 1)) for a, b, c, d in groups)


def raw(text: str) -> Iterator[FileChange]:
    # `:mode mode blob blob status NUL path NUL`, and for R and C the old path before the new one.
    items = iter(text.split("\0"))
    for item in items:
        if not item:
            continue
        _, _, old, new, status = item.split()
        path, before = next(items), None
        if status[0] in "RC":
            path, before = next(items), path
        yield FileChange(status=status[0], path=path, old_path=before, old_blob=old, new_blob=new)


def numstat(text: str) -> Iterator[FileLines]:
    # With -z a rename is `added \t removed \t NUL old NUL new NUL`; anything else is one item.
    items = iter(text.split("\0"))
    for item in items:
        if not item:
            continue
        added, removed, path = item.split("\t", 2)
        if not path:
            next(items)
            path = next(items)
        binary = added == "-"
        yield FileLines(
            path=path,
            added=0 if binary else int(added),
            removed=0 if binary else int(removed),
            binary=binary,
        )
