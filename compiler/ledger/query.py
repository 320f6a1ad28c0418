"""Questions about an artifact that its entries answer. No file is read twice, none is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from factoryline.ledger import spending
from factoryline.ledger.entry import Entry
from factoryline.ledger.history import History
from factoryline.ledger.spending import Spent
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Plan
from factoryline.plan.rounds import OPENS, Stage, Walk, expected, stage_named, walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is on record of one artifact: its way and the entries on it."""

    artifact: str
    way: Walk
    entries: tuple[Entry, ...]

    @property
    def sealed(self) -> bool:
        return self.way.sealed

    @property
    def begun(self) -> bool:
        return bool(self.entries)

    def expected_way(self, plan: Plan) -> tuple[Stage, ...]:
        """The way over these entries, and the rest of it if nothing more goes wrong."""
        outcomes = {entry.stage: entry.outcome for entry in self.entries}
        return expected(plan, self.artifact, outcomes.get)

    def last(self, contract: str, before: Stage | None = None) -> Entry | None:
        """The newest entry that hands `contract`, on the way before `before`."""
        limit = {stage.id for stage in self.way.before(before)} if before else None
        for entry in reversed(self.entries):
            if entry.contract == contract and (limit is None or entry.stage.id in limit):
                return entry
        return None

    def all(self, contract: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.contract == contract)

    def findings(self) -> Iterator[tuple[str, Entry, int]]:
        """Each remark of a review or a critic: its place, such as `limit/1-review/1`, and where it
        stands, counted from 1."""
        for entry in self.entries:
            if entry.contract in ("review", "critique"):
                for number in range(1, len(entry.handoff["findings"]) + 1):
                    yield f"{entry.stage}/{number}", entry, number

    def opened(self, kind: str) -> int:
        """How many rounds were opened by a `retry`, a `critique`, a `rework` or a `conflict`."""
        said_no = [entry for entry in self.entries if OPENS.get(entry.outcome) == kind]
        if kind != "critique":
            return len(said_no)
        # A critic's objection may also be left to the review, and then opens none.
        last = max((stage.round or 0 for stage in self.way.stages), default=0)
        return sum((entry.stage.round or 0) < last for entry in said_no)

    @property
    def seconds(self) -> float:
        return sum(entry.run.seconds for entry in self.entries)

    @property
    def cost(self) -> Spent:
        """What the entries on its way cost; `spent` has the failed attempts too."""
        return spending.total(
            spending.of_cost(entry.run.cost, entry.run.seconds) for entry in self.entries
        )

    def spent(self, history: History) -> Mapping[str, Spent]:
        """What each stage cost, with every failed and rejected attempt; off its way too.

        An entry of which the history does not tell counts as it stands.
        """
        told = spending.by_stage(history.events())
        entries = {
            entry.stage.id: spending.of_cost(entry.run.cost, entry.run.seconds)
            for entry in self.entries
        }
        return {**entries, **told}

    def lines(self) -> tuple[Mapping[str, Any], ...]:
        """Lines per surface, from the base to each round's commit."""
        return tuple(entry.handoff["surfaces"] for entry in self.all("change"))

    def tests(self) -> tuple[int, int | None] | None:
        """Tests executed by the last verdict, and tests there are; None where none was counted."""
        verdict = self.last("verdict")
        counted = [c["tests"] for c in verdict.handoff["checks"] if c["tests"]] if verdict else []
        if not counted:
            return None
        known = [tests["known"] for tests in counted]
        return (
            sum(tests["run"] for tests in counted),
            None if None in known else sum(known),
        )

    def merged(self) -> str | None:
        """The commit on the base branch, if any."""
        merge = self.last("merge")
        return merge.handoff["commit"] if merge else None


def recorded(plan: Plan, ledger: Ledger, artifact: str) -> Record:
    """The way of an artifact as the ledger tells it, whether or not its entries are fresh."""

    def outcome(stage: Stage) -> str | None:
        entry = ledger.entry(stage)
        return entry.outcome if entry else None

    way = _sealed(ledger, artifact) or walk(plan, artifact, outcome)
    return Record(artifact=artifact, way=way, entries=_entries(ledger, way.stages))


def _sealed(ledger: Ledger, artifact: str) -> Walk | None:
    """The way that a sealed artifact went: what its note was written from, whatever the line is
    now. None when it is not sealed."""
    seal = ledger.entry(Stage(artifact=artifact, cell="note", round=None))
    if seal is None:
        return None
    ids = [name.removeprefix("handoff.") for name in seal.inputs if name.startswith("handoff.")]
    stages = (*(stage_named(artifact, stage_id) for stage_id in ids), seal.stage)
    return Walk(stages=stages, blocked=None, sealed=True)


def _entries(ledger: Ledger, stages: Sequence[Stage]) -> tuple[Entry, ...]:
    return tuple(entry for entry in map(ledger.entry, stages) if entry)


def proven(ledger: Ledger, key: str) -> dict[str, Any] | None:
    """The check of a verdict that passed with this key, and its `ground`: where it is from.

    A check in which a test needed a second try proves nothing for later ones.
    """
    for entry in ledger.verdicts():
        checks = entry.handoff["checks"]
        for check, ground in zip(checks, entry.run.grounds, strict=False):
            if ground["key"] != key or check["outcome"] != "pass" or check["flaky"]:
                continue
            origin = {
                "artifact": entry.stage.artifact,
                "stage": entry.stage.id,
                "commit": entry.handoff["commit"],
                "when": entry.run.started,
            }
            return {**check, "ground": {**ground, "reused": ground["reused"] or origin}}
    return None
