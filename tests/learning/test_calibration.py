"""What the ledger says of contracts and verdicts, and what keeps a line at one at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from factoryline.learning import calibration
from factoryline.learning.calibration import Calibration, CellCount, VerifierCount
from factoryline.ledger.query import Record
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Learning, Plan
from factoryline.plan.rounds import Walk

from tests.ledger.example import entry
from tests.plan.example import plan_of


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(tmp_path / "home")


def sealed(ledger: Ledger, name: str, *kinds: str, outcome: str = "approve") -> Record:
    """An artifact of one round; kinds: of its review's findings."""
    checks = [{"scope": "unit"}, {"scope": "types"}]
    findings = [{"kind": kind, "statement": "So."} for kind in kinds]
    way = [
        entry(
            "1-verify", artifact=name, handoff={"outcome": "pass", "checks": checks}, outcome="pass"
        ),
        entry("1-review", artifact=name, handoff={"findings": findings}, outcome=outcome),
        entry("note", artifact=name, handoff={}),
    ]
    for one in way:
        ledger.history(name).append("finished", one.stage.id)
    stages = tuple(one.stage for one in way)
    return Record(
        artifact=name,
        way=Walk(stages=stages, blocked=None, sealed=True),
        entries=tuple(way),
    )


def test_what_is_counted(plan: Plan, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state")
    records = [
        sealed(ledger, "a", "tests", outcome="request-changes"),
        sealed(ledger, "b", "architecture", outcome="request-changes"),
        sealed(ledger, "c"),
    ]
    ledger.history("c").append("rejected", "1-build", reasons=["no memo"])
    ledger.history("c").append("escaped", "1-verify", why="It crashes.")
    found = calibration.calibration(plan, ledger, records)
    assert found.artifacts == ("a", "b", "c")
    assert found.verifiers["unit"] == VerifierCount(passed=3, overturned=1, escaped=1)
    assert found.cells["build"] == CellCount(rejected=1)
    assert found.cells["review"] == CellCount(finished=3, rounds=2)
    assert (round(found.rejected, 2), round(found.overturned, 2)) == (0.1, 0.33)


def test_the_last_ones_count(plan: Plan, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state")
    records = [sealed(ledger, f"n{number}") for number in range(7)]
    assert calibration.calibration(plan, ledger, records).artifacts == (
        "n2",
        "n3",
        "n4",
        "n5",
        "n6",
    )


ENOUGH: dict[str, Any] = {"artifacts": ("a", "b", "c", "d", "e")}
VERDICTS = {"passed": 10}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Calibration(), "5 sealed artifacts are needed, of which there are 0"),
        (Calibration(artifacts=("a",)), "5 sealed artifacts are needed, of which there is 1"),
        (
            Calibration(**ENOUGH, cells={"build": CellCount(finished=3, rejected=1)}),
            "25% of the hand-offs broke their contract, and 20% is the most",
        ),
        (
            Calibration(**ENOUGH, verdicts=VerifierCount(passed=10, overturned=3)),
            "review overturned 30% of the verdicts that passed, and 20% is the most",
        ),
        (
            Calibration(**ENOUGH, verdicts=VerifierCount(passed=10, escaped=1)),
            "1 fault escaped after the merge, and 0 is the most",
        ),
        (Calibration(**ENOUGH, verdicts=VerifierCount(passed=10, overturned=2)), None),
    ],
)
def test_what_lacks(found: Calibration, said: str | None) -> None:
    assert list(calibration.lacking(Learning(), found)) == ([said] if said else [])
