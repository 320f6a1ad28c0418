"""Named sets of paths, and what a cell may edit. Patterns are gitignore's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A named set of paths. The patterns are gitignore's, relative to the target."""

    name: str
    globs: tuple[str, ...]

    def holds(self, path: str) -> bool:
        return bool(matcher(self.globs).match_file(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Touches:
    """What a cell may edit. Both empty means nothing at all."""

    surfaces: tuple[Surface, ...] = ()
    globs: tuple[str, ...] = ()

    def allows(self, path: str) -> bool:
        every = tuple(g for s in self.surfaces for g in s.globs) + self.globs
        return bool(every and matcher(every).match_file(path))

    def __str__(self) -> str:
        return ", ".join([*(s.name for s in self.surfaces), *self.globs]) or "nothing"


@cache
def matcher(globs: Iterable[str]) -> pathspec.GitIgnoreSpec:
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(globs)
