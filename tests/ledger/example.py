"""Entries with as little in them as an entry can have."""

from __future__ import annotations

from typing import Any

from factoryline.ledger.cost import FREE, Cost
from factoryline.ledger.entry import Entry, Run
from factoryline.plan import digest
from factoryline.plan.rounds import Stage

CONTRACTS = {"scout": "memo", "build": "change", "verify": "verdict", "package": "packet"}


def entry(
    stage_id: str,
    *,
    artifact: str = "wizard",
    handoff: dict[str, Any] | None = None,
    outcome: str = "done",
    cost: Cost = FREE,
    seconds: float = 1.5,
) -> Entry:
    """The entry of a stage, named as in `2-build`."""
    number, _, cell = stage_id.rpartition("-")
    return Entry(
        stage=Stage(artifact=artifact, cell=cell, round=int(number) if number else None),
        kind=cell,
        inputs={"artifact.goal": digest.of_value("It works."), "base": digest.of_value("abc")},
        pins={},
        contract=CONTRACTS.get(cell, cell),
        handoff={"of": stage_id} if handoff is None else handoff,
        outcome=outcome,
        run=Run(started="2026-04-21T09:30:00Z", seconds=seconds, attempts=1, cost=cost, by="Ann"),
    )
