"""The founding table as data, computed from the ledger: a row an artifact, and what it all cost."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from factoryline.ledger import spending
from factoryline.ledger.query import Record, recorded
from factoryline.ledger.spending import Spent
from factoryline.ledger.store import Ledger
from factoryline.plan.kinds import KINDS
from factoryline.plan.model import Plan
from factoryline.plan.rounds import stage_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One artifact.

    run: its number on the line. lines: for each surface, the lines added from the base to the first
    and to the last round's commit; None before there is a change. tests: executed by the last
    verdict, and those there are (None: not known). stages: what each of its stages cost, with the
    failed and the rejected attempts. merged: the commit on the base branch. began, ended: the days
    of its first and its last stage, empty while it has none. autonomous: whether every round of it
    was built by a program; None while nothing is built.
    """

    run: int
    artifact: str
    began: str
    ended: str
    autonomous: bool | None
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
    unproven: how many artifacts may be in progress at once without evidence; 0 where it is there.
    """

    rows: tuple[Row, ...]
    surfaces: tuple[str, ...]
    others: Mapping[str, Spent]
    merges: bool
    unproven: int = 0

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
    def months(self) -> Mapping[str, tuple[Row, ...]]:
        """The rows by the month in which they ended, the oldest first."""
        months = sorted({row.ended[:7] for row in self.rows if row.ended})
        return {m: tuple(row for row in self.rows if row.ended[:7] == m) for m in months}

    @property
    def alone(self) -> int:
        """How many of those that came through were built by programs alone."""
        return sum(self.came_through(row) and bool(row.autonomous) for row in self.rows)

    def came_through(self, row: Row) -> bool:
        return bool(row.merged) if self.merges else row.sealed

    @property
    def total(self) -> Spent:
        """Everything that was spent, on whatever became of it."""
        return spending.total([*(row.spent for row in self.rows), *self.others.values()])

    @property
    def through(self) -> int:
        """How many artifacts came through: were merged, or sealed where the line does not merge."""
        return sum(map(self.came_through, self.rows))


class Format(Protocol):
    """A report as text.

    by: a key of `cells.GROUPS`, what the second table is about. columns: how wide it may be, if
    anybody counts.
    """

    def __call__(self, report: Report, *, by: str = "cell", columns: int | None = None) -> str: ...


def report(plan: Plan, ledger: Ledger, *, since: str = "", only: Collection[str] = ()) -> Report:
    """A row for every artifact that has begun, in the order of the line, and what it all cost.

    since: a day, such as 2026-11-01; artifacts that ended before it are left out. only: artifacts
    by name, all unless given. With either, what is no more in factory.yaml is left out too.
    """
    records = (recorded(plan, ledger, artifact.name) for artifact in plan.artifacts)
    begun = [one for one in records if one.begun or ledger.history(one.artifact).path.exists()]
    names = tuple(surface.name for surface in plan.surfaces)
    known = {artifact.name for artifact in plan.artifacts}
    rows = (_row(number, one, ledger, names) for number, one in enumerate(begun, start=1))
    whole = not (since or only)
    return Report(
        rows=tuple(
            row
            for row in rows
            if (row.ended or "9") >= since and (not only or row.artifact in only)
        ),
        surfaces=names,
        others={n: spent for n, spent in _everywhere(ledger) if whole and n not in known},
        merges=plan.merge is not None,
        unproven=plan.flow.wip if plan.flow.wip > 1 and not plan.flow.calibrated else 0,
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
        began=record.entries[0].run.started[:10] if record.entries else "",
        ended=record.entries[-1].run.started[:10] if record.entries else "",
        autonomous=_autonomous(record),
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


def _autonomous(record: Record) -> bool | None:
    changes = record.all("change")
    return all(entry.kind in _PROGRAMS for entry in changes) if changes else None


_PROGRAMS = frozenset(kind for kind, facts in KINDS.items() if facts.spends)
"""The kinds of cells in which a program works, and no person."""


def _added(surfaces: Mapping[str, Mapping[str, int]], name: str) -> int:
    return surfaces.get(name, {"added": 0})["added"]
