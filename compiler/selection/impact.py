"""What a search for tests found: tests with reasons, the places that led to them, and doubts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One changed part of a file and the tests that execute it.

    words: the names and texts by which a test would speak of it. tests: a set, by the map's
    numbers. places: those of each parted line or use of a name, for a fair turn.
    """

    path: str
    words: frozenset[str]
    tests: int
    places: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class Impact:
    """Tests by the strategy that led to them; a test has the first reason that was found.

    unknown: why more than these may be needed, in sentences.
    """

    tests: dict[str, tuple[str, str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def add(self, test: str, kind: str, why: str) -> None:
        self.tests.setdefault(test, (kind, why))

    def add_all(self, tests: Iterable[str], kind: str, why: str) -> None:
        for test in tests:
            self.add(test, kind, why)

    def join(self, more: Impact) -> None:
        for test, (kind, why) in more.tests.items():
            self.add(test, kind, why)
        self.unknown += more.unknown
        self.entities += more.entities
