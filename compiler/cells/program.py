"""Running a program as a cell: what goes in, what comes out. Shared by `command` and `agent`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from factoryline.cells.base import Job, Result
from factoryline.diagnostics import StageFailed
from factoryline.errors import ProgramMissing
from factoryline.ledger.entry import UNKNOWN, Cost
from factoryline.system import files, process

REASON_CHARACTERS = 2000


def run(job: Job, argv: Sequence[str], *, env: Mapping[str, str], stdin: str = "") -> Result:
    """Run a program in the work tree and read its hand-off. Raises StageFailed.

    `{home}` in its arguments is the folder of factory.yaml, `{worktree}` the work tree.

    The program finds the brief at FACTORY_BRIEF and leaves its hand-off at FACTORY_HANDOFF. What it
    cost may be left at FACTORY_COST as `{"usd": 0.12, "tokens": 3400}`; otherwise it is unknown.
    """
    brief, handoff, cost = (
        job.scratch / name for name in ("brief.md", "handoff.json", "cost.json")
    )
    files.write_text(brief, job.brief)
    for path in (handoff, cost):
        path.unlink(missing_ok=True)
    words = {
        "brief": str(brief),
        "handoff": str(handoff),
        "worktree": str(job.tree.path),
        "home": str(job.plan.home),
        "model": (job.cell.agent.model if job.cell.agent else None) or "",
    }
    surroundings = {
        "FACTORY_BRIEF": str(brief),
        "FACTORY_HANDOFF": str(handoff),
        "FACTORY_COST": str(cost),
        "FACTORY_ARTIFACT": job.artifact.name,
        "FACTORY_STAGE": job.stage.id,
        "FACTORY_ROUND": str(job.stage.round or 0),
        "FACTORY_WORKTREE": str(job.tree.path),
    }
    try:
        done = process.run(
            [process.fill(part, words) for part in argv],
            cwd=job.tree.path,
            env={**os.environ, **surroundings, **env},
            stdin=stdin.encode(),
            timeout=job.cell.timeout,
            log=job.scratch / "program",
        )
    except ProgramMissing as missing:
        raise StageFailed(
            f"`{job.cell.name}` needs `{missing.program}`, which was not found",
            span=job.cell.span,
            help=missing.help,
        ) from missing
    _check_end(job, done)
    value, trouble = _handoff(job, handoff.read_bytes() if handoff.exists() else None)
    return Result(
        handoff=value,
        trouble=trouble,
        cost=_cost(cost.read_bytes()) if cost.exists() else UNKNOWN,
        by=argv[0],
    )


def _check_end(job: Job, done: process.Completed) -> None:
    log = f"the whole output: {job.scratch / 'program'}.out and .err"
    if done.timed_out:
        raise StageFailed(
            f"`{job.cell.name}` ran longer than {job.cell.timeout:g} s and was ended",
            span=job.cell.span,
            help=f"give it a longer `timeout`; {log}",
        )
    if done.code != 0:
        end = (done.err.strip() or done.out.strip())[-REASON_CHARACTERS:]
        raise StageFailed(
            f"`{job.cell.name}` ended with exit code {done.code}",
            span=job.cell.span,
            help=log,
            detail=end,
        )


def _handoff(job: Job, data: bytes | None) -> tuple[Mapping[str, Any] | None, str]:
    """The program's hand-off, or what it did instead."""
    if job.cell.hands.name == "change":
        return None, ""
    if data is None:
        return None, "left no hand-off at FACTORY_HANDOFF"
    try:
        value = json.loads(data)
    except ValueError as error:
        return None, f"left a hand-off that is no JSON: {error}"
    if not isinstance(value, dict):
        return None, "left a hand-off that is no JSON mapping"
    return value, ""


def _cost(data: bytes) -> Cost:
    try:
        value = json.loads(data)
        usd, tokens = value.get("usd"), value.get("tokens")
    except (ValueError, AttributeError):
        return UNKNOWN
    return Cost(
        usd=float(usd) if isinstance(usd, (int, float)) else None,
        tokens=tokens if isinstance(tokens, int) else None,
    )
