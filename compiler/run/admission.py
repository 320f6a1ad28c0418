"""Which artifacts may be in progress: the work-in-progress limit, and who waits for whom."""

from __future__ import annotations

from dataclasses import dataclass

from factoryline.diagnostics import listing
from factoryline.run.factory import Factory


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """An artifact that may not start yet, and why."""

    artifact: str
    reason: str


def queued(factory: Factory, name: str) -> Queued | None:
    """Why an artifact has to wait before its first stage; None when it may go on."""
    plan, ledger = factory.plan, factory.ledger
    artifact = plan.artifact(name)
    assert artifact is not None, f"{name} is an artifact of the plan"
    busy = ledger.in_progress()
    if name in busy:
        return None
    unsealed = [other for other in artifact.after if not ledger.sealed(other)]
    if unsealed:
        return Queued(artifact=name, reason=f"it comes after {listing(unsealed)}")
    known = [other for other in busy if plan.artifact(other)]
    if len(known) >= plan.flow.wip:
        are = "is" if len(known) == 1 else "are"
        reason = f"{listing(known, limit=5)} {are} in progress (wip: {plan.flow.wip})"
        return Queued(artifact=name, reason=reason)
    return None
