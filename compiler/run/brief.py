"""What a cell is told, and what people read of what it handed on: templates and their values."""

from __future__ import annotations

from factoryline.cells import program
from factoryline.cells.base import Job
from factoryline.contracts.render import render
from factoryline.ledger.entry import Handoff


def brief(job: Job) -> str:
    """What the cell is told; empty for cells that are told nothing."""
    if job.cell.prompt is None:
        return ""
    artifact = job.artifact
    return render(
        job.cell.prompt,
        {
            "artifact": {
                "name": artifact.name,
                "goal": artifact.goal,
                "consumer": artifact.consumer,
                "source": artifact.source,
                "verify": [
                    {"scope": s.scope.name, "tests": list(s.chosen)} for s in artifact.verify
                ],
            },
            "cell": job.cell.name,
            "touches": str(job.cell.touches),
            "priors": list(job.priors),
            "lessons": list(job.lessons),
            "feedback": job.feedback,
            "rejected": list(job.rejected),
            "documents": _taken_documents(job),
            "schema": dict(job.cell.hands.schema),
            "handoff_path": str(program.place(job, "handoff.json")),
        },
    )


def documents(job: Job, handoff: Handoff) -> dict[str, str]:
    """The hand-off for people, where its contract has a template for it."""
    contract = job.cell.hands
    # Packets and notes are rendered by their cells, which know more than the hand-off.
    if contract.template is None or job.cell.kind in ("package", "note"):
        return {}
    values = {"handoff": handoff, "artifact": {"name": job.artifact.name}}
    return {f"{contract.name}.md": render(contract.template, values)}


def _taken_documents(job: Job) -> list[str]:
    """What the cell takes, rendered for its brief."""
    rendered = []
    for contract in job.cell.takes:
        entry = job.taken.get(contract.name)
        if entry and contract.template and contract.name not in ("packet", "note"):
            values = {"handoff": entry.handoff, "artifact": {"name": job.artifact.name}}
            rendered.append(render(contract.template, values))
    return rendered
