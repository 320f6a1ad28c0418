"""Sums of costs, and what the history says was spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from factoryline.ledger.cost import FREE, UNKNOWN, Cost, Usage
from factoryline.ledger.spending import NOTHING, Spent, by_stage, cut_short, of_cost, total
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.test_cost import costs

Event = dict[str, Any]


@given(st.lists(costs(), max_size=6))
def test_a_sum_keeps_the_known_and_counts_the_unknown(many: Sequence[Cost]) -> None:
    spent = total(of_cost(one, 2.0) for one in many)
    known = [one.usd for one in many if one.usd is not None]
    assert spent.known_usd == sum(known)
    assert spent.unknown_usd == len(many) - len(known)
    assert spent.usd == (sum(known) if len(known) == len(many) else None)
    assert spent.known_tokens == sum(one.tokens or 0 for one in many)
    assert (spent.tokens is None) == any(one.tokens is None for one in many)
    assert (spent.attempts, spent.seconds) == (len(many), 2.0 * len(many))


@given(st.lists(costs(), max_size=6), st.randoms(use_true_random=False))
def test_the_order_and_the_grouping_change_no_sum(many: list[Cost], random: Any) -> None:
    parts = [of_cost(one) for one in many]
    shuffled = list(parts)
    random.shuffle(shuffled)
    middle = len(parts) // 2
    assert total(parts) == total(shuffled)
    assert total(parts[:middle]) + total(parts[middle:]) == total(parts)
    assert NOTHING + total(parts) == total(parts)


@given(st.lists(costs(), max_size=4), costs())
def test_more_attempts_never_cost_less(many: Sequence[Cost], one: Cost) -> None:
    before = total(of_cost(each) for each in many)
    after = before + of_cost(one)
    assert after.known_usd >= before.known_usd
    assert after.known_tokens >= before.known_tokens
    assert after.unknown_usd >= before.unknown_usd
    assert before.usd is not None or after.usd is None


AT = "2026-11-24T12:00:00Z"


def started(repair: int = 0) -> Event:
    return {"event": "started", "at": AT, "stage": "1-build", "repair": repair}


def ended(event: str, usd: float | None = None, seconds: float = 0, **more: Any) -> Event:
    cost = {"usd": usd, "tokens": 10}
    return {"event": event, "stage": "1-build", "cost": cost, "seconds": seconds, **more}


@pytest.mark.parametrize(
    ("events", "usd", "unknown", "attempts", "seconds"),
    [
        ([], 0, 0, 0, 0),
        ([started(), ended("finished", 2, 9)], 2, 0, 1, 9),
        ([started(), ended("failed", 1, 3), started(), ended("finished", 2, 9)], 3, 0, 2, 12),
        # The time of a run is that of its attempts; a rejected one is not counted twice.
        ([started(), ended("rejected", 1, 3), started(1), ended("finished", 2, 9)], 3, 0, 2, 9),
        # Rejected to the end: the failure tells of the attempts before it and is none itself.
        ([started(), ended("rejected", 1, 3), ended("failed", None, 4, told=True)], 1, 0, 1, 4),
        ([started(), ended("paused", None, 5)], 0, 1, 1, 5),
        ([started(), ended("failed", None, 5), started(), ended("finished", 1)], 1, 1, 2, 5),
        # Killed: it began and did not end.
        ([started()], 0, 1, 1, 0),
        ([started(), started(), ended("finished", 1, 2)], 1, 1, 2, 2),
        ([started(), ended("rejected", 1, 3), started(1), started(), ended("finished", 2, 9)]
         , 3, 1, 3, 12),
        ([{"event": "held", "stage": "1-build", "seconds": 8}], 0, 0, 0, 0),
    ],
    ids="none done failed repaired rejected paused unknown killed twice between held".split(),
)  # fmt: skip
def test_what_the_history_says(
    events: list[Event], usd: float, unknown: int, attempts: int, seconds: float
) -> None:
    spent = total(by_stage(events).values())
    assert (spent.known_usd, spent.unknown_usd) == (usd, unknown)
    assert (spent.attempts, spent.seconds) == (attempts, seconds)


def test_lines_of_an_older_history() -> None:
    """They hold money and tokens themselves; what failed without a start was no agent's."""
    spent = by_stage(
        [
            {"event": "failed", "stage": "scout", "seconds": 1},
            {"event": "finished", "stage": "scout", "seconds": 2, "usd": 0.0, "tokens": 0},
            {"event": "started", "at": AT, "stage": "1-build"},
            {"event": "failed", "stage": "1-build", "seconds": 3},
            {"event": "started", "at": AT, "stage": "1-build"},
            {"event": "finished", "stage": "1-build", "seconds": 4, "tokens": 7},
        ]
    )
    assert spent["scout"] == of_cost(FREE, 1) + of_cost(FREE, 2)
    assert (spent["1-build"].unknown_usd, spent["1-build"].unknown_tokens) == (2, 1)
    assert spent["1-build"].known_tokens == 7


def test_since_a_moment() -> None:
    events = [
        started() | {"at": "2026-11-23T23:00:00Z"},
        ended("finished", 1, 5) | {"at": "2026-11-24T00:10:00Z"},
        started() | {"at": "2026-11-24T01:00:00Z"},
        ended("finished", 2, 6) | {"at": "2026-11-24T02:00:00Z"},
    ]
    spent = total(by_stage(events, since="2026-11-24T00:00:00Z").values())
    assert (spent.known_usd, spent.attempts, spent.seconds) == (3, 2, 11)
    spent = total(by_stage(events, since="2026-11-24T01:30:00Z").values())
    assert (spent.known_usd, spent.attempts) == (2, 1)
    assert by_stage(events, since="2026-11-25T00:00:00Z") == {}


def test_no_token_at_all_is_none_of_each_kind() -> None:
    assert (of_cost(FREE) + of_cost(Cost(usage=Usage(input=3)))).usage.input == 3
    assert (of_cost(UNKNOWN) + of_cost(Cost(usage=Usage(input=3)))).usage.input is None
    assert isinstance(of_cost(UNKNOWN).to_json()["usd"], type(None))
    assert Spent().to_json()["usd"] == 0


def test_a_killed_attempt_has_what_the_meter_counted() -> None:
    spent = total(
        by_stage([started(), ended("killed", 0.5), started(), ended("finished", 1)]).values()
    )
    assert (spent.known_usd, spent.unknown_usd, spent.attempts) == (1.5, 0, 2)
    assert cut_short([started(), ended("failed"), started()], "1-build") == AT
    assert not cut_short([started(), ended("killed")], "1-build")
    assert not cut_short([started()], "2-build")


@pytest.mark.parametrize(
    "cost", [None, "much", {}, {"usd": "much", "tokens": []}, {"usd": -1, "tokens": float("nan")}]
)
def test_a_line_that_was_changed_by_hand_is_of_unknown_cost(cost: object) -> None:
    event = {"event": "failed", "stage": "1-build", "cost": cost, "seconds": "long"}
    spent = by_stage([event])["1-build"]
    assert (spent.unknown_usd, spent.unknown_tokens, spent.seconds) == (1, 1, 0)
