"""agent: a coding agent does the work, from a brief, without a person.

Its exit code, its flags and its last words are read, and believed only where they say that
something went wrong. That the work is done is for git, the contract and the tests to say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from factoryline.cells import isolation, metering, preflight, program, reading
from factoryline.cells.base import Job, Result
from factoryline.cells.reading import Meaning, Said
from factoryline.diagnostics import Paused, StageFailed, listing
from factoryline.ledger.cost import Cost, by_report
from factoryline.plan.model import Agent
from factoryline.system import files, process


def run(job: Job) -> Result:
    agent = _agent(job)
    again = job.conversation if job.rejected and agent.resume else None
    with metering.counting(job, agent, endpoint(agent)) as count:
        words = _words(job, agent, count.address)
        if again:
            words["session"] = again.session
        home = job.scratch / "home" if agent.home == "private" else None
        if home:
            isolation.make_home(agent, home, words, afresh=not again)
        for place in agent.reads.files.values():
            # The program would write on where the attempt before this one ended.
            Path(process.fill(place, words)).unlink(missing_ok=True)
        argv = agent.resume if again else agent.command
        env = isolation.environment(agent, home) | _own_environment(agent, words) | count.env
        stdin = job.brief if agent.brief == "stdin" else ""
        done = program.run(job, argv, words, env=env, stdin=stdin)
    said = reading.said(agent, done, words, before=again)
    cost = metering.cost(count, _cost(job, said))
    found = reading.meaning(agent, done, said, datetime.now(UTC))
    found = metering.meaning(count, found, spoke=done.code == 0)
    if found:
        failure = _failure(job, agent, done, found)
        failure.cost = cost
        raise failure
    value, trouble = _handoff(job, agent, said)
    session = said.session or (again.session if again else "")
    return Result(
        handoff=value,
        trouble=trouble,
        refused=said.denied,
        conversation=replace(said.total, session=session) if session else None,
        cost=cost,
        by=_name(agent),
    )


def _agent(job: Job) -> Agent:
    assert job.cell.agent is not None, "the schema asks for an agent"
    return job.cell.agent


def _words(job: Job, agent: Agent, address: str) -> dict[str, str]:
    cache = job.ledger.work / "agents" / agent.profile
    files.make_folder(cache)
    return program.words(job) | {
        "prompt": job.brief,
        "cache": str(cache),
        "model": agent.model or "",
        "endpoint": address,
    }


def endpoint(agent: Agent) -> str:
    """The provider's address: the user's environment, factory.yaml, or the program's own."""
    place = agent.endpoint
    return os.environ.get(place.variable, "") or place.url or place.upstream


def _own_environment(agent: Agent, words: Mapping[str, str]) -> dict[str, str]:
    env = {name: process.fill(value, words) for name, value in agent.env.items()}
    place = agent.endpoint
    if place.variable and words["endpoint"] != place.upstream:
        env[place.variable] = words["endpoint"]
    return env


def _handoff(job: Job, agent: Agent, said: Said) -> tuple[Mapping[str, Any] | None, str]:
    value, trouble = program.handoff(job)
    if not trouble or program.place(job, "handoff.json").exists():
        return value, trouble
    # A program that may write no such file can still say it; the contract judges both alike.
    spoken = reading.answer(said.message)
    if spoken is not None:
        return spoken, ""
    if agent.handoff == "message":
        return None, "did not end its last message with a hand-off in JSON"
    return None, trouble


def _cost(job: Job, said: Said) -> Cost:
    if said.usage is None and said.usd is None:
        return program.cost(job)
    return by_report(said.usage, said.usd, _agent(job).model)


def _failure(job: Job, agent: Agent, done: process.Completed, found: Meaning) -> StageFailed:
    name, program_name = job.cell.name, agent.profile
    if program_name == "custom":
        program_name = agent.name
    detail = found.words[-program.REASON_CHARACTERS :]
    if found.kind == "quota":
        return Paused(
            f"`{name}`: the provider of {program_name} takes no more requests for now",
            span=job.cell.span,
            help=program.where(job),
            detail=detail,
            until=found.until,
        )
    said = {
        "auth": f"`{name}`: the provider of {program_name} does not take its credentials",
        "unavailable": f"`{name}`: the provider of {program_name} does not answer as it should",
    }
    helps = {
        "auth": f"look at {listing(agent.credentials, last='or') or 'its credentials'}; "
        f"{program.where(job)}",
    }
    how = f"`{name}` ended with exit code {done.code}"
    if done.code == 0:
        how = f"`{name}` ended with exit code 0 and says that it failed"
    return StageFailed(
        said.get(found.kind, how),
        span=job.cell.span,
        help=helps.get(found.kind, program.where(job)),
        detail=detail,
    )


def _name(agent: Agent) -> str:
    if agent.profile == "custom":
        return agent.command[0]
    return " ".join(filter(None, (agent.profile, preflight.version(agent))))
