"""A cell edits what it may touch, and never the factory itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.contracts import touches
from factoryline.contracts.base import Delivery
from factoryline.plan.model import Plan

from tests.plan.example import plan_of

OWN = ("state", "factory.yaml")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(tmp_path / "home")


def said(plan: Plan, cell: str, *edits: str, protected: tuple[str, ...] = OWN) -> list[str]:
    found = Delivery(
        plan=plan, cell=plan.cell(cell), edits=edits, handoff=None, protected=protected
    )
    return [breach.message for breach in touches.check(found)]


def test_edits_inside(plan: Plan) -> None:
    assert said(plan, "build", "server/app.py", "server/new/deep.py") == []


def test_edits_outside(plan: Plan) -> None:
    assert said(plan, "build", "server/app.py", "README.md", "webui/page.py") == [
        "`build` edited README.md and webui/page.py; it may touch server"
    ]


def test_many_edits_are_counted(plan: Plan) -> None:
    edits = [f"docs/{number}.md" for number in range(9)]
    [message] = said(plan, "build", *edits)
    assert "docs/4.md and 4 more; it may touch server" in message


def test_a_scout_that_edits(plan: Plan) -> None:
    assert said(plan, "scout", "server/app.py") == [
        "`scout` edited server/app.py; it may touch nothing"
    ]
    assert said(plan, "scout") == []


def test_a_change_without_an_edit(plan: Plan) -> None:
    assert said(plan, "build") == ["`build` changed nothing"]


@pytest.mark.parametrize("path", ["factory.yaml", "state/factory-artifacts/a.json", "state"])
def test_the_factory_itself(tmp_path: Path, path: str) -> None:
    cells = "cells:\n  build: {kind: agent, agent: coder, hands: change, touches: ['**']}\n"
    plan = plan_of(tmp_path / "home", cells=cells, line="line: [build]", flow="flow: {merge: none}")
    assert said(plan, "build", path, "a.txt") == [f"`build` changed the factory itself: {path}"]
    assert said(plan, "build", path, protected=()) == [], "the target of another factory"


@pytest.mark.parametrize(
    ("path", "protected"),
    [
        ("state", True),
        ("state/a", True),
        ("factory.yaml", True),
        ("statement.md", False),
        ("factory.yaml.bak", False),
        ("server/state/a", False),
    ],
)
def test_what_is_protected(path: str, protected: bool) -> None:
    assert touches.protects(OWN, path) is protected


def test_a_breach_points_at_what_the_cell_may_touch(plan: Plan) -> None:
    cell = plan.cell("build")
    found = Delivery(plan=plan, cell=cell, edits=("README.md",), handoff=None)
    [breach] = touches.check(found)
    line = (plan.home / "factory.yaml").read_text().splitlines()[breach.span.line - 1]
    assert line[breach.span.column - 1 :].startswith("server]")
    assert breach.help == "widen `touches`, or keep the work inside it"
