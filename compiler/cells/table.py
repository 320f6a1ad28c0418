"""Every kind of cell, one line each."""

from __future__ import annotations

from factoryline.cells.base import Kind
from factoryline.openset import OpenSet

CELLS = OpenSet[Kind](
    {
        "agent": "factoryline.cells.agent",
        "command": "factoryline.cells.command",
        "adopt": "factoryline.cells.adopt",
        "scout": "factoryline.cells.scout",
        "verify": "factoryline.cells.verify",
        "package": "factoryline.cells.package",
        "review": "factoryline.cells.review",
        "critic": "factoryline.cells.critic",
        "analyst": "factoryline.cells.analyst",
        "merge": "factoryline.cells.merge",
        "note": "factoryline.cells.note",
    }
)
