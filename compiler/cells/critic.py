"""critic: an agent judges the change against the goal, and may open the next round.

Its word proves nothing: after the rounds that it may open, a person who reviews decides.
"""

from __future__ import annotations

from dataclasses import replace

from factoryline.cells import agent
from factoryline.cells.base import Job, Result
from factoryline.diagnostics import plural


def run(job: Job) -> Result:
    result = agent.run(job)
    # What is no critique at all is sent back before its outcome counts.
    said = result.handoff or {}
    findings = said.get("findings")
    count = len(findings) if isinstance(findings, list) else 0
    objects = said.get("decision") == "object"
    word = "objects" if objects else "accepts"
    return replace(
        result,
        outcome="object" if objects else "accept",
        summary=f"{word}, {plural(count, 'finding')}" if count else word,
    )
