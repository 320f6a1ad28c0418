"""What a choice has to know of the tests that it chooses from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from factoryline.selection.coverage_map import CoverageMap

MOST_CHARACTERS = 500_000
"""How long the tests may be as arguments; a system takes 1 or 2 MB, its environment included.

Beyond it whole files are named. pytest takes thousands of names well: a quarter of 7,500 tests was
chosen by name in half the time that all of them need.
"""

MOST_IN_ONE = 100_000
"""The same where they stand in one argument, of which Linux takes 128 KiB."""


class Rule(Protocol):
    """A person's word for which tests a file needs."""

    def holds(self, path: str) -> bool:
        """Whether it speaks of a path."""

    def tests_for(self, path: str) -> Iterable[str]:
        """The tests that this path needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The tests below the paths in `tests`, and what is known of them.

    map: which of them executed what; None where nothing was recorded. rules: they come before
    everything else. effort: `merge` for all that the change may break, `inner` for the likeliest.
    most: how many characters of tests the command can take.
    """

    tests: Sequence[str]
    map: CoverageMap | None = None
    rules: Sequence[Rule] = ()
    effort: str = "merge"
    most: int = MOST_CHARACTERS
