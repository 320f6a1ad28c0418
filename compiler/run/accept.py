"""Re-key an entry after an edit that cannot matter: the record stays, and says so."""

from __future__ import annotations

from dataclasses import replace

from factoryline.errors import UserError
from factoryline.run.factory import Factory
from factoryline.run.freshness import compare, inputs, standing, surroundings
from factoryline.typed import typed


def accept(factory: Factory, name: str, stage_id: str, *, why: str) -> tuple[str, ...]:
    """Make the entry of a stale stage true again without a run. Returns what it was stale for.

    Raises UserError for a stage that is fresh, sealed, not run, or not the first that is stale.
    """
    if factory.ledger.sealed(name):
        raise UserError(
            f"{name} is sealed; nothing of it is stale",
            help=f"factory reopen {name} --why … takes it up again",
        )
    artifact = factory.plan.artifact(name)
    assert artifact is not None, "the caller knows that there is one"
    where = standing(factory, name)
    if any(entry.stage.id == stage_id for entry in where.record.entries):
        raise UserError(f"{name}/{stage_id} is fresh", help="there is nothing to accept")
    record = factory.record(name)
    entry = next((e for e in record.entries if e.stage.id == stage_id), None)
    if entry is None:
        raise UserError(
            f"{name}/{stage_id} has no entry to accept",
            help=f"{typed(f'{name}:{stage_id}')} runs it",
        )
    step = where.record.way.next
    if step is None or step.id != stage_id:
        raise UserError(
            f"{step} is stale and comes before it",
            help=f"run or accept that first: factory accept {step} --why …",
        )
    before = where.record.entries
    around = surroundings(factory, artifact, step, before, factory.ledger.entry(step))
    now = inputs(factory, artifact, step, before, around)
    reasons = tuple(compare(entry.inputs, now, factory.plan.cell(step.cell, step.artifact)))
    history = factory.ledger.history(name)
    history.append("accepted", stage_id, why=why, reasons=reasons)
    factory.ledger.write(replace(entry, inputs=now), before)
    return reasons
