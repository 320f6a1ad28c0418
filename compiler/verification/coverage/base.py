"""What a coverage report says of each file, whatever its format, and whose file it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines of one file, counted from 1. `executable` is None where the format does not tell."""

    executed: frozenset[int]
    executable: frozenset[int] | None = None

    def __or__(self, other: Lines) -> Lines:
        known = [lines for lines in (self.executable, other.executable) if lines is not None]
        return Lines(
            executed=self.executed | other.executed,
            executable=frozenset().union(*known) if known else None,
        )


Coverage = Mapping[str, Lines]
"""Lines by path, relative to the checkout and with slashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a scope ran: the checkout, and the folder in it that relative paths start from.

    here: a checkout of the same commit that is still there, where that one may be gone.
    """

    checkout: Path
    cwd: Path
    here: Path | None = None

    def path_of(self, name: str) -> str | None:
        """The path in the checkout that a report's name means; None for a file outside of it.

        Tools write absolute paths, paths relative to where they ran, or (jest in a workspace)
        relative to the checkout; a temporary folder may be a link to where the tool saw it.
        """
        if not name or "\0" in name:
            return None
        root = os.path.realpath(self.checkout)
        choices = [name] if os.path.isabs(name) else [self.cwd / name, self.checkout / name]
        inside = [path for path in (_below(root, choice) for choice in choices) if path]
        there = self.here or self.checkout
        return next((p for p in inside if (there / p).is_file()), None)


def _below(root: str, path: str | Path) -> str | None:
    real = os.path.realpath(path)
    if not real.startswith(root + os.sep):
        return None
    return PurePosixPath(os.path.relpath(real, root)).as_posix()


class Unreadable(Exception):
    """Coverage data that proves nothing. Its text completes the sentence `its coverage data …`."""


Read = Callable[[Path, Place], Coverage]
"""The lines that a run executed, from the file that it wrote. Raises Unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A member of the set. families: endings of source files that one tool measures together."""

    name: str
    families: tuple[frozenset[str], ...]
    read: Read

    def endings(self, report: Coverage) -> frozenset[str]:
        """The endings of what the run that left `report` measures, whether or not it ran it."""
        seen = {PurePosixPath(path).suffix.lower() for path in report}
        found = [family for family in self.families if family & seen]
        return frozenset().union(*(found or self.families))


def united(reports: Iterable[Coverage]) -> dict[str, Lines]:
    """What several runs executed together."""
    whole: dict[str, Lines] = {}
    for report in reports:
        for path, lines in report.items():
            whole[path] = whole[path] | lines if path in whole else lines
    return whole
