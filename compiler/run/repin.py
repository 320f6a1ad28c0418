"""Undo what the first stage of an artifact fixed, so that its next run fixes it anew."""

from __future__ import annotations

from dataclasses import replace

from factoryline.ledger.query import Record
from factoryline.plan.kinds import KINDS
from factoryline.run.factory import Factory
from factoryline.system import files


def repin(factory: Factory, record: Record, *, reason: str) -> None:
    """Let an artifact start from the base as it is now. What closed it, if anything, is undone."""
    ledger = factory.ledger
    for entry in record.entries:
        if KINDS[entry.kind].closes:
            ledger.forget(entry.stage, reason=reason)
    first, *others = record.entries
    unpinned = replace(first, pins={**first.pins, "base": None})
    files.write_json(ledger.entry_path(first.stage), unpinned.to_json())
    kept = [entry for entry in others if not KINDS[entry.kind].closes]
    ledger.assemble(record.artifact, [unpinned, *kept])
