"""One stage, from brief to entry. `run_stage` reads like a table of contents."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from factoryline.cells import metering, preflight
from factoryline.cells.base import Job, Result, Waiting
from factoryline.cells.table import CELLS
from factoryline.contracts import change, outside
from factoryline.contracts.base import Breach, Delivery, Effect
from factoryline.contracts.table import breaches
from factoryline.diagnostics import Held, Paused, StageFailed, listing
from factoryline.errors import FactoryError, UserError
from factoryline.learning import priors
from factoryline.ledger import prices, spending
from factoryline.ledger.cost import FREE, UNKNOWN, Cost
from factoryline.ledger.entry import Entry, Run
from factoryline.ledger.history import History, now
from factoryline.ledger.query import Record
from factoryline.plan.digest import Inputs
from factoryline.plan.model import Cell
from factoryline.plan.rounds import Stage, Walk, expected
from factoryline.run import budget, effects, pause, restore, workspace
from factoryline.run.brief import brief, documents
from factoryline.run.factory import Factory
from factoryline.run.freshness import Surroundings, inputs, standing, surroundings
from factoryline.system import files, logs, secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A stage that is on record now."""

    stage: str
    outcome: str
    summary: str
    seconds: float


def run_stage(factory: Factory, artifact: str, stage_id: str) -> Done | Waiting:
    """Run one stage that is due and put it on record. Raises FactoryError when it fails."""
    return answer_stage(factory, artifact, stage_id, lambda job: attempt(factory, job))


def answer_stage(
    factory: Factory, artifact: str, stage_id: str, work: Callable[[Job], Result | Waiting]
) -> Done | Waiting:
    """Run one stage whose result `work` gives: a cell's attempt, or a person's answer."""
    job, around = prepare(factory, artifact, stage_id)
    consumed = inputs(factory, job.artifact, job.stage, job.record.entries, around)
    began, started = now(), time.monotonic()
    try:
        result = work(job)
    except FactoryError as failure:
        note_failure(factory, job, failure, time.monotonic() - started)
        raise
    if isinstance(result, Waiting):
        return result
    result = _masked(job, result)
    return record(factory, job, around, consumed, result, began, time.monotonic() - started)


def prepare(factory: Factory, artifact_name: str, stage_id: str) -> tuple[Job, Surroundings]:
    """Everything that an attempt of a stage works from. Raises UserError when it is not due."""
    plan, ledger = factory.plan, factory.ledger
    artifact = plan.artifact(artifact_name)
    assert artifact is not None, f"{artifact_name} is an artifact of the plan"
    way, entries, stage = _due(factory, artifact_name, stage_id)
    around = surroundings(factory, artifact, stage, entries)
    cell = plan.cell(stage.cell)
    tree = factory.repository
    if _works_in_tree(cell) or cell.kind in ("verify", "merge"):
        # A clone may lack the commit; the ledger has its patch.
        restore.ensure(ledger, tree, around.start)
    if _works_in_tree(cell):
        tree = workspace.prepare(factory, artifact_name, around.start)
    scratch = factory.scratch(artifact_name, stage_id)
    files.make_folder(scratch)
    job = Job(
        plan=plan,
        artifact=artifact,
        cell=cell,
        stage=stage,
        ledger=ledger,
        record=Record(artifact=artifact_name, way=way, entries=entries),
        repository=factory.repository,
        tree=tree,
        base=around.base,
        start=around.start,
        taken=around.taken,
        feedback=around.feedback,
        earlier=around.earlier,
        priors=around.priors,
        lessons=around.lessons,
        protected=factory.protected,
        scratch=scratch,
    )
    return _briefed(job), around


def attempt(factory: Factory, job: Job) -> Result | Waiting:
    """Let the cell work until its delivery holds, or its repairs are used up."""
    history = factory.ledger.history(job.artifact.name)
    if job.cell.facts.spends:
        preflight.need(job.plan)
        _note_killed(job, history)
    for repair in range(job.cell.repairs + 1):
        began = time.monotonic()
        budget.need(factory, job.stage)
        if job.cell.facts.spends:
            history.append("started", job.stage.id, repair=repair or None, cut=list(job.cuts))
        job = replace(job, log=logs.next_attempt(job.scratch.parent, job.stage.id))
        result, found = effects.watched(factory, job, lambda one: _work(factory, one))
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
        job = _briefed(replace(job, rejected=reasons, conversation=result.conversation))
    raise AssertionError("the loop ends in a return or a failure")


def _note_killed(job: Job, history: History) -> None:
    """Put an end to an attempt that a kill of the factory cut short; only one run has the lock."""
    if began := spending.cut_short(history.events(), job.stage.id):
        agent = job.cell.agent
        cost = metering.left(job, agent, began) if agent else UNKNOWN
        reason = "the factory was killed while it worked"
        history.append("killed", job.stage.id, reason=reason, cost=cost.to_json())


def _work(factory: Factory, job: Job) -> Result | Waiting:
    """Let the cell work, with no more time than its artifact's budget has left."""
    limit = budget.time_limit(factory, job.artifact.name, job.cell)
    shorter = limit != job.cell.timeout
    began = time.monotonic()
    try:
        result = CELLS[job.cell.kind].run(replace(job, cell=replace(job.cell, timeout=limit)))
    except StageFailed as failure:
        if limit and shorter and time.monotonic() - began >= limit:
            failure.advise(f"the budget of {job.artifact.name} left it no more time")
        failure.cost = failure.cost and _priced(job, failure.cost)
        raise
    if isinstance(result, Waiting):
        return result
    return replace(result, cost=_priced(job, result.cost))


def _masked(job: Job, result: Result) -> Result:
    """A result without secrets in it, before anything is made of it.

    A change and a merge are git's: what is in them has been checked, and their commits are made
    again from these very words.
    """
    documents = {ending: secrets.mask(text) for ending, text in result.documents.items()}
    if job.cell.hands.name in ("change", "merge") or result.handoff is None:
        return replace(result, documents=documents)
    return replace(result, handoff=secrets.mask_value(result.handoff), documents=documents)


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


def _briefed(job: Job) -> Job:
    told = brief(job)
    return replace(job, brief=told.text, cuts=told.cuts)


class Rejected(StageFailed):
    """A delivery that broke its contract once too often; each one is in the history already."""


def check(job: Job, result: Result, found: tuple[Effect, ...] = ()) -> tuple[Breach, ...]:
    """What is wrong with a cell's work; `found` is what its program did beyond it."""
    if result.trouble:
        message = f"`{job.cell.name}` {result.trouble}{_refused(result)}"
        first = Breach(message=message, span=job.cell.span, help=f"{job.log}.out")
        return (first, *outside.breaches(job.cell, found))
    edited = workspace.edits(job.tree, job.start) if _works_in_tree(job.cell) else ()
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


def _refused(result: Result) -> str:
    return f" (it was refused {listing(result.refused, limit=3)})" if result.refused else ""


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
    summary = f"{commit[:10]}: {_lines(handoff['round']) or 'no line counted'}"
    return replace(result, handoff=handoff, summary=summary)


def record(
    factory: Factory,
    job: Job,
    around: Surroundings,
    consumed: Inputs,
    result: Result,
    began: str,
    seconds: float,
) -> Done:
    """Put a delivery on record; the entry is the last thing that is written."""
    ledger, stage, name = factory.ledger, job.stage, job.artifact.name
    assert result.handoff is not None, "a delivery has a hand-off"
    history = ledger.history(name)
    entry = Entry(
        stage=stage,
        kind=job.cell.kind,
        inputs=consumed,
        pins={} if job.record.entries else {**around.pins, "base": around.base},
        contract=job.cell.hands.name,
        handoff=result.handoff,
        outcome=result.outcome,
        run=Run(
            started=began,
            seconds=seconds,
            attempts=history.attempts(stage.id) + 1,
            cost=result.cost,
            by=result.by,
            grounds=result.grounds,
        ),
    )
    for ending, text in {**documents(job, result.handoff), **result.documents}.items():
        files.write_text(ledger.document_path(stage, ending), text)
    if job.cell.kind == "review":
        for prior in priors.to_write(ledger, entry):
            ledger.write_prior(prior)
    history.append(
        "finished",
        stage.id,
        key=entry.key,
        handoff=entry.digest,
        outcome=result.outcome,
        seconds=round(seconds, 3),
        by=result.by,
        cost=result.cost.to_json(),
        cut=list(job.cuts),
    )
    if job.cell.kind == "note":
        ledger.prune(name, (*job.record.way.before(stage), stage))
    ledger.write(entry, job.record.entries)
    if job.cell.kind == "note":
        workspace.discard(factory, name)
    summary = result.summary or f"handed {job.cell.hands.name}"
    return Done(stage=str(stage), outcome=result.outcome, summary=summary, seconds=seconds)


def note_failure(factory: Factory, job: Job, failure: FactoryError, seconds: float) -> None:
    """A failed attempt belongs to the record too, with what it cost.

    A stage that was held made no attempt; the attempts of a rejected one are told already.
    """
    history, facts = factory.ledger.history(job.artifact.name), {}
    event = "held" if isinstance(failure, Held) else "failed"
    if isinstance(failure, Paused):
        event = "paused"
        facts = pause.facts(factory, job.artifact.name, job.cell, failure.until)
    if isinstance(failure, Rejected):
        facts["told"] = True
    elif event != "held":
        facts["cost"] = _cost_of(job, failure).to_json()
    history.append(event, job.stage.id, reason=failure.message, seconds=round(seconds, 3), **facts)


def _cost_of(job: Job, failure: FactoryError) -> Cost:
    """What a failed attempt cost: as the failure says, or unknown where it may have cost money."""
    said = failure.cost if isinstance(failure, StageFailed) else None
    return said or (UNKNOWN if job.cell.facts.spends else FREE)


def _due(factory: Factory, artifact: str, stage_id: str) -> tuple[Walk, tuple[Entry, ...], Stage]:
    """The way to a stage: all before it is fresh, and it is the next one or fresh itself."""
    now_at = standing(factory, artifact)
    way = now_at.record.way
    stage = next((s for s in way.stages if s.id == stage_id), None)
    if stage is None:
        ahead = [s.id for s in expected(factory.plan, artifact, lambda _: None)]
        next_one = f"{artifact}:{way.next.id}" if way.next else "nothing"
        known = stage_id in ahead
        raise UserError(
            f"{artifact}/{stage_id} is not due" if known else f"{artifact} has no stage {stage_id}",
            help=f"due is {next_one}; `factory explain {artifact}` says why",
        )
    before = {s.id for s in way.before(stage)}
    return way, tuple(e for e in now_at.record.entries if e.stage.id in before), stage


def _works_in_tree(cell: Cell) -> bool:
    return cell.facts.edits or cell.facts.tree


def _lines(surfaces: Mapping[str, Mapping[str, int]]) -> str:
    """`+47 −1 desktop, +25 −3 server`; a surface without a changed line is left out."""
    return ", ".join(
        f"+{lines['added']} −{lines['removed']} {surface}"
        for surface, lines in surfaces.items()
        if any(lines.values())
    )


def _put_back(factory: Factory, job: Job) -> None:
    if _works_in_tree(job.cell):
        workspace.move(job.tree, factory.branch(job.artifact.name), job.start)


def _failure(broken: Sequence[Breach]) -> Rejected:
    first, *others = broken
    detail = "\n".join(breach.message for breach in others)
    return Rejected(first.message, span=first.span, help=first.help, detail=detail)
