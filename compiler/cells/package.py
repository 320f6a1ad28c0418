"""package: the packet for review, rendered from the ledger. Here, and only here, the line branches:
what a packet carries in addition depends on the surfaces that the change touches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from factoryline.cells import hosted
from factoryline.cells.base import Job, Result
from factoryline.contracts.render import render
from factoryline.diagnostics import plural
from factoryline.ledger.entry import Entry
from factoryline.plan.model import Variant
from factoryline.system import files
from factoryline.verification.sentence import sentence


def run(job: Job) -> Result:
    change, verdict = job.handoff("change"), job.handoff("verdict")
    variants = [v for v in job.cell.variants if _touched(v, change["surfaces"])]
    template = job.cell.template or job.cell.hands.template
    assert template is not None, "the packet's contract comes with a template"
    checklist = [item for variant in variants for item in variant.checklist]
    verified = sentence(verdict, job.taken["verdict"].run.grounds)
    values = {
        "artifact": _facts(job),
        "change": change,
        "verdict": verdict,
        "verified": verified,
        "memo": job.taken["memo"].handoff if "memo" in job.taken else None,
        "round": job.stage.round,
        "rework": job.record.opened("rework"),
        "checklist": checklist,
        "sections": [],
        "record": record_of(job.taken.values()),
    }
    bodies = [render(v.body, values) for v in variants if v.body]
    if "critique" in job.taken:
        critique = job.taken["critique"]
        said = next(c for c in job.cell.takes if c.name == "critique").template
        assert said is not None, "the critique's contract comes with a template"
        about = {"artifact": {"name": job.artifact.name}}
        bodies.append(render(said, {"handoff": critique.handoff, **about}))
    body = render(template, values | {"sections": bodies})
    patches = [entry.handoff["patch"] for entry in job.record.all("change")]
    packet = {
        "title": job.artifact.title,
        "body": body,
        "branch": change["branch"],
        "base": change["base"],
        "commit": change["commit"],
        "verdict": job.taken["verdict"].digest,
        "patches": _since_base(job, patches),
        "labels": [label for variant in variants for label in variant.labels],
        "checklist": checklist,
        "surfaces": change["surfaces"],
    }
    summary = f"{change['branch']}, {plural(len(packet['patches']), 'patch', 'patches')}"
    if job.plan.forge:
        passed = job.taken["verdict"].outcome == "pass"
        pull, refused = hosted.post(job, packet, passed=passed, said=verified)
        packet["pull"] = {"number": pull.number, "address": pull.address}
        summary += f", {pull.address}"
        summary += f" ({'; '.join(refused)})" if refused else ""
    return Result(handoff=packet, summary=summary, documents={"packet.md": body})


def record_of(entries: Iterable[Entry]) -> str:
    """The digest of the record that a packet is rendered from; its text carries it."""
    return files.digest_json({entry.stage.id: entry.digest for entry in entries})


def disagrees(packet: Entry, entries: Iterable[Entry]) -> bool:
    """Whether a packet's text names another record than these entries, on its artifact's way."""
    named = _RECORD.search(packet.handoff["body"])
    taken = [one for one in entries if f"handoff.{one.stage.id}" in packet.inputs]
    return named is not None and named[1] != record_of(taken)


_RECORD = re.compile("Rendered from the record `(sha256:[0-9a-f]{64})`")


def _touched(variant: Variant, surfaces: dict[str, dict[str, int]]) -> bool:
    lines = surfaces.get(variant.surface.name, {"added": 0, "removed": 0})
    return lines["added"] + lines["removed"] > 0


def _since_base(job: Job, patches: list[str]) -> list[str]:
    """The patches since the base last moved: a conflict starts the series anew."""
    changes = [entry.handoff for entry in job.record.all("change")]
    base = job.handoff("change")["base"]
    start = max(i for i, change in enumerate(changes) if change["parent"] == base)
    return patches[start:]


def _facts(job: Job) -> dict[str, str]:
    artifact = job.artifact
    return {
        "name": artifact.name,
        "title": artifact.title,
        "goal": artifact.goal,
        "consumer": artifact.consumer,
        "source": artifact.source,
    }
