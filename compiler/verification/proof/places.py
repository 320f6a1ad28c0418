"""Places in files, told shortly: `12-14, 20`. Ledgers, packets and feedback are read by people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

NAMED = 20
"""How many places of one sort are named; the others are counted."""

T = TypeVar("T")


def ranges(numbers: Iterable[int], *, limit: int = NAMED) -> str:
    """Line numbers as ranges: `3, 7-9`; after `limit` ranges it says how many lines follow."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    told = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found[:limit])
    left = sum(b - a + 1 for a, b in found[limit:])
    return f"{told} and {left} more" if left else told


def bounded(items: Sequence[T], *, limit: int = NAMED) -> tuple[list[T], int]:
    """The first of many, and how many are not among them."""
    return list(items[:limit]), len(items[limit:])
