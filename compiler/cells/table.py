"""Every kind of cell, one line each."""

from __future__ import annotations

from collections.abc import Mapping

from factoryline.cells import (
    adopt,
    agent,
    analyst,
    command,
    critic,
    merge,
    note,
    package,
    review,
    scout,
    verify,
)
from factoryline.cells.base import Run

CELLS: Mapping[str, Run] = {
    "agent": agent.run,
    "command": command.run,
    "adopt": adopt.run,
    "scout": scout.run,
    "verify": verify.run,
    "package": package.run,
    "review": review.run,
    "critic": critic.run,
    "analyst": analyst.run,
    "merge": merge.run,
    "note": note.run,
}
