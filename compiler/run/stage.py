"""One stage, from brief to entry. `run_stage` reads like a table of contents."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from factoryline.cells import metering
from factoryline.cells.base import Job, Result, Waiting
from factoryline.diagnostics import Held, Paused, StageFailed
from factoryline.errors import FactoryError, UserError
from factoryline.learning import priors
from factoryline.ledger.cost import FREE, UNKNOWN, Cost
from factoryline.ledger.entry import Entry, Run
from factoryline.ledger.history import now
from factoryline.ledger.query import Record
from factoryline.plan.rounds import Stage, Walk, expected
from factoryline.run import notes, pause, restore, workspace
from factoryline.run.attempt import Rejected, attempt, briefed, masked
from factoryline.run.brief import documents
from factoryline.run.factory import Factory
from factoryline.run.freshness import inputs, standing, surroundings
from factoryline.system import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A stage that is on record now."""

    entry: Entry
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A stage that is to run: what its cell works from, and what it pins."""

    job: Job
    pins: Mapping[str, str | None]


def run_stage(factory: Factory, artifact: str, stage_id: str) -> Done | Waiting:
    """Run one stage that is due and put it on record. Raises FactoryError when it fails."""
    return answer_stage(factory, artifact, stage_id, lambda job: attempt(factory, job))


def answer_stage(
    factory: Factory, artifact: str, stage_id: str, work: Callable[[Job], Result | Waiting]
) -> Done | Waiting:
    """Run one stage whose result `work` gives: a cell's attempt, or a person's answer."""
    due = prepare(factory, artifact, stage_id)
    began, started = now(), time.monotonic()
    _at_work.add(due.job.stage)
    try:
        result = work(due.job)
    except (KeyboardInterrupt, SystemExit):
        _note_interrupted(factory, due.job, began, time.monotonic() - started)
        raise
    except FactoryError as failure:
        note_failure(factory, due.job, failure, time.monotonic() - started)
        raise
    finally:
        _at_work.discard(due.job.stage)
    if isinstance(result, Waiting):
        return result
    return record(factory, due, masked(due.job, result), began, time.monotonic() - started)


_at_work: set[Stage] = set()


def settle() -> None:
    """Wait until the stages of other threads have said that they were interrupted."""
    deadline = time.monotonic() + PATIENCE
    while _at_work and time.monotonic() < deadline:
        time.sleep(0.01)


PATIENCE = 5.0
"""Seconds for a stage whose program was ended to put that on record."""


def prepare(factory: Factory, artifact_name: str, stage_id: str) -> Due:
    """Everything that an attempt of a stage works from. Raises UserError when it is not due."""
    plan, ledger = factory.plan, factory.ledger
    artifact = plan.artifact(artifact_name)
    assert artifact is not None, f"{artifact_name} is an artifact of the plan"
    way, entries, stage = _due(factory, artifact_name, stage_id)
    around = surroundings(factory, artifact, stage, entries, ledger.entry(stage))
    cell = plan.cell(stage.cell, stage.artifact)
    tree = factory.repository
    if cell.facts.commit:
        # A clone may lack it; the ledger has its patch.
        restore.ensure(ledger, tree, around.start)
    if cell.facts.in_tree:
        tree = workspace.prepare(factory, artifact_name, around.start)
    consumed = inputs(factory, artifact, stage, entries, around)
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
        consumed=consumed,
        feedback=around.feedback,
        earlier=around.earlier,
        priors=around.priors,
        lessons=around.lessons,
        protected=factory.protected,
        scratch=scratch,
    )
    pins = {} if entries else {**around.pins, "base": around.base}
    return Due(job=briefed(job), pins=pins)


def record(factory: Factory, due: Due, result: Result, began: str, seconds: float) -> Done:
    """Put a delivery on record; the entry is the last thing that is written."""
    job = due.job
    ledger, stage, name = factory.ledger, job.stage, job.artifact.name
    assert result.handoff is not None, "a delivery has a hand-off"
    history = ledger.history(name)
    entry = Entry(
        stage=stage,
        kind=job.cell.kind,
        inputs=job.consumed,
        pins=due.pins,
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
    for prior in priors.to_write(ledger, entry):
        ledger.write_prior(prior)
    seals = job.cell.facts.seals
    history.append(
        "finished",
        stage.id,
        note=notes.copy_note(factory, name) if seals else "",
        key=entry.key,
        handoff=entry.digest,
        outcome=result.outcome,
        seconds=round(seconds, 3),
        by=result.by,
        summary=result.summary,
        cost=result.cost.to_json(),
        cut=list(job.cuts),
    )
    if seals:
        ledger.prune(name, (*job.record.way.before(stage), stage))
    ledger.write(entry, job.record.entries)
    if seals:
        _retire(factory)
        workspace.discard(factory, name)
    summary = result.summary or f"handed {job.cell.hands.name}"
    return Done(entry=entry, summary=summary)


def _retire(factory: Factory) -> None:
    """Take the rules out of force that nobody needs any more; what was learned stays on disk."""
    records = (factory.record(one.name) for one in factory.plan.artifacts)
    for prior in list(priors.lapsed(factory.ledger, records)):
        factory.ledger.write_prior(prior)


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


def _note_interrupted(factory: Factory, job: Job, began: str, seconds: float) -> None:
    """Somebody ended the run while the stage was at work."""
    spends, agent = job.cell.facts.spends, job.cell.agent
    cost = metering.cost_on_record(job, agent, began) if agent else UNKNOWN if spends else FREE
    factory.ledger.history(job.artifact.name).append(
        "interrupted", job.stage.id, seconds=round(seconds, 3), cost=cost.to_json()
    )


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
