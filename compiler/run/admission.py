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
    plan = factory.plan
    record = factory.record(name)
    artifact = plan.artifact(name)
    assert artifact is not None, f"{name} is an artifact of the plan"
    if record.begun:
        return None
    unsealed = [other for other in artifact.after if not factory.record(other).sealed]
    if unsealed:
        return Queued(artifact=name, reason=f"it comes after {listing(unsealed)}")
    others = (other.name for other in plan.artifacts if other.name != name)
    records = map(factory.record, others)
    busy = [other.artifact for other in records if other.begun and not other.sealed]
    if len(busy) >= plan.flow.wip:
        are = "is" if len(busy) == 1 else "are"
        reason = f"{listing(busy)} {are} in progress (wip: {plan.flow.wip})"
        return Queued(artifact=name, reason=reason)
    return None
