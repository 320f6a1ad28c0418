"""The likeliest tests first: for the inner loop, where a quick answer is worth most."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from factoryline.selection.coverage_map import CoverageMap, members
from factoryline.selection.impact import Entity
from factoryline.selection.tree import Tree

SHARE = 0.05
"""How large a part of the scope's tests the inner loop runs; changed tests count."""

OF_THESE = 0.25
"""How large a part of the tests that a change may break it runs, where these are many."""

AT_LEAST = 8
"""It runs no fewer than these beside the changed ones, where there are so many."""

Tests = Mapping[str, tuple[str, str]]


def likeliest(
    tests: Tests, entities: Sequence[Entity], map: CoverageMap | None, tree: Tree, *, known: int
) -> dict[str, tuple[str, str]]:
    """Changed tests and, up to a share of `known`, those that most likely notice the change.

    The rarest places of the change choose first, and each gets a test before any gets its second:
    the one that speaks most of what changed there.
    """
    chosen = {test: why for test, why in tests.items() if why[0] in ("changed", "rule")}
    known = max(known, len(map.tests) if map else 0)
    budget = max(AT_LEAST, int(max(SHARE * known, OF_THESE * len(tests))) - len(chosen))
    queues = _queues(tests, entities, map, tree) if map else []
    queues.append([test for test in tests if test not in chosen])
    covered = [0] * len(queues)
    turn = 0
    while budget > 0 and any(queues):
        turn += 1
        for number, queue in enumerate(queues):
            if number == len(queues) - 1 and any(queues[:-1]):
                continue
            while queue and covered[number] < turn:
                test = queue.pop(0)
                if test not in chosen:
                    chosen[test] = tests[test]
                    budget -= 1
                covered[number] += 1
            if budget <= 0:
                break
    return chosen


def _queues(
    tests: Tests, entities: Sequence[Entity], map: CoverageMap, tree: Tree
) -> list[list[str]]:
    """For each place of the change its tests, the likeliest first; the rarest place first."""
    said = {test: _said(test, tree) for test in tests}
    common = Counter(word for words in said.values() for word in words)
    ranked: dict[int, list[str]] = {}
    for entity in entities:
        for place in dict.fromkeys([*entity.places, entity.tests]):
            found = [map.tests[number] for number in members(place)]
            inside = [test for test in found if test in tests]
            if not inside or place in ranked:
                continue
            scores = {test: _score(entity.words & said[test], common) for test in inside}
            ranked[place] = sorted(inside, key=lambda test: (-scores[test], test))
    return [ranked[place] for place in sorted(ranked, key=lambda place: len(ranked[place]))]


def _score(shared: Iterable[str], common: Counter[str]) -> float:
    """How much a test speaks of a change: rare words tell more."""
    return sum(1 / math.log(2 + common[word]) for word in shared)


def _said(test: str, tree: Tree) -> frozenset[str]:
    """The names and texts of a test."""
    path, _, name = test.partition("::")
    whole = tree.outline(path)
    if whole is None:
        return frozenset()
    parts = whole.by_name.get(name.replace("::", "."), ())
    lines = tree.text(path).split("\n")
    texts = "\n".join("\n".join(lines[part.first - 1 : part.last]) for part in parts)
    return frozenset(re.findall(r"[^\W\d]\w+", texts))
