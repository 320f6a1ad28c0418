"""Named sets of paths, and what a cell may edit. Patterns are gitignore's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
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

    def reaches(self, surface: Surface) -> bool:
        """Whether some path of `surface` may be edited: its patterns and these have one in common.

        What `!` takes out is asked with the surface's patterns themselves as paths, so a surface
        that is taken out in parts still counts.
        """
        own = tuple(g for s in self.surfaces for g in s.globs) + self.globs
        said = [g for g in own if not g.startswith("!")]
        asked = [g for g in surface.globs if not g.startswith("!")]
        met = [there for there in asked if any(overlap(here, there) for here in said)]
        refused = tuple(g.removeprefix("!") for g in own if g.startswith("!"))
        return any(not matcher(refused).match_file(g.strip("/")) for g in met)

    def __str__(self) -> str:
        return ", ".join([*(s.name for s in self.surfaces), *self.globs]) or "nothing"


@cache
def overlap(one: str, other: str) -> bool:
    """Whether a path can match both patterns; `[…]` counts as any character, to be safe."""
    return _meet(_segments(one), _segments(other), _names_meet, "**")


def _segments(pattern: str) -> tuple[str, ...]:
    """A pattern by folders: below the root unless it says where, and with all that is in it."""
    anchored = "/" in pattern.rstrip("/")
    parts = [part for part in pattern.split("/") if part]
    return (*(() if anchored else ("**",)), *parts, *(() if parts[-1:] == ["**"] else ("**",)))


def _names_meet(one: str, other: str) -> bool:
    return _meet(_CLASS.sub("?", one), _CLASS.sub("?", other), _letters_meet, "*")


def _letters_meet(one: str, other: str) -> bool:
    return one == other or "?" in (one, other)


def _meet(
    one: Sequence[str], other: Sequence[str], same: Callable[[str, str], bool], many: str
) -> bool:
    """Whether two sequences can stand for the same one; `many` stands for any number of items."""
    places = {(0, 0)}
    open_places = [(0, 0)]
    while open_places:
        i, j = open_places.pop()
        if i == len(one) and j == len(other):
            return True
        a = one[i] if i < len(one) else None
        b = other[j] if j < len(other) else None
        steps = []
        if a == many:
            steps += [(i + 1, j), *([(i, j + 1)] if b is not None else [])]
        if b == many:
            steps += [(i, j + 1), *([(i + 1, j)] if a is not None else [])]
        if a is not None and b is not None and many not in (a, b) and same(a, b):
            steps.append((i + 1, j + 1))
        open_places += [step for step in steps if step not in places]
        places.update(steps)
    return False


_CLASS = re.compile(r"\[[^]]*\]")


@cache
def matcher(globs: Iterable[str]) -> pathspec.GitIgnoreSpec:
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(globs)
