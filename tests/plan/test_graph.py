"""Order among artifacts."""

from __future__ import annotations

import pytest
from factoryline.plan.graph import cycles, ordered


@pytest.mark.parametrize(
    ("edges", "found"),
    [
        ({}, []),
        ({"a": []}, []),
        ({"a": ["b"], "b": ["c"], "c": []}, []),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, []),
        ({"a": ["nobody"]}, []),
        ({"a": ["a"]}, [("a", "a")]),
        ({"a": ["b"], "b": ["a"]}, [("a", "b", "a")]),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, [("a", "b", "c", "a")]),
        ({"lead": ["a"], "a": ["b"], "b": ["a"]}, [("a", "b", "a")]),
        ({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]}, [("a", "b", "a"), ("c", "d", "c")]),
        ({"a": ["b", "c"], "b": ["a"], "c": ["a"]}, [("a", "b", "a"), ("a", "c", "a")]),
    ],
)
def test_each_cycle_is_found_once(edges: dict[str, list[str]], found: list[tuple[str]]) -> None:
    assert list(cycles(edges)) == found


@pytest.mark.parametrize(
    ("edges", "order"),
    [
        ({}, ""),
        ({"c": [], "a": [], "b": []}, "cab"),
        ({"c": ["a"], "a": [], "b": []}, "acb"),
        ({"a": ["c", "b"], "b": [], "c": []}, "cba"),
        ({"a": ["b"], "b": ["c"], "c": [], "d": []}, "cbad"),
        ({"a": ["nobody"], "b": []}, "ab"),
    ],
)
def test_each_comes_after_those_it_waits_for_else_in_the_given_order(
    edges: dict[str, list[str]], order: str
) -> None:
    assert "".join(ordered(edges)) == order


def test_a_long_chain_needs_no_deep_stack() -> None:
    names = [str(number) for number in range(5000)]
    chain = {name: names[index + 1 : index + 2] for index, name in enumerate(names)}
    assert ordered(chain) == tuple(reversed(names))
    assert list(cycles(chain)) == []
    assert [len(circle) for circle in cycles({**chain, names[-1]: [names[0]]})] == [5001]
