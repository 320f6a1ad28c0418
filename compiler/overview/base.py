"""The founding table as data, computed from the ledger: a row an artifact, and what it all cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from factoryline.ledger import spending
from factoryline.ledger.query import Record, recorded
from factoryline.ledger.spending import Spent
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Plan
from factoryline.plan.rounds import stage_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One artifact.

    run: its number on the line. lines: for each surface, the lines added from the base to the first
    and to the last round's commit; None before there is a change. tests: executed by the last
    verdict, and those there are (None: not known). stages: what each of its stages cost, with the
    failed and the rejected attempts. merged: the commit on the base branch.
    """

    run: int
    artifact: str
    lines: Mapping[str, tuple[int, int] | None]
    rounds: int
    rework: int
    retries: int
    critiques: int
    tests: tuple[int, int | None] | None
    seconds: float
    stages: Mapping[str, Spent]
    merged: str | None
    sealed: bool

    @property
    def spent(self) -> Spent:
        return spending.total(self.stages.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a report shows.

    surfaces: their names. others: what artifacts cost that factory.yaml no longer has, by name.
    merges: whether the line merges; where it does not, a sealed artifact is what it is for.
    """

    rows: tuple[Row, ...]
    surfaces: tuple[str, ...]
    others: Mapping[str, Spent]
    merges: bool

    @property
    def cells(self) -> Mapping[str, Spent]:
        """What each cell cost, over all artifacts, in the order in which they first worked."""
        found: dict[str, Spent] = {}
        for row in self.rows:
            for stage, spent in row.stages.items():
                cell = stage_named(row.artifact, stage).cell
                found[cell] = found.get(cell, spending.NOTHING) + spent
        return found

    @property
    def total(self) -> Spent:
        """Everything that was spent, on whatever became of it."""
        return spending.total([*(row.spent for row in self.rows), *self.others.values()])

    @property
    def through(self) -> int:
        """How many artifacts came through: were merged, or sealed where the line does not merge."""
        return sum(bool(row.merged) if self.merges else row.sealed for row in self.rows)


class Format(Protocol):
    """A report as text.

    by_stage: with what each stage cost, and not each cell. columns: how wide it may be, if anybody
    counts.
    """

    def __call__(
        self, report: Report, *, by_stage: bool = False, columns: int | None = None
    ) -> str: ...


def report(plan: Plan, ledger: Ledger) -> Report:
    """A row for every artifact that has begun, in the order of the line, and what it all cost."""
    records = (recorded(plan, ledger, artifact.name) for artifact in plan.artifacts)
    begun = [one for one in records if one.begun or ledger.history(one.artifact).path.exists()]
    names = tuple(surface.name for surface in plan.surfaces)
    known = {artifact.name for artifact in plan.artifacts}
    return Report(
        rows=tuple(_row(number, one, ledger, names) for number, one in enumerate(begun, start=1)),
        surfaces=names,
        others={name: spent for name, spent in _everywhere(ledger) if name not in known},
        merges=plan.merge is not None,
    )


def _everywhere(ledger: Ledger) -> Iterator[tuple[str, Spent]]:
    for path in sorted(ledger.artifacts.glob("*/history.jsonl")):
        name = path.parent.name
        yield name, spending.total(spending.by_stage(ledger.history(name).events()).values())


def _row(number: int, record: Record, ledger: Ledger, surfaces: Sequence[str]) -> Row:
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
        critiques=record.opened("critique"),
        tests=record.tests(),
        seconds=record.seconds,
        stages=record.spent(ledger.history(record.artifact)),
        merged=record.merged(),
        sealed=record.sealed,
    )


def _added(surfaces: Mapping[str, Mapping[str, int]], name: str) -> int:
    return surfaces.get(name, {"added": 0})["added"]
