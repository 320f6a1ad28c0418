"""What a cell is told, and what people read of what it handed on: templates and their values."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factoryline.cells import note, program
from factoryline.cells.base import Job
from factoryline.contracts.quote import line, printable
from factoryline.contracts.render import render
from factoryline.diagnostics import StageFailed
from factoryline.ledger.entry import Entry, Handoff
from factoryline.plan import builtin
from factoryline.plan.model import Cell, Contract, Selection, Template
from factoryline.run import bounds
from factoryline.system import files
from factoryline.verification import interpreter, site


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a cell is told. `cuts` says what had to be left out of it, a phrase each."""

    text: str = ""
    cuts: tuple[str, ...] = ()


def brief(job: Job, *, limit: int = bounds.LIMIT) -> Brief:
    """What the cell is told; empty for cells that are told nothing.

    Where something had to be left out, the whole brief lies beside the one that the cell gets.
    Raises StageFailed where even that does not make it fit.
    """
    prompt = _prompt(job)
    if prompt is None:
        return Brief()
    given = values(job)
    whole = job.scratch / "brief.whole.md"
    told, cuts = bounds.bounded(
        lambda values, cuts: printable(render(prompt, values) + _told(cuts, whole)),
        given,
        limit=limit,
    )
    if bounds.size(told) > limit:
        raise _too_long(job, told, given, limit)
    whole.unlink(missing_ok=True)
    if cuts:
        files.write_text(whole, printable(render(prompt, given)))
    return Brief(text=told, cuts=cuts)


def _prompt(job: Job) -> Template | None:
    """The template of the cell's brief; a short one of ours where its conversation goes on."""
    agent = job.cell.agent
    if job.cell.prompt and job.rejected and job.conversation and agent and agent.resume:
        return Template(name=builtin.REPAIR, text=builtin.template(builtin.REPAIR))
    return job.cell.prompt


def values(job: Job) -> dict[str, Any]:
    """All that the template of a brief can read; `plan/checks/templates.py` has their shapes."""
    artifact, agent = job.artifact, job.cell.agent
    return {
        "artifact": {
            "name": artifact.name,
            "goal": artifact.goal,
            "consumer": artifact.consumer,
            "source": artifact.source,
            "verify": [
                _verified(s, program.place(job, "handoff.json").parent) for s in artifact.verify
            ],
        },
        "cell": job.cell.name,
        "contract": job.cell.hands.name,
        "round": job.stage.round or 0,
        "touches": _touches(job.cell),
        "keep_out": list(job.protected),
        "priors": list(job.priors),
        "lessons": list(job.lessons),
        "feedback": job.feedback,
        "earlier": list(job.earlier),
        "rejected": list(job.rejected),
        "documents": _taken_documents(job),
        "patch": _patch(job),
        "record": _record(job),
        "schema": dict(job.cell.hands.schema),
        "handoff_in": agent.handoff if agent else "file",
        "handoff_path": str(program.place(job, "handoff.json")),
    }


def documents(job: Job, handoff: Handoff) -> dict[str, str]:
    """The hand-off for people, where its contract has a template for it."""
    contract = job.cell.hands
    if contract.template is None or job.cell.facts.renders:
        return {}
    values = {"handoff": handoff, "artifact": {"name": job.artifact.name}}
    return {f"{contract.name}.md": render(contract.template, values)}


def _told(cuts: tuple[str, ...], whole: Path) -> str:
    """The section that names what was cut; any brief that is too long gets it, whoever wrote its
    template."""
    if not cuts:
        return ""
    lines = "".join(f"- {cut}\n" for cut in cuts)
    return (
        "\n## What was cut from this brief\n\n"
        f"It was too long. […] marks where a text was cut; the whole is in {line(str(whole))}.\n\n"
        f"{lines}"
    )


def _too_long(job: Job, told: str, values: dict[str, Any], limit: int) -> StageFailed:
    fixed = {
        "the goal": bounds.size(job.artifact.goal),
        "the rules learned": bounds.weight(values["priors"]),
        "the contract's schema": len(json.dumps(values["schema"])),
    }
    largest = max(fixed, key=lambda name: fixed[name])
    return StageFailed(
        f"the brief of `{job.cell.name}` has {bounds.size(told):,} bytes, and {limit:,} is the "
        "most: what may be cut is cut already",
        span=job.cell.span,
        help=f"shorten {largest}, which has {fixed[largest]:,} bytes",
    )


def _verified(selection: Selection, outbox: Path) -> dict[str, Any]:
    """A scope as it will be run; the cell can run it too, with a report of its own."""
    scope = selection.scope
    words = {"tests": selection.chosen, "python": interpreter.of(scope)}
    words |= {name: str(outbox / f"{scope.name}.{name}") for name in ("report", "coverage")}
    argv = site.fill(scope.run, words)
    setting = [f"{name}={shlex.quote(value)}" for name, value in scope.env.items()]
    return {
        "scope": scope.name,
        "tests": list(selection.chosen),
        "select": selection.select,
        "command": " ".join([*setting, shlex.join(argv)]),
        "folder": scope.cwd,
    }


def _touches(cell: Cell) -> str:
    """`server (server/**), tests/**`: a surface's name tells nothing to who has not the file."""
    named = (f"{one.name} ({', '.join(one.globs)})" for one in cell.touches.surfaces)
    return ", ".join([*named, *cell.touches.globs]) or "nothing"


def _patch(job: Job) -> str:
    """What the change that a cell takes differs in from the base, for reading."""
    taken = job.taken.get("change")
    if taken is None:
        return ""
    return job.repository.readable_patch(taken.handoff["base"], taken.handoff["commit"])


def _record(job: Job) -> str:
    """What a cell that takes every hand-off has to judge: the facts of the run, as JSON."""
    if not job.cell.facts.whole:
        return ""
    return json.dumps(note.judged(job), indent=1, ensure_ascii=False)


def _taken_documents(job: Job) -> list[dict[str, str]]:
    """What the cell takes, rendered for its brief: as its template says, or as it is."""
    return [
        {"contract": contract.name, "stage": entry.stage.id, **_document(job, contract, entry)}
        for contract in job.cell.takes
        if (entry := job.taken.get(contract.name))
    ]


def _document(job: Job, contract: Contract, entry: Entry) -> dict[str, str]:
    if contract.name == "packet":
        return {"language": "markdown", "text": entry.handoff["body"]}
    # A note's template reads more than the hand-off.
    if contract.template is None or contract.name == "note":
        text = json.dumps(entry.handoff, indent=2, ensure_ascii=False)
        return {"language": "json", "text": text}
    values = {"handoff": entry.handoff, "artifact": {"name": job.artifact.name}}
    return {"language": "markdown", "text": render(contract.template, values)}
