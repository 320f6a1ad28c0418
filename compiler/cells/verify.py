"""verify: the built commit, in a clean checkout, proven by the artifact's own scopes."""

from __future__ import annotations

from typing import Any

from factoryline.cells.base import Job, Result
from factoryline.diagnostics import plural
from factoryline.learning import priors
from factoryline.verification import scopes


def run(job: Job) -> Result:
    change = job.handoff("change")
    place = job.ledger.work / "checkouts" / job.artifact.name
    checkout = job.repository.add_worktree(place, change["commit"])
    try:
        checks = [scopes.verify(s, checkout.path, job.scratch) for s in job.artifact.verify]
    finally:
        job.repository.remove_worktree(place)
    guards = priors.guard_results(job.priors, change["surfaces"])
    failed = [c for c in checks if c["outcome"] == "fail"]
    broken = [g for g in guards if g["outcome"] == "broken"]
    outcome = "fail" if failed or broken else "pass"
    return Result(
        outcome=outcome,
        summary=_summary(outcome, checks, guards),
        handoff={
            "outcome": outcome,
            "commit": change["commit"],
            "tree": change["tree"],
            "checks": checks,
            "guards": guards,
        },
    )


def _summary(outcome: str, checks: list[dict[str, Any]], guards: list[dict[str, Any]]) -> str:
    """Half a line: how much ran, and each thing that failed."""
    counted = [check["tests"] for check in checks if check["tests"]]
    known = [tests["known"] for tests in counted]
    of = f" of {sum(known)}" if counted and None not in known else ""
    ran = sum(tests["run"] for tests in counted)
    tests = f"{ran}{of} tests" if of else plural(ran, "test") if counted else "nothing counted"
    parts = [f"{outcome}: {tests} in {plural(len(checks), 'scope')}"]
    parts += [f"{c['scope']}: {c['reason']}" for c in checks if c["outcome"] == "fail"]
    parts += [
        f"{g['lines']} added lines on {g['surface']}, {g['prior']} allows {g['at_most']}"
        for g in guards
        if g["outcome"] == "broken"
    ]
    return "; ".join(parts)
