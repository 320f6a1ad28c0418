"""What an attempt cost: which amount counts, and that unknown never turns into nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from factoryline.ledger.cost import (
    FREE,
    NO_USAGE,
    UNKNOWN,
    Cost,
    Usage,
    from_json,
    from_program,
)
from factoryline.spec import schema
from hypothesis import given
from hypothesis import strategies as st

numbers = st.none() | st.integers(0, 10**12)
usages = st.builds(
    Usage, input=numbers, cache_read=numbers, cache_write=numbers, output=numbers, requests=numbers
)
amounts = st.none() | st.integers(0, 10**6).map(lambda cents: cents / 64)


@st.composite
def costs(draw: st.DrawFn) -> Cost:
    """Any cost that a cell can hand in."""
    usage = draw(usages)
    priced = draw(amounts)
    return Cost(
        usage=usage,
        counted=draw(st.sampled_from(["reported", "metered"])) if usage != Usage() else None,
        reported=draw(amounts),
        priced=priced,
        prices=None if priced is None else "2026-11-01",
        total=draw(numbers) if usage.tokens is None else None,
        models=tuple(draw(st.lists(st.sampled_from(["sonnet", "haiku"]), unique=True))),
    )


@given(costs())
def test_what_goes_out_comes_in_again(cost: Cost) -> None:
    value = json.loads(json.dumps(cost.to_json()))
    assert from_json(value) == cost
    run = schema.builtin("entry")["properties"]["run"]["properties"]["cost"]
    assert not schema.violations(value, run)


@pytest.mark.parametrize(
    ("cost", "usd", "source"),
    [
        (Cost(counted="metered", priced=1.0, reported=9.0), 1.0, "metered"),
        (Cost(counted="reported", priced=1.0, reported=9.0), 1.0, "priced"),
        (Cost(counted="metered", reported=9.0), 9.0, "reported"),
        (Cost(counted="reported", priced=0.0, reported=9.0), 0.0, "priced"),
        (Cost(counted="reported"), None, "unknown"),
        (FREE, 0.0, "reported"),
        (UNKNOWN, None, "unknown"),
    ],
)
def test_which_amount_counts(cost: Cost, usd: float | None, source: str) -> None:
    """A program's price may be made up; ours is of a table with a date."""
    assert (cost.usd, cost.source) == (usd, source)


@given(usages, usages)
def test_an_unknown_part_makes_the_sum_unknown(one: Usage, other: Usage) -> None:
    both = one + other
    for name in ("input", "cache_read", "cache_write", "output", "requests"):
        parts = [getattr(one, name), getattr(other, name)]
        assert getattr(both, name) == (None if None in parts else sum(parts))
    assert both == other + one
    assert one + NO_USAGE == one


def test_tokens_are_all_there_are_or_unknown() -> None:
    assert Usage(input=1, cache_read=20, cache_write=300, output=4000).tokens == 4321
    assert Usage(input=1, output=4000).tokens == 4001  # a cache that is not spoken of held none
    assert Usage(input=1, cache_read=20, cache_write=300).tokens is None
    assert Cost(usage=Usage(input=1), total=5000).tokens == 5000


@pytest.mark.parametrize(
    "value", [{"usd": 0.12, "tokens": 3400}, {"usd": None, "tokens": 12}, {"usd": 0, "tokens": 0}]
)
def test_costs_of_older_entries_are_read(value: dict[str, Any]) -> None:
    cost = from_json(value)
    assert (cost.usd, cost.tokens) == (value["usd"], value["tokens"])


@pytest.mark.parametrize(
    ("value", "usd", "tokens"),
    [
        ({"usd": 0.12, "tokens": 3400}, 0.12, 3400),
        ({"usd": 1, "tokens": 3.0}, 1.0, 3),
        ({"usd": "0.12"}, None, None),
        ({"usd": True, "tokens": True}, None, None),
        ({"usd": -1, "tokens": -5}, None, None),
        ({"usd": float("nan"), "tokens": float("inf")}, None, None),
        ({"usd": 10**400, "tokens": 0.5}, None, None),
        ({"usage": [], "model": 3}, None, None),
        ([], None, None),
        (None, None, None),
    ],
)
def test_a_program_may_leave_anything(value: object, usd: float | None, tokens: int | None) -> None:
    cost = from_program(value)
    assert (cost.usd, cost.tokens) == (usd, tokens)
    assert from_json(json.loads(json.dumps(cost.to_json()))) == cost


def test_a_program_may_tell_more() -> None:
    usage = {"input": 10, "cache_read": 5, "cache_write": 0, "output": 7, "requests": 2, "more": 1}
    cost = from_program({"usd": 0.5, "tokens": 99, "usage": usage, "model": "sonnet"})
    assert cost.usage == Usage(input=10, cache_read=5, cache_write=0, output=7, requests=2)
    assert (cost.counted, cost.tokens, cost.models) == ("reported", 22, ("sonnet",))
