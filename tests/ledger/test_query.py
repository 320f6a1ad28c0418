"""What can be asked of an artifact's entries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from factoryline.ledger.cost import UNKNOWN, Cost
from factoryline.ledger.query import Record, recorded
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Plan

from tests.ledger.example import entry
from tests.plan.example import plan_of

LINES = {"surfaces": {"server": {"added": 3, "removed": 1}}}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(tmp_path / "home")


def record(plan: Plan, *entries: Any) -> Record:
    """What the ledger says after these entries."""
    ledger = Ledger(plan.home / "state")
    for one in entries:
        ledger.write(one, [])
    return recorded(plan, ledger, "wizard")


def verdict(*tests: tuple[int, int | None] | None) -> dict[str, Any]:
    return {
        "outcome": "pass",
        "checks": [{"tests": one and {"run": one[0], "known": one[1]}} for one in tests],
    }


def test_an_artifact_that_has_not_begun(plan: Plan) -> None:
    empty = record(plan)
    assert not empty.begun
    assert not empty.sealed
    assert empty.tests() is None
    assert empty.merged() is None
    assert (empty.cost.usd, empty.cost.tokens) == (0, 0)


def test_the_newest_of_a_contract(plan: Plan) -> None:
    found = record(
        plan,
        entry("scout"),
        entry("1-build", handoff=LINES),
        entry("1-verify", handoff=verdict() | {"outcome": "fail"}, outcome="fail"),
        entry("2-build", handoff=LINES),
    )
    last = found.last("change")
    assert last is not None
    assert last.stage.id == "2-build"
    before = found.last("change", before=last.stage)
    assert before is not None
    assert before.stage.id == "1-build"
    assert found.last("packet") is None
    assert found.opened("retry") == 1
    assert found.opened("rework") == 0
    assert [lines["server"]["added"] for lines in found.lines()] == [3, 3]


def test_entries_off_the_way_are_not_on_record(plan: Plan) -> None:
    found = record(
        plan, entry("scout"), entry("1-build", handoff=LINES), entry("2-build", handoff=LINES)
    )
    assert [one.stage.id for one in found.entries] == ["scout", "1-build"]


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ([(3, 10), (2, 5)], (5, 15)),
        ([(3, 10), None], (3, 10)),
        ([(3, 10), (2, None)], (5, None)),
        ([None], None),
        ([], None),
    ],
)
def test_tests_are_added_up_and_unknown_stays_unknown(
    plan: Plan, tests: list[tuple[int, int | None] | None], expected: object
) -> None:
    found = record(
        plan,
        entry("scout"),
        entry("1-build", handoff=LINES),
        entry("1-verify", handoff=verdict(*tests), outcome="pass"),
    )
    assert found.tests() == expected


def test_one_unknown_cost_makes_the_cost_unknown(plan: Plan) -> None:
    paid = Cost(reported=0.5, total=100)
    one = record(plan, entry("scout", cost=paid)).cost
    assert (one.usd, one.tokens) == (0.5, 100)
    both = record(plan, entry("1-build", handoff=LINES, cost=UNKNOWN))
    assert (both.cost.usd, both.cost.tokens) == (None, None)
    assert (both.cost.known_usd, both.cost.unknown_usd) == (0.5, 1)
    assert both.seconds == 3.0
