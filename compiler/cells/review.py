"""review: a person's judgement, bound to the commit and the verdict that it saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factoryline.cells import hosted
from factoryline.cells.base import Asked, Job, Result, Waiting
from factoryline.diagnostics import SpecError, StageFailed, plural
from factoryline.forge import judge, looks
from factoryline.learning import priors
from factoryline.plan.digest import Input
from factoryline.plan.model import Source
from factoryline.spec import schema
from factoryline.spec.include import parse
from factoryline.system import files


def run(job: Job) -> Result | Waiting:
    given = len(job.record.all("review"))
    recorded = job.artifact.reviews if job.cell.source == "recorded" else ()
    if given < len(recorded):
        return answer(job, read_recorded(job, recorded[given]))
    if job.plan.forge and job.handoff("packet").get("pull"):
        return _asked(job)
    name = job.artifact.name
    return Waiting(
        reason=f"round {job.stage.round or 1} waits for a review",
        command=f"factory review {name} --approve, or --request-changes --finding '…'",
    )


def _asked(job: Job) -> Result | Waiting:
    """What people said on the forge."""
    packet = job.handoff("packet")
    found = judge.judged(hosted.look(job, packet), packet["commit"])
    if isinstance(found, judge.Open):
        looks.keep(job.ledger, job.stage, found.why)
        return Waiting(reason=found.why, command=packet["pull"]["address"])
    return answer(job, found.value)


def consumed(asked: Asked) -> dict[str, Input]:
    """The recorded review that is next, if it comes from a file."""
    given = sum(entry.contract == "review" for entry in asked.before)
    recorded = asked.artifact.reviews if asked.cell.source == "recorded" else ()
    if given >= len(recorded):
        return {}
    path = asked.plan.home / recorded[given].name
    data = path.read_bytes() if path.is_file() else b""
    return {f"review.{recorded[given].name}": Input(digest=files.digest_bytes(data))}


def answer(job: Job, review: Mapping[str, Any]) -> Result:
    """A review as the ledger keeps it: what was decided, and what was seen."""
    packet = job.handoff("packet")
    findings = list(review.get("findings") or [])
    other = priors.taken(job.ledger, job.artifact.name, findings)
    if other:
        source = other["source"]
        raise StageFailed(
            f"the prior `{other['id']}` is there already, from {source['artifact']}/"
            f"{source['stage']}, and says something else",
            span=job.artifact.span,
            help=f"name this one differently, or edit state/priors/{other['id']}.json",
        )
    decision = review["decision"]
    word = "approved" if decision == "approve" else "changes requested"
    said = f", {plural(len(findings), 'finding')}" if findings else ""
    return Result(
        outcome=decision,
        summary=f"{word} by {review['by']}{said}",
        by=review["by"],
        handoff={
            "decision": decision,
            "by": review["by"],
            "summary": review.get("summary") or "",
            "findings": findings,
            "commit": packet["commit"],
            "verdict": packet["verdict"],
        },
    )


def read_recorded(job: Job, source: Source) -> Mapping[str, Any]:
    """A recorded review. Raises SpecError with the places in the review's own file."""
    root, problems = parse(job.plan.home, source.name)
    problems = problems or schema.diagnose(root, schema.builtin("recorded-review"))
    if problems:
        raise SpecError(problems, root=job.plan.home)
    value = root.plain()
    assert isinstance(value, dict), "the schema asks for a mapping"
    return value
