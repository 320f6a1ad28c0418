"""The likeliest tests first: for the inner loop, where a quick answer is worth most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from factoryline.verification.selection import tests as testing
from factoryline.verification.selection.contextmap import ContextMap, members
from factoryline.verification.selection.python import Spot
from factoryline.verification.selection.tree import Tree

SHARE = 0.06
"""How large a part of the scope's tests the inner loop runs beside the changed ones."""

AT_LEAST = 8
"""It runs no fewer than these, where there are so many."""

Tests = Mapping[str, tuple[str, str]]


def likeliest(
    tests: Tests, spots: Sequence[Spot], map: ContextMap | None, tree: Tree, *, known: int
) -> dict[str, tuple[str, str]]:
    """Changed tests and, up to a share of `known`, those that most likely notice the change.

    Tests of one changed place take turns with those of the others; those that mention it come
    first, then those that execute little else.
    """
    chosen = {test: why for test, why in tests.items() if why[0] in ("changed", "rule")}
    budget = max(AT_LEAST, round(SHARE * known))
    others = [test for test in tests if test not in chosen]
    queues = [_ranked(spot, tests, map, tree) for spot in spots if map] if map else []
    queues.append(others)
    while budget > 0 and any(queues):
        for queue in queues[:-1] if any(queues[:-1]) else queues:
            while queue:
                test = queue.pop(0)
                if test not in chosen:
                    chosen[test] = tests[test]
                    budget -= 1
                    break
            if budget <= 0:
                break
    return chosen


def _ranked(spot: Spot, tests: Tests, map: ContextMap, tree: Tree) -> list[str]:
    scored = []
    for number in members(spot.tests):
        test = map.tests[number]
        if test in tests:
            scored.append((not _mentions(test, spot, tree), map.breadth[number], test))
    return [test for _, _, test in sorted(scored)]


def _mentions(test: str, spot: Spot, tree: Tree) -> bool:
    """Whether the test's own text uses what changed."""
    path = test.partition("::")[0]
    whole = tree.outline(path)
    if whole is None:
        return False
    part = testing.tests_in(path, whole).get(test)
    return bool(part and part.uses & set(spot.symbols))
