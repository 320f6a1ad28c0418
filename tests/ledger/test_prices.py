"""Our price table: sound rows, the right one for a model, no price where something is unknown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from factoryline.ledger.cost import NO_USAGE, UNKNOWN, Cost, Usage
from factoryline.ledger.prices import OWN, ours, price, price_all, priced, table
from factoryline.spec import schema
from factoryline.spec.nodes import read_yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT

MILLION = Usage(
    input=1_000_000, cache_read=1_000_000, cache_write=1_000_000, output=1_000_000, requests=9
)
TABLE = table(
    {
        "small": {"input": 1, "output": 10, "cache_read": 0.1, "cache_write": 2},
        "plain": {"input": 1, "output": 10},
        "house-*": {"input": 3, "output": 3},
        "house-big-*": {"input": 5, "output": 5},
        "tiered": {"input": 1, "output": 1, "above": {"tokens": 100, "input": 2, "output": 3}},
    }
)


def rows() -> list[dict[str, Any]]:
    text = (ROOT / "compiler/ledger/prices.yaml").read_text()
    root, problems = read_yaml(text, "prices.yaml")
    assert problems == []
    found: Any = root.plain()
    return list(found)


def test_the_rows_of_our_table_are_dated_sourced_and_of_the_shape_that_users_write() -> None:
    names = [model for row in rows() for model in row["models"]]
    assert len(names) == len(set(names))
    shape = schema.builtin("factory")["$defs"]["price"]
    for row in rows():
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", str(row.pop("as_of")))
        assert row.pop("source")
        assert row.pop("models")
        assert not schema.violations(row, shape)
        assert row["input"] <= row["output"]
        assert row.get("cache_read", 0) < row["input"] <= row.get("cache_write", row["input"])
        above = row.get("above")
        assert above is None or all(above[part] > row[part] for part in ("input", "output"))


def test_a_price_by_hand() -> None:
    """Claude Opus 5 at $5, $0.50, $6.25 and $25 for a million of each."""
    assert price(MILLION, "claude-opus-5", ours()) == (36.75, "2026-10-24")
    usage = Usage(input=2000, cache_read=0, cache_write=0, output=100)
    assert price(usage, "claude-opus-5", ours()) == (0.0125, "2026-10-24")


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("claude-opus-5", True),
        ("claude-opus-4-5-20251101", True),
        ("claude-opus-4-5@20251101", True),
        ("anthropic/claude-opus-5", True),
        ("claude-sonnet-5-5[1m]", True),
        ("gpt-5-codex-latest", True),
        ("claude-opus-5-mini", False),
        ("claude-opus", False),
        ("gpt-5", False),
        ("gpt-5-codex-mini", False),
        ("sonnet", False),
        ("local/claude-opus-5", False),
        ("house/claude-opus-5", False),
        ("", False),
    ],
)
def test_a_model_is_known_by_its_own_name_or_not_at_all(model: str, known: bool) -> None:
    usage = Usage(input=10, cache_read=10, cache_write=0, output=10)
    assert (price(usage, model, ours()) is not None) == known


@pytest.mark.parametrize(
    ("model", "usd"), [("house-1", 6.0), ("house-big-1", 10.0), ("house", None)]
)
def test_beginnings_of_names_are_for_factory_yaml(model: str, usd: float | None) -> None:
    usage = Usage(input=1_000_000, cache_read=0, cache_write=0, output=1_000_000)
    assert price(usage, model, TABLE) == (None if usd is None else (usd, OWN))


def test_own_prices_lie_over_ours() -> None:
    own = table({"claude-opus-5": {"input": 0, "output": 0, "cache_read": 0, "cache_write": 0}})
    assert price(MILLION, "claude-opus-5", own) == (0, OWN)
    assert price(MILLION, "claude-opus-4-8", own) == price(MILLION, "claude-opus-4-8", ours())


@pytest.mark.parametrize("part", ["input", "cache_read", "cache_write", "output"])
def test_an_unknown_part_makes_the_price_unknown_and_not_smaller(part: str) -> None:
    assert price(_without(part), "small", TABLE) is None
    # Where a provider bills none of it, an unknown count of it is none.
    billed = part in ("input", "output")
    rest = Usage(input=1_000_000, cache_read=0, cache_write=0, output=0)
    without = _without(part, rest)
    assert (price(without, "plain", TABLE) is None) == billed


def _without(part: str, usage: Usage = MILLION) -> Usage:
    names = ("input", "cache_read", "cache_write", "output")
    return Usage(**{name: None if name == part else getattr(usage, name) for name in names})


def test_tokens_that_nobody_prices_are_no_gift() -> None:
    assert price(MILLION, "plain", TABLE) is None


@pytest.mark.parametrize(
    ("prompt", "requests", "usd"),
    [(100, 7, 100e-6), (101, 1, 202e-6), (101, 2, None), (101, None, None), (0, None, 0.0)],
)
def test_long_prompts(prompt: int, requests: int | None, usd: float | None) -> None:
    """Above the border as a whole; several requests may be on both sides of it."""
    usage = Usage(input=prompt, cache_read=0, cache_write=0, output=0, requests=requests)
    found = price(usage, "tiered", TABLE)
    assert (found and found[0]) == (usd if usd is None else pytest.approx(usd))


counts = st.integers(0, 10**7)
known = st.builds(Usage, input=counts, cache_read=counts, cache_write=counts, output=counts)


@given(known, known)
def test_a_price_of_two_is_the_sum_of_their_prices(one: Usage, other: Usage) -> None:
    both = price_all([("small", one), ("small", other)], TABLE)
    whole = price(one + other, "small", TABLE)
    assert both is not None
    assert whole is not None
    assert both[0] == pytest.approx(whole[0])
    assert price_all([("small", one), ("who-knows", other)], TABLE) is None
    assert price_all([], TABLE) is None


def test_a_cost_gets_a_price_where_there_is_one() -> None:
    told = Cost(usage=MILLION, counted="reported", reported=99.0, models=("claude-opus-5",))
    ours_counts = priced(told, ours())
    assert (ours_counts.usd, ours_counts.source) == (36.75, "priced")
    assert ours_counts.reported == 99.0
    made_up = Cost(usage=MILLION, counted="reported", reported=99.0, models=("made-up",))
    assert priced(made_up, ours()) == made_up
    for cost in (UNKNOWN, Cost(usage=NO_USAGE), Cost(usage=MILLION, models=("small", "plain"))):
        assert priced(cost, TABLE) == cost
