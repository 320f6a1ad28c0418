"""What may go on: the work-in-progress limit, who waits for whom, pauses and budgets."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from factoryline.diagnostics import listing
from factoryline.ledger.query import Record
from factoryline.plan.rounds import Stage
from factoryline.run import budget, pause
from factoryline.run.budget import Exhausted
from factoryline.run.factory import Factory
from factoryline.run.pause import Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """An artifact that may not start yet, and why."""

    artifact: str
    reason: str


def queued(factory: Factory, name: str, busy: Set[str] | None = None) -> Queued | None:
    """Why an artifact has to wait before its first stage; None when it may go on.

    `busy` are the artifacts in progress, if the caller knows them.
    """
    plan, ledger = factory.plan, factory.ledger
    if ledger.sealed(name):
        return None
    if ledger.begun(name) if busy is None else name in busy:
        return _beside(factory, name)
    busy = ledger.in_progress() if busy is None else busy
    artifact = plan.artifact(name)
    assert artifact is not None, f"{name} is an artifact of the plan"
    unsealed = [other for other in artifact.after if not ledger.sealed(other)]
    if unsealed:
        return Queued(artifact=name, reason=f"it comes after {listing(unsealed)}")
    known = [other for other in busy if plan.artifact(other)]
    if len(known) >= plan.flow.wip:
        are = "is" if len(known) == 1 else "are"
        reason = f"{listing(sorted(known), limit=5)} {are} in progress (wip: {plan.flow.wip})"
        return Queued(artifact=name, reason=reason)
    return None


def held_beside(factory: Factory, name: str) -> bool:
    """Whether an artifact in progress may be waiting for another one: it has a memo, no change."""
    return factory.plan.flow.wip > 1 and _unbuilt(factory.record(name))


def _unbuilt(record: Record) -> bool:
    return record.last("memo") is not None and not record.all("change")


def _beside(factory: Factory, name: str) -> Queued | None:
    """Two artifacts whose memos name the same files are not built side by side.

    The one that comes first on the line goes first, and so does one that has a change already.
    """
    if factory.plan.flow.wip == 1 or not _unbuilt(this := factory.record(name)):
        return None
    order = [artifact.name for artifact in factory.plan.artifacts]
    own = _named(this)
    for other in sorted(factory.ledger.in_progress() - {name} & set(order), key=order.index):
        record = factory.record(other)
        shared = sorted(own & _named(record))
        if shared and (order.index(other) < order.index(name) or record.all("change")):
            files = listing((f"`{path}`" for path in shared), limit=3)
            return Queued(artifact=name, reason=f"its memo and that of {other} name {files}")
    return None


def _named(record: Record) -> Set[str]:
    """The files that a memo names."""
    memo = record.last("memo")
    return {file["path"] for file in memo.handoff["files"]} if memo else frozenset()


def resting(factory: Factory, stage: Stage) -> Pause | None:
    """Why a stage has to wait for a time to come: a provider's, or that of the next day's budget.

    None when it need not wait, or when time alone does not help.
    """
    if not factory.plan.cell(stage.cell).facts.spends:
        return None
    asked = pause.pause(factory, stage)
    empty = None if asked else budget.exhausted(factory, stage)
    if empty and empty.until:
        return Pause(stage=stage.id, until=empty.until, reason=empty.reason)
    return asked


def spent_up(factory: Factory, stage: Stage) -> Exhausted | None:
    """The budget that has nothing left for a stage and will not fill by itself."""
    empty = budget.exhausted(factory, stage)
    return empty if empty and empty.until is None else None
