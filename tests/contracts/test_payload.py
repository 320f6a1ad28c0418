"""A hand-off has the shape that its contract asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factoryline.contracts import payload
from factoryline.contracts.base import Delivery
from factoryline.contracts.table import breaches
from factoryline.plan.model import Plan

from tests.plan.example import plan_of

MEMO: dict[str, Any] = {"summary": "Do it.", "files": [], "verification": ["unit"]}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(tmp_path / "home")


def delivery(plan: Plan, handoff: dict[str, Any] | None) -> Delivery:
    return Delivery(plan=plan, cell=plan.cell("scout"), edits=(), handoff=handoff)


def test_a_hand_off_that_fulfils_its_contract(plan: Plan) -> None:
    assert list(payload.check(delivery(plan, MEMO))) == []


def test_a_hand_off_that_is_still_to_be_made(plan: Plan) -> None:
    assert list(payload.check(delivery(plan, None))) == []


def test_every_breach_is_said_with_the_place_of_the_cell(plan: Plan) -> None:
    broken = list(payload.check(delivery(plan, {"summary": "", "files": [{"path": "a"}]})))
    assert sorted(breach.message for breach in broken) == [
        "the memo breaks its contract: files[0]: `why` is missing",
        "the memo breaks its contract: summary: this is empty",
        "the memo breaks its contract: the value: `verification` is missing",
    ]
    assert {str(breach.span) for breach in broken} == {str(plan.cell("scout").span)}
    assert "why: Why it matters here." in {breach.help for breach in broken}


def test_a_contract_of_ones_own(plan: Plan) -> None:
    cell = plan.cell("scout")
    own = replace(cell, hands=replace(cell.hands, name="plan", schema={"required": ["steps"]}))
    [breach] = payload.check(replace(delivery(plan, {}), cell=own))
    assert breach.message == "the plan breaks its contract: the value: `steps` is missing"


@pytest.mark.parametrize("text", ["\ud800", "half a pair \udfff"])
def test_text_that_is_no_unicode_cannot_be_put_on_record(plan: Plan, text: str) -> None:
    """An agent's JSON may hold `"\\ud800"`, which no file in UTF-8 can."""
    [breach] = payload.check(delivery(plan, MEMO | {"summary": text}))
    assert breach.message.startswith("the memo breaks its contract: summary: ")


def test_all_checks_of_a_delivery_are_made_at_once(plan: Plan) -> None:
    both = replace(delivery(plan, {}), edits=("server/app.py",))
    messages = [breach.message for breach in breaches(both)]
    assert messages[0] == "`scout` edited server/app.py; it may touch nothing"
    assert len(messages) == 4
