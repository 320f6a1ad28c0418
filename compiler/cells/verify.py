"""verify: the built commit, in a clean checkout, proven by the artifact's own scopes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from factoryline.cells.base import Job, Result
from factoryline.diagnostics import plural
from factoryline.learning import priors
from factoryline.plan.model import Selection
from factoryline.verification import selected
from factoryline.verification.proof import prove, sentences
from factoryline.verification.proof.prove import Case
from factoryline.verification.selected import Change


def run(job: Job) -> Result:
    change = job.handoff("change")
    checks, proof = _proven(job, job.artifact.verify, change["commit"])
    guards = priors.guard_results(job.priors, change["surfaces"])
    failed = [c for c in checks if c["outcome"] == "fail"]
    broken = [g for g in guards if g["outcome"] == "broken"]
    outcome = "fail" if failed or broken or prove.failures(proof) else "pass"
    return Result(
        outcome=outcome,
        summary=_summary(outcome, checks, guards, proof),
        handoff={
            "outcome": outcome,
            "commit": change["commit"],
            "tree": change["tree"],
            "checks": checks,
            "guards": guards,
            "proof": proof,
        },
    )


def _proven(
    job: Job, selections: Sequence[Selection], commit: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What every scope proves about a commit, and the proof that they are enough."""
    maps = job.ledger.maps
    change = Change(repository=job.repository, base=job.base, commit=commit, maps=maps)
    with checkout(job, commit) as place:
        checked = [selected.verify(one, change, place, job.scratch) for one in selections]
        case = Case(
            proof=job.artifact.proof,
            repository=job.repository,
            base=job.base,
            commit=commit,
            checked=checked,
            here=place,
            clean=lambda commit, name: checkout(job, commit, name),
            scratch=job.scratch,
        )
        return [one.check for one in checked], prove.prove(case)


@contextmanager
def checkout(job: Job, commit: str, name: str = "") -> Iterator[Path]:
    """A clean checkout of a commit, for the time of a block. `name` tells several apart."""
    place = job.ledger.work / "checkouts" / f"{job.artifact.name}{name}"
    try:
        yield job.repository.add_worktree(place, commit).path
    finally:
        job.repository.remove_worktree(place)


def _summary(
    outcome: str,
    checks: list[dict[str, Any]],
    guards: list[dict[str, Any]],
    proof: dict[str, Any],
) -> str:
    """Half a line: how much ran, and each thing that failed."""
    counted = [check["tests"] for check in checks if check["tests"]]
    known = [tests["known"] for tests in counted]
    of = f" of {sum(known)}" if counted and None not in known else ""
    ran = sum(tests["run"] for tests in counted)
    tests = f"{ran}{of} tests" if of else plural(ran, "test") if counted else "nothing counted"
    ran_in = f"{tests} in {plural(len(checks), 'scope')}"
    parts = [f"{outcome}: {', '.join([ran_in, *sentences.summary(proof)])}"]
    parts += [f"{c['scope']} {c['selection']['summary']}" for c in checks if c["selection"]]
    parts += [f"{c['scope']}: {c['reason']}" for c in checks if c["outcome"] == "fail"]
    parts += [
        f"{g['lines']} added lines on {g['surface']}, {g['prior']} allows {g['at_most']}"
        for g in guards
        if g["outcome"] == "broken"
    ]
    parts += prove.failures(proof)
    return "; ".join(parts)
