"""Which artifacts may be in progress: the work-in-progress limit, and who waits for whom."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from factoryline.diagnostics import listing
from factoryline.run.factory import Factory


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
    busy = ledger.in_progress() if busy is None else busy
    if name in busy or ledger.sealed(name):
        return None
    artifact = plan.artifact(name)
    assert artifact is not None, f"{name} is an artifact of the plan"
    unsealed = [other for other in artifact.after if not ledger.sealed(other)]
    if unsealed:
        return Queued(artifact=name, reason=f"it comes after {listing(unsealed)}")
    known = [other for other in busy if plan.artifact(other)]
    if len(known) >= plan.flow.wip:
        are = "is" if len(known) == 1 else "are"
        reason = f"{listing(known, limit=5)} {are} in progress (wip: {plan.flow.wip})"
        return Queued(artifact=name, reason=reason)
    return None
