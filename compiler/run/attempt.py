"""Attempts of a stage: its cell works until its delivery holds, or its repairs are used up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from factoryline.cells import metering, preflight
from factoryline.cells.base import Job, Result, Waiting
from factoryline.cells.table import CELLS
from factoryline.contracts import change, outside
from factoryline.contracts.base import Breach, Delivery, Effect
from factoryline.contracts.table import breaches
from factoryline.diagnostics import StageFailed, listing
from factoryline.ledger import prices, spending
from factoryline.ledger.cost import FREE, UNKNOWN, Cost
from factoryline.ledger.history import History
from factoryline.plan.builtin import MADE_BY_GIT
from factoryline.run import budget, effects, workspace
from factoryline.run.brief import brief
from factoryline.run.factory import Factory
from factoryline.system import files, logs, process, secrets


def attempt(factory: Factory, job: Job) -> Result | Waiting:
    """Let the cell work until its delivery holds, or its repairs are used up."""
    history = factory.ledger.history(job.artifact.name)
    if job.cell.facts.spends:
        preflight.need(job.plan)
        _note_killed(job, history)
    for repair in range(job.cell.repairs + 1):
        began = time.monotonic()
        if job.cell.facts.spends:
            budget.need(factory, job.stage)
            history.append("started", job.stage.id, repair=repair or None, cut=list(job.cuts))
        job = replace(job, log=logs.next_attempt(job.scratch.parent, job.stage.id))
        work = partial(_work, factory)
        spends = job.cell.facts.spends
        result, found = effects.watched(factory, job, work) if spends else (_run(job), ())
        if process.leaving():
            # Its program was ended with the run: what it left says nothing.
            raise SystemExit
        if isinstance(result, Waiting):
            return result
        broken = check(job, result, found)
        if not broken:
            return _delivered(factory, job, result)
        reasons = tuple(breach.message for breach in broken)
        history.append(
            "rejected",
            job.stage.id,
            reasons=reasons,
            handoff=result.handoff,
            seconds=round(time.monotonic() - began, 3),
            cost=result.cost.to_json(),
        )
        _put_back(factory, job)
        if repair == job.cell.repairs:
            raise _failure(broken)
        job = briefed(replace(job, rejected=reasons, conversation=result.conversation))
    raise AssertionError("the loop ends in a return or a failure")


class Rejected(StageFailed):
    """A delivery that broke its contract once too often; each one is in the history already."""


def briefed(job: Job) -> Job:
    told = brief(job)
    return replace(job, brief=told.text, cuts=told.cuts)


def check(job: Job, result: Result, found: tuple[Effect, ...] = ()) -> tuple[Breach, ...]:
    """What is wrong with a cell's work; `found` is what its program did beyond it."""
    if result.trouble:
        message = f"`{job.cell.name}` {result.trouble}{_refused(result)}"
        first = Breach(message=message, span=job.cell.span, help=f"{job.log}.out")
        return (first, *outside.breaches(job.cell, found))
    edited = workspace.edits(job.tree, job.start) if job.cell.facts.in_tree else ()
    delivery = Delivery(
        plan=job.plan,
        cell=job.cell,
        edits=edited,
        handoff=result.handoff,
        protected=job.protected,
        added=workspace.added(job.tree, job.start) if edited else (),
        effects=found,
    )
    broken = breaches(delivery)
    if broken and result.refused:
        # What it was not allowed to do is most often why the work is not what it should be.
        first = replace(broken[0], message=broken[0].message + _refused(result))
        return (first, *broken[1:])
    return broken


def deliver(factory: Factory, job: Job, result: Result) -> Result:
    """A checked result with its hand-off: for a change, the commit and what git says of it."""
    if job.cell.hands.name != "change":
        return result
    previous = factory.ledger.entry(job.stage)
    message = result.message or f"{job.artifact.name}: round {job.stage.round or 1}\n"
    commit, author = change.commit_round(
        job.tree,
        parent=job.start,
        message=message,
        author=result.author,
        previous=previous.handoff if previous and previous.contract == "change" else None,
    )
    patch = factory.ledger.document_path(job.stage, "change.patch")
    files.write_durable(patch, job.repository.patch(job.start, commit))
    branch = factory.branch(job.artifact.name)
    workspace.move(job.tree, branch, commit)
    handoff = change.handoff(
        job.plan,
        job.repository,
        commit=commit,
        parent=job.start,
        base=job.base,
        branch=branch,
        author=author,
        message=message,
        patch=patch.name,
    )
    summary = f"{commit[:10]}: {change.in_lines(handoff['round']) or 'no line counted'}"
    return replace(result, handoff=handoff, summary=summary)


def _note_killed(job: Job, history: History) -> None:
    """Put an end to an attempt that a kill of the factory cut short; only one run has the lock."""
    if began := spending.cut_short(history.events(), job.stage.id):
        agent = job.cell.agent
        cost = metering.cost_on_record(job, agent, began) if agent else UNKNOWN
        reason = "the factory was killed while it worked"
        history.append("killed", job.stage.id, reason=reason, cost=cost.to_json())


def _work(factory: Factory, job: Job) -> Result | Waiting:
    """Let the cell work, with no more time than its artifact's budget has left."""
    limit = budget.time_limit(factory, job.artifact.name, job.cell)
    shorter = limit != job.cell.timeout
    began = time.monotonic()
    try:
        result = _run(replace(job, cell=replace(job.cell, timeout=limit)))
    except StageFailed as failure:
        if limit and shorter and time.monotonic() - began >= limit:
            failure.advise(f"the budget of {job.artifact.name} left it no more time")
        failure.cost = failure.cost and _priced(job, failure.cost)
        raise
    if isinstance(result, Waiting):
        return result
    return replace(result, cost=_priced(job, result.cost))


def _run(job: Job) -> Result | Waiting:
    return CELLS[job.cell.kind].run(job)


def _priced(job: Job, cost: Cost) -> Cost:
    """A cost with our price for it, where it is of tokens that our table knows."""
    if not job.cell.agent or cost == FREE:
        return cost
    return prices.priced(cost, prices.table(job.cell.agent.prices))


def _delivered(factory: Factory, job: Job, result: Result) -> Result:
    """`deliver`; what the work cost stays on record where it comes to nothing."""
    try:
        return deliver(factory, job, result)
    except StageFailed as failure:
        failure.cost = failure.cost or result.cost
        raise


def masked(job: Job, result: Result) -> Result:
    """A result without secrets in it, before anything is made of it.

    A change and a merge are git's: what is in them has been checked, and their commits are made
    again from these very words.
    """
    documents = {ending: secrets.mask(text) for ending, text in result.documents.items()}
    if job.cell.hands.name in MADE_BY_GIT or result.handoff is None:
        return replace(result, documents=documents)
    return replace(result, handoff=secrets.mask_value(result.handoff), documents=documents)


def _refused(result: Result) -> str:
    return f" (it was refused {listing(result.refused, limit=3)})" if result.refused else ""


def _put_back(factory: Factory, job: Job) -> None:
    if job.cell.facts.in_tree:
        workspace.move(job.tree, factory.branch(job.artifact.name), job.start)


def _failure(broken: Sequence[Breach]) -> Rejected:
    first, *others = broken
    detail = "\n".join(breach.message for breach in others)
    return Rejected(first.message, span=first.span, help=first.help, detail=detail)
