"""One mutation of a file, whatever its language, and what a language has to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

TEXT_CHARACTERS = 120
"""How much of a mutated line is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change of a file: the bytes from `start` to `end` become `new`.

    line: where it begins, counted from 1. before, after: that line without and with the change.
    """

    path: str
    line: int
    start: int
    end: int
    new: bytes
    kind: str
    before: str = ""
    after: str = ""

    def apply(self, source: bytes) -> bytes:
        """The file with the mutation in it."""
        return source[: self.start] + self.new + source[self.end :]


class Unreadable(Exception):
    """A file of which no mutants can be made; its text says why, as half a sentence."""


Mutants = Callable[[str, bytes, frozenset[int]], tuple[Mutant, ...]]
"""Every mutation of a file that begins on one of some lines, in order. Raises Unreadable.

Some may break the syntax: `holds` tells, which is too slow to ask of all in a long file.
"""

Holds = Callable[[Mutant, bytes], bool]
"""Whether a mutation changes a file's meaning and leaves its syntax whole."""


Counted = Callable[[str, bytes, frozenset[int], frozenset[int]], frozenset[int]]
"""Of a file with some lines, and others that a coverage report counts: by which of those the lines
are counted, being part of what begins there. Raises Unreadable.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A member of the set. endings: of the names of its files. counted: None where its coverage is
    read in another way.
    """

    name: str
    endings: tuple[str, ...]
    mutants: Mutants
    holds: Holds
    counted: Counted | None = None


def in_order(found: Iterable[Mutant], source: bytes) -> tuple[Mutant, ...]:
    """Mutants by place, each once, with the line that people see."""
    unique = {(one.start, one.end, one.new): one for one in found}
    return tuple(_shown(unique[place], source) for place in sorted(unique))


def _shown(one: Mutant, source: bytes) -> Mutant:
    first = source.rfind(b"\n", 0, one.start) + 1
    last = _line_end(source, one.start)
    after = source[first : one.start] + one.new + source[one.end : _line_end(source, one.end)]
    return replace(one, before=_short(source[first:last]), after=_short(after.partition(b"\n")[0]))


def _line_end(source: bytes, at: int) -> int:
    end = source.find(b"\n", at)
    return len(source) if end < 0 else end


def _short(line: bytes) -> str:
    text = line.decode(errors="replace").strip()
    return text if len(text) <= TEXT_CHARACTERS else text[: TEXT_CHARACTERS - 1] + "…"
