"""Whether the line may go faster: how steady its contracts are, and how often its verdicts held.

All of it is read from the ledger, over the artifacts that were sealed last. A verdict was
overturned where it passed and the review asked for changes that tests could have asked for; it
was escaped from where a fault was found after the merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from factoryline.diagnostics import plural
from factoryline.ledger.history import is_attempt
from factoryline.ledger.query import Record
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Learning, Plan
from factoryline.plan.rounds import OPENS, stage_named

CATCHABLE = ("correctness", "tests", "security", "other")
"""The kinds of findings that a verifier could have had. A boundary, a style or a document is a
person's to judge.
"""

ESCAPED = "escaped"
"""The event of a history by which a fault is put on record that was found after the merge."""


@dataclass(slots=True, kw_only=True)
class CellCount:
    """finished, rejected and failed attempts; rounds: those that its outcome opened."""

    finished: int = 0
    rejected: int = 0
    failed: int = 0
    rounds: int = 0


@dataclass(slots=True, kw_only=True)
class VerifierCount:
    """Of a scope: verdicts that passed and were reviewed, those that review overturned, escapes."""

    passed: int = 0
    overturned: int = 0
    escaped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the artifacts that were sealed last say. artifacts: these, the oldest first."""

    artifacts: Sequence[str] = ()
    cells: Mapping[str, CellCount] = field(default_factory=dict)
    verifiers: Mapping[str, VerifierCount] = field(default_factory=dict)
    verdicts: VerifierCount = field(default_factory=VerifierCount)

    @property
    def rejected(self) -> float:
        """The share of hand-offs that broke their contract."""
        rejected = sum(cell.rejected for cell in self.cells.values())
        return _share(rejected, rejected + sum(cell.finished for cell in self.cells.values()))

    @property
    def overturned(self) -> float:
        """The share of passing verdicts that review overturned."""
        return _share(self.verdicts.overturned, self.verdicts.passed)


def calibration(plan: Plan, ledger: Ledger, records: Iterable[Record]) -> Calibration:
    """Over the sealed artifacts of `records`, as many as `learning: {artifacts}` asks for."""
    sealed = sorted((r for r in records if r.sealed and r.entries), key=_ended)
    last = sealed[-plan.learning.artifacts :]
    cells: dict[str, CellCount] = {}
    verifiers: dict[str, VerifierCount] = {}
    verdicts = VerifierCount()
    for record in last:
        events = list(ledger.history(record.artifact).events())
        _count_cells(record, events, cells)
        escapes = sum(event["event"] == ESCAPED for event in events)
        for scopes, overturned in _reviewed(record):
            verdicts.passed += 1
            verdicts.overturned += overturned
            for scope in scopes:
                count = verifiers.setdefault(scope, VerifierCount())
                count.passed += 1
                count.overturned += overturned
        verdicts.escaped += escapes
        for scope in _scopes_of(record):
            verifiers.setdefault(scope, VerifierCount()).escaped += escapes
    names = tuple(record.artifact for record in last)
    return Calibration(artifacts=names, cells=cells, verifiers=verifiers, verdicts=verdicts)


def lacking(learning: Learning, found: Calibration) -> Iterator[str]:
    """What keeps the line from more than one artifact at once, in sentences."""
    if len(found.artifacts) < learning.artifacts:
        are = "are" if learning.artifacts > 1 else "is"
        wanted = plural(learning.artifacts, "sealed artifact")
        yield f"{wanted} {are} needed, of which there {_is(len(found.artifacts))}"
    if found.rejected > learning.rejected:
        yield (
            f"{found.rejected:.0%} of the hand-offs broke their contract, and "
            f"{learning.rejected:.0%} is the most"
        )
    if found.overturned > learning.overturned:
        yield (
            f"review overturned {found.overturned:.0%} of the verdicts that passed, and "
            f"{learning.overturned:.0%} is the most"
        )
    if found.verdicts.escaped > learning.escapes:
        yield (
            f"{plural(found.verdicts.escaped, 'fault')} escaped after the merge, and "
            f"{learning.escapes} is the most"
        )


def _is(count: int) -> str:
    return f"is {count}" if count == 1 else f"are {count}"


def _ended(record: Record) -> str:
    return record.entries[-1].run.started


def _count_cells(
    record: Record, events: Sequence[dict[str, Any]], cells: dict[str, CellCount]
) -> None:
    for event in events:
        if not (is_attempt(event) and event.get("stage")):
            continue
        cell = stage_named(record.artifact, event["stage"]).cell
        count = cells.setdefault(cell, CellCount())
        count.finished += event["event"] == "finished"
        count.rejected += event["event"] == "rejected"
        count.failed += event["event"] in ("failed", "killed")
    for entry in record.entries:
        if entry.outcome in OPENS:
            cells.setdefault(entry.stage.cell, CellCount()).rounds += 1


def _reviewed(record: Record) -> Iterator[tuple[list[str], bool]]:
    """Each passing verdict that was reviewed: its scopes, and whether the review overturned it."""
    verdicts = {entry.stage.round: entry for entry in record.all("verdict")}
    for review in record.all("review"):
        verdict = verdicts.get(review.stage.round)
        if verdict is None or verdict.outcome != "pass":
            continue
        kinds = [finding["kind"] for finding in review.handoff["findings"]]
        against = review.outcome == "request-changes"
        caught = not kinds or any(kind in CATCHABLE for kind in kinds)
        yield [check["scope"] for check in verdict.handoff["checks"]], against and caught


def _scopes_of(record: Record) -> list[str]:
    last = record.last("verdict")
    return [check["scope"] for check in last.handoff["checks"]] if last else []


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
