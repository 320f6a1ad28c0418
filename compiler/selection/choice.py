"""What was chosen, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """A chosen test, the strategy that led to it (changed, map, import, name, rule), in words.

    Where a class or a file stands for the tests in it, `tests` is how many these are.
    """

    test: str
    by: str
    why: str
    tests: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """tests: what the scope's command is given. why: a reason for each test function.

    widened: why everything runs; empty when it need not.
    known: how many test functions the scope has; None where they cannot be told.
    first: the likeliest of them, where they are much fewer: most failures are found in seconds.
    """

    tests: tuple[str, ...]
    why: tuple[Why, ...] = ()
    widened: str = ""
    known: int | None = None
    first: Choice | None = None

    @property
    def chosen(self) -> int:
        """How many test functions there are a reason for."""
        return sum(one.tests for one in self.why)

    @property
    def summary(self) -> str:
        """`6 of 412: 2 changed, 3 by map, 1 by import`."""
        of = "" if self.known is None else f" of {self.known}"
        if self.widened:
            return f"all{of}: {self.widened}"
        if not self.why:
            return "the tests that the artifact names"
        counted = Counter[str]()
        for one in self.why:
            counted[one.by] += one.tests
        words = [f"{n} {by if by == 'changed' else f'by {by}'}" for by, n in counted.items()]
        return f"{self.chosen}{of}: {', '.join(words)}"
