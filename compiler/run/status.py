"""Where an artifact stands, in a word and a sentence, with the command that moves it on."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from functools import partial

from factoryline.cells import adopt
from factoryline.cells.base import Waiting
from factoryline.diagnostics import listing, plural
from factoryline.forge import looks
from factoryline.ledger.history import History
from factoryline.run import budget
from factoryline.run.admission import queued, resting, spent_up
from factoryline.run.factory import Factory
from factoryline.run.freshness import Standing, standing
from factoryline.typed import typed

MARKS = {
    "sealed": "=",
    "waiting": "?",
    "asking": "?",
    "paused": "z",
    "queued": "~",
    "blocked": "!",
    "failed": "!",
    "due": ".",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`kind` is a key of MARKS; `stage` is where it stands, empty when nowhere."""

    artifact: str
    kind: str
    stage: str
    sentence: str
    command: str = ""

    @property
    def mark(self) -> str:
        return MARKS[self.kind]


def state(factory: Factory, name: str, busy: Set[str] | None = None) -> State:
    """Where an artifact stands now. `busy` are the artifacts in progress, if the caller knows."""
    hold = queued(factory, name, busy)
    if hold:
        return State(artifact=name, kind="queued", stage="", sentence=f"queued: {hold.reason}")
    where = standing(factory, name)
    way = where.record.way
    if way.sealed:
        merged = where.record.merged()
        said = f"sealed, merged as {merged[:10]}" if merged else "sealed"
        return State(artifact=name, kind="sealed", stage="", sentence=said)
    if way.blocked:
        return State(
            artifact=name,
            kind="blocked",
            stage=way.blocked.after.id,
            sentence=way.blocked.reason,
            command=way.blocked.help,
        )
    return _next(factory, where)


def waits_for_review(factory: Factory, where: Standing) -> bool:
    """Whether the next stage is a review that only a person can give."""
    step = where.record.way.next
    if step is None:
        return False
    cell = factory.plan.cell(step.cell)
    if cell.kind != "review":
        return False
    artifact = factory.plan.artifact(where.record.artifact)
    recorded = artifact.reviews if artifact and cell.source == "recorded" else ()
    return len(where.record.all("review")) >= len(recorded)


def waits_for_work(factory: Factory, where: Standing) -> Waiting | None:
    """What the next stage waits for, when it adopts a branch that has nothing new."""
    step = where.record.way.next
    artifact = factory.plan.artifact(where.record.artifact)
    if step is None or artifact is None or factory.plan.cell(step.cell).kind != "adopt":
        return None
    return adopt.waiting(factory.plan, factory.repository, artifact, step, where.record.entries)


def moved_on(factory: Factory, where: Standing) -> str:
    """`fix has moved on since`: there is more on it than what is reviewed; empty when not."""
    artifact = factory.plan.artifact(where.record.artifact)
    assert artifact is not None, "what waits for a review is an artifact of the plan"
    names = adopt.moved_on(factory.plan, factory.repository, artifact, where.record.entries)
    has = "has" if len(names) == 1 else "have"
    return f"{listing(names)} {has} moved on since" if names else ""


def _next(factory: Factory, where: Standing) -> State:
    step = where.record.way.next
    assert step is not None, "an artifact that is neither sealed nor blocked has a next stage"
    say = partial(State, artifact=where.record.artifact, stage=step.id)
    if waits_for_review(factory, where):
        asked = _asked(factory, where)
        if asked:
            return asked
        more = moved_on(factory, where)
        said = f"{step.id} waits for a review of {_subject(where)}"
        said += f"; {more}, which the next round takes" if more else ""
        answer = f"factory review {step.artifact} --approve"
        command = f"{answer}   (or --request-changes --finding '…')"
        return say(kind="waiting", sentence=said, command=command)
    work = waits_for_work(factory, where)
    if work:
        kind = "blocked" if work.refused else "waiting"
        return say(kind=kind, sentence=work.reason, command=work.command)
    empty = spent_up(factory, step)
    if empty:
        return say(kind="blocked", sentence=empty.reason, command=empty.help)
    rest = resting(factory, step)
    if rest:
        return say(kind="paused", sentence=str(rest))
    left = _budget_left(factory, step.artifact)
    tries = _failures(factory.ledger.history(step.artifact), step.id)
    if tries:
        said = f"{step.id} failed {plural(tries, 'time')} and is due again{left}"
        return say(kind="failed", sentence=said, command=f"factory ledger {step.artifact}")
    return say(kind="due", sentence=f"{step.id} is due: {where.stale}{left}", command=typed())


def _asked(factory: Factory, where: Standing) -> State | None:
    """Where the review is to come from a forge, which every run asks."""
    packet, step = where.record.last("packet"), where.record.way.next
    pull = packet.handoff.get("pull") if packet else None
    if not (factory.plan.forge and pull and step):
        return None
    why = looks.last(factory.ledger, step)
    said = f"{step.id} waits for a review of {_subject(where)}" + (f": {why}" if why else "")
    return State(
        artifact=step.artifact, kind="asking", stage=step.id, sentence=said, command=pull["address"]
    )


def _budget_left(factory: Factory, name: str) -> str:
    """`; $3.10 of $5.00 left`, where the artifact has a budget."""
    artifact = factory.plan.artifact(name)
    if artifact is None or artifact.budget is None:
        return ""
    return f"; {budget.remainder(artifact.budget, budget.of_artifact(factory, name))}"


def _subject(where: Standing) -> str:
    packet, critique = where.record.last("packet"), where.record.last("critique")
    subject = packet.handoff["commit"][:10] if packet else "its packet"
    objects = critique is not None and critique.outcome == "object"
    return f"{subject}, to which the critic objects" if objects else subject


def _failures(history: History, stage_id: str) -> int:
    """How often a stage failed since it last came to its end."""
    count = 0
    for event in history.events():
        if event.get("stage") == stage_id:
            count = (
                count + 1
                if event["event"] == "failed"
                else 0
                if event["event"] == "finished"
                else count
            )
    return count
