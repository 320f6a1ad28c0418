"""The founding table as data: one row an artifact, computed from the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from factoryline.ledger.query import Record, recorded
from factoryline.ledger.spending import Spent
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One artifact.

    run: its number on the line. lines: for each surface, the lines added from the base to the first
    and to the last round's commit; None before there is a change. tests: executed by the last
    verdict, and those there are (None: not known). merged: the commit on the base branch.
    """

    run: int
    artifact: str
    lines: Mapping[str, tuple[int, int] | None]
    rounds: int
    rework: int
    retries: int
    tests: tuple[int, int | None] | None
    seconds: float
    cost: Spent
    merged: str | None
    sealed: bool


Report = Callable[[Sequence[Row], Sequence[str]], str]
"""Rows and the names of the surfaces, to text."""


def rows(plan: Plan, ledger: Ledger) -> tuple[Row, ...]:
    """A row for every artifact that has begun, in the order of the line."""
    records = (recorded(plan, ledger, artifact.name) for artifact in plan.artifacts)
    begun = [record for record in records if record.begun]
    names = [surface.name for surface in plan.surfaces]
    return tuple(_row(number, record, names) for number, record in enumerate(begun, start=1))


def _row(number: int, record: Record, surfaces: Sequence[str]) -> Row:
    lines = record.lines()
    return Row(
        run=number,
        artifact=record.artifact,
        lines={
            name: (_added(lines[0], name), _added(lines[-1], name)) if lines else None
            for name in surfaces
        },
        rounds=len(lines),
        rework=record.opened("rework"),
        retries=record.opened("retry") + record.opened("conflict"),
        tests=record.tests(),
        seconds=record.seconds,
        cost=record.cost,
        merged=record.merged(),
        sealed=record.sealed,
    )


def _added(surfaces: Mapping[str, Mapping[str, int]], name: str) -> int:
    return surfaces.get(name, {"added": 0})["added"]
