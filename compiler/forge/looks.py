"""What a look at the forge came to, kept so that a status can say it without asking again.

A cache: without it the sentence is shorter, and nothing else differs.
"""

from __future__ import annotations

import json
from pathlib import Path

from factoryline.ledger.store import Ledger
from factoryline.plan.rounds import Stage
from factoryline.system import files


def keep(ledger: Ledger, stage: Stage, why: str) -> None:
    place = _place(ledger, stage)
    files.make_folder(place.parent)
    files.replace_quickly(place, json.dumps({"stage": stage.id, "why": why}).encode())


def last(ledger: Ledger, stage: Stage) -> str:
    """Why nothing was decided when it was looked at last; empty where it was not."""
    try:
        value = json.loads(_place(ledger, stage).read_bytes())
        return str(value["why"]) if value["stage"] == stage.id else ""
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _place(ledger: Ledger, stage: Stage) -> Path:
    return ledger.work / "looks" / f"{stage.artifact}.json"
