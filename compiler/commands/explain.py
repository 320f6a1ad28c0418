"""factory explain: for each stage, why it is fresh, stale, waiting, queued or sealed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from factoryline.commands.base import open_factory
from factoryline.contracts.render import dollars, duration
from factoryline.errors import UserError
from factoryline.run import budget
from factoryline.run.admission import queued, resting, spent_up
from factoryline.run.factory import Factory
from factoryline.run.freshness import Stale, freshness, standing
from factoryline.run.status import waits_for_review, waits_for_work
from factoryline.typed import typed

HELP = "say for each stage why it is fresh, stale, waiting, queued or sealed"
EXAMPLES = (
    "factory explain api-key-entry",
    "factory explain api-key-entry/1-verify",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", metavar="NAME[/STAGE]", help="an artifact or a stage")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    name, _, stage_id = (args.what or "").replace(":", "/").partition("/")
    names = [factory.need_artifact(name)] if name else [a.name for a in factory.plan.artifacts]
    lines = [line for one in names for line in explain(factory, one)]
    if stage_id:
        lines = [(place, said) for place, said in lines if place == f"{name}/{stage_id}"]
        if not lines:
            raise UserError(
                f"{name} has no stage {stage_id} on its way",
                help=f"`factory explain {name}` shows the stages that it has",
            )
    width = max(len(place) for place, _ in lines)
    for place, said in lines:
        print(f"{place:<{width}}  {said}")
    for one in names:
        coming = upcoming(factory, one)
        if coming:
            print(coming)
        left = budget_left(factory, one)
        if left:
            print(left)
    for line in budget.today(factory):
        print(line)
    return 0


def budget_left(factory: Factory, name: str) -> str:
    """`budget of limit: $3.10 of $5.00 left`; empty where there is none, or none is needed."""
    artifact = factory.plan.artifact(name)
    if artifact is None or artifact.budget is None or factory.ledger.sealed(name):
        return ""
    spent = budget.of_artifact(factory, name)
    return f"budget of {name}: {budget.remainder(artifact.budget, spent)}"


def upcoming(factory: Factory, name: str) -> str:
    """What would run next, and what that cost last time; empty when nothing would."""
    if factory.ledger.sealed(name) or queued(factory, name):
        return ""
    where = standing(factory, name)
    step = where.record.way.next
    if step is None or waits_for_review(factory, where) or waits_for_work(factory, where):
        return ""
    if resting(factory, step) or spent_up(factory, step):
        return ""
    last = factory.ledger.entry(step)
    if last is None:
        return f"next: {typed(f'{name}:{step.id}')}"
    usd = last.run.cost.usd
    cost = "cost unknown" if usd is None else dollars(usd)
    return f"next: {typed(f'{name}:{step.id}')} (last time {duration(last.run.seconds)}, {cost})"


def explain(factory: Factory, name: str) -> Iterator[tuple[str, str]]:
    """Each stage of an artifact with a sentence, without its full stop."""
    artifact = factory.plan.artifact(name)
    assert artifact is not None, "the caller knows that there is one"
    record = factory.record(name)
    if record.sealed:
        for entry in record.entries:
            yield str(entry.stage), "sealed"
        return
    where = standing(factory, name)
    hold = queued(factory, name)
    if where.record.way.blocked:
        for entry in where.record.entries:
            yield str(entry.stage), "fresh"
        blocked = where.record.way.blocked
        yield str(blocked.after), f"blocked: {blocked.reason}"
        return
    fresh = {entry.stage.id for entry in where.record.entries}
    way = record.expected_way(factory.plan)
    step = where.record.way.next
    for index, stage in enumerate(way):
        if stage.id in fresh:
            yield str(stage), "fresh"
        elif hold:
            yield str(stage), f"queued: {hold.reason}"
        elif stage == step and waits_for_review(factory, where):
            yield str(stage), f"waiting for a person: factory review {name} --approve"
        elif stage == step and (work := waits_for_work(factory, where)):
            yield str(stage), f"waiting for {work.reason.partition(' waits for ')[2]}"
        elif stage == step and (empty := spent_up(factory, stage)):
            yield str(stage), f"held: {empty.reason}; {empty.help}"
        elif stage == step and (rest := resting(factory, stage)):
            yield str(stage), str(rest)
        elif stage == step:
            yield str(stage), f"stale: {where.stale}"
        elif factory.ledger.entry(stage) is None:
            yield str(stage), f"not yet: it comes after {way[index - 1].id}"
        else:
            before = [e for e in record.entries if e.stage in way[:index]]
            why = freshness(factory, artifact, stage, before)
            waits = f"fresh, unless {step.id if step else 'a stage before'} hands on something else"
            yield str(stage), f"stale: {why}" if isinstance(why, Stale) else waits
