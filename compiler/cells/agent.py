"""agent: a coding agent does the work, from a brief, without a person."""

from __future__ import annotations

from factoryline.cells import program
from factoryline.cells.base import Job, Result


def run(job: Job) -> Result:
    agent = job.cell.agent
    assert agent is not None, "the schema asks for an agent"
    stdin = job.brief if agent.brief == "stdin" else ""
    return program.run(job, agent.command, env=agent.env, stdin=stdin)
