"""doit runs the line: which tasks it is given.

A plain run gives doit what is due and lets it grow: after each cell that decides, a delayed task
reads the ledger and yields the stages that follow, so later rounds appear while doit runs. Every
other command, and a run that names stages, sees the whole way of every artifact that it names, or
of all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from doit.task import Task
from factoryline.diagnostics import did_you_mean
from factoryline.drive.backend import LedgerBackend
from factoryline.drive.tasks import (
    ALL,
    Discard,
    StageTask,
    fail,
    grouped,
    later,
    refuse,
    rests,
    stage_tasks,
    task_of,
)
from factoryline.errors import UserError
from factoryline.ledger.query import Record
from factoryline.plan.model import Artifact
from factoryline.plan.rounds import Stage
from factoryline.run import evidence
from factoryline.run.admission import held_beside, queued, resting, spent_up
from factoryline.run.factory import Factory
from factoryline.run.freshness import Standing, standing
from factoryline.run.status import waits_for_work
from factoryline.skipping.survey import IDLE, survey
from factoryline.system.locks import Lock

WRITING_COMMANDS = ("run", "forget", "clean", "ignore")


def run_doit(loader: object, arguments: Sequence[str]) -> int:
    """doit in this process, with a task loader; returns its exit code."""
    from doit.doit_cmd import DoitMain

    return int(DoitMain(task_loader=loader, config_filenames=()).run(list(arguments)))


def take_over(factory: Factory, command: str, arguments: Sequence[str]) -> Lock | None:
    """What has to be so before a doit command starts. Returns the lock that it holds, if any.

    Raises UserError for commands that the ledger cannot take.
    """
    if command == "reset-dep":
        raise UserError(
            "entries are never re-keyed in bulk",
            help="`factory explain` says what is stale; `factory accept` re-keys one entry",
        )
    if command == "forget":
        for name in {argument.partition(":")[0] for argument in arguments}:
            if factory.ledger.sealed(name):
                raise UserError(
                    f"{name} is sealed; its entries are history",
                    help=f"factory reopen {name} --why … takes it up again",
                )
    LedgerBackend.forgets = command in ("forget", "clean")
    if command not in WRITING_COMMANDS:
        return None
    if command == "run":
        evidence.need(factory)
    lock = Lock(factory.ledger.work / "lock")
    lock.acquire(f"doit {command}")
    factory.ledger.settle(lock)
    return lock


def tasks_for(factory: Factory, command: str, arguments: Sequence[str]) -> list[Task]:
    """The tasks that a doit command works on. A plain run gets what is due, and lets it grow."""
    named = [name for name in arguments if factory.plan.artifact(name)]
    if command != "run" or len(named) < len(arguments):
        tasks = list(whole(factory, _named_in(factory, arguments) or factory.plan.artifacts))
        if command == "info":
            _need(arguments, tasks)
        return tasks
    return list(chosen(factory, named) if named else due(factory))


def _need(names: Sequence[str], tasks: Sequence[Task]) -> None:
    """Raise UserError for what is no task: `doit info` ends with a traceback there."""
    known = {task.name for task in tasks}
    for name in names:
        if name not in known:
            raise UserError(f"`{name}` is not a task", help=did_you_mean(name, known) or ALL)


def _named_in(factory: Factory, arguments: Sequence[str]) -> list[Artifact]:
    """The artifacts that stages are named of; none where an argument names anything else.

    A stage depends on stages of its own artifact alone, so no other task is needed.
    """
    names = dict.fromkeys(argument.partition(":")[0] for argument in arguments)
    found = [artifact for artifact in map(factory.plan.artifact, names) if artifact]
    return found if len(found) == len(names) else []


def whole(factory: Factory, artifacts: Sequence[Artifact]) -> Iterator[Task]:
    """The way of each artifact, as far as it is known and as it will go if all goes well."""
    for artifact in artifacts:
        sealed = factory.ledger.sealed(artifact.name)
        record = factory.record(artifact.name)
        tasks = _history(factory, record) if sealed else _expected(factory, record)
        yield grouped(
            artifact.name,
            [task.name for task in tasks],
            doc=artifact.title,
            clean=[Discard(factory, artifact.name)],
        )
        for task in tasks:
            yield task_of(factory, task, sealed=sealed)


def _expected(factory: Factory, record: Record) -> Sequence[StageTask]:
    return stage_tasks(factory.plan, record.expected_way(factory.plan), factory.ledger.entry_path)


def _history(factory: Factory, record: Record) -> Sequence[StageTask]:
    """The stages of a sealed artifact, which need not be those of the line as it is now."""
    return [
        StageTask(
            stage=entry.stage,
            doc=f"{entry.kind}: handed {entry.contract}",
            inputs=(),
            target=factory.ledger.entry_path(entry.stage),
        )
        for entry in record.entries
    ]


def chosen(factory: Factory, names: Sequence[str]) -> Iterator[Task]:
    """A task for each artifact that was named, and for those that they come after."""
    wanted = list(names)
    for name in wanted:
        artifact = factory.plan.artifact(name)
        wanted += [other for other in (artifact.after if artifact else ()) if other not in wanted]
    if not all(map(factory.ledger.sealed, wanted)):
        _ = factory.repository
    before: str | None = None
    for artifact in factory.plan.artifacts:
        if artifact.name in wanted:
            creator = partial(carry_on, factory, artifact.name, artifact.name, 1)
            yield later(artifact.name, creator, before, doc=artifact.title)
            before = artifact.name


def due(factory: Factory) -> Iterator[Task]:
    """A place on the line for each artifact that may be in progress, `wip` of them.

    Each place carries on what is due there; when that is sealed, it takes the next artifact that
    may begin. Artifacts that are sealed, queued or waiting for a person are no tasks at all.
    """
    found = survey(factory)
    states, busy = found.states, found.busy
    active = [s.artifact for s in states if s.artifact in busy and s.kind not in IDLE]
    resting = sum(1 for s in states if s.artifact in busy) - len(active)
    # One whose first stage failed, or has spent its budget, has no entry and may begin again.
    ready = [s.artifact for s in states if s.artifact not in busy and s.kind not in IDLE]
    free = min(factory.plan.flow.wip - resting - len(active), len(ready))
    if active or free > 0:
        # Opened before threads do, which would make the same scaffold.
        _ = factory.repository
    taken = set(active)
    for number, name in enumerate([*active, *[None] * free], start=1):
        place = f"_place-{number}"
        yield later(place, partial(occupy, factory, place, 1, name, taken), None)


def occupy(
    factory: Factory, place: str, turn: int, name: str | None, taken: set[str]
) -> Iterator[Task]:
    """Carry on the artifact at a place, then make room for the next one."""
    this = place if turn == 1 else f"{place}+{turn}"
    name = name or next((n for n in _waiting(factory) if n not in taken), None)
    if name is None:
        yield grouped(this, [])
        return
    taken.add(name)
    inner, following = f"_{name}", f"{place}+{turn + 1}"
    yield grouped(this, [inner, following])
    yield later(inner, partial(carry_on, factory, name, inner, 1), None)
    yield later(following, partial(_make_room, factory, place, turn + 1, name, taken), inner)


def _make_room(
    factory: Factory, place: str, turn: int, name: str, taken: set[str]
) -> Iterator[Task]:
    """The next artifact takes the place once the one before is sealed; else it stays occupied."""
    if factory.ledger.sealed(name):
        yield from occupy(factory, place, turn, None, taken)
    else:
        yield grouped(f"{place}+{turn}", [])


def _waiting(factory: Factory) -> Iterator[str]:
    """The artifacts that may begin now, in the order of the line."""
    busy = factory.ledger.in_progress()
    for artifact in factory.plan.artifacts:
        if factory.ledger.sealed(artifact.name):
            continue
        if artifact.name in busy and not held_beside(factory, artifact.name):
            continue
        if queued(factory, artifact.name, busy) is None and not rests(factory, artifact.name):
            yield artifact.name


def carry_on(
    factory: Factory, name: str, group: str, turn: int, where: Standing | None = None
) -> Iterator[Task]:
    """The next stages of an artifact, up to the first cell that decides; then the same again.

    `group` is the task that doit is about to replace by what is yielded here; `where` is how far
    the artifact is, if the caller knows.
    """
    where = where or standing(factory, name)
    way = where.record.way
    if way.blocked:
        stop = f"{name} is blocked"
        yield grouped(group, [stop])
        yield Task(stop, [(fail, [way.blocked.reason, way.blocked.help])])
        return
    if way.next is None or queued(factory, name) or resting(factory, way.next):
        yield grouped(group, [])
        return
    empty = spent_up(factory, way.next)
    if empty:
        yield grouped(group, [f"{name} has spent its budget"])
        yield Task(f"{name} has spent its budget", [(refuse, [factory, empty])])
        return
    work = waits_for_work(factory, where)
    if work:
        stops = [f"{name} waits"] if work.refused else []
        yield grouped(group, stops)
        yield from (Task(stop, [(fail, [work.reason, work.command])]) for stop in stops)
        return
    segment = _segment(factory, where.record)
    following = f"_{name}+{turn}" if group == name else f"{group}+{turn}"
    yield grouped(group, [*(task.name for task in segment), following])
    for task in segment:
        yield task_of(factory, task, sealed=False)
    last = segment[-1]
    yield later(following, partial(_go_on, factory, last.stage, following, turn), last.name)


def _go_on(factory: Factory, last: Stage, group: str, turn: int) -> Iterator[Task]:
    """Carry on after `last`, unless it has no entry now: then the artifact waits for a person."""
    where = standing(factory, last.artifact)
    if any(entry.stage == last for entry in where.record.entries):
        yield from carry_on(factory, last.artifact, group, turn + 1, where)
    else:
        yield grouped(group, [])


def _segment(factory: Factory, record: Record) -> list[StageTask]:
    """The stages from the end of a record to the next cell that decides.

    One that spends is a segment of its own: its artifact may be paused, or its budget spent. Where
    several artifacts are in progress, a memo ends one: it tells whether they go side by side.
    """
    segment: list[StageTask] = []
    for task in _expected(factory, record)[len(record.entries) :]:
        cell = factory.plan.cell(task.stage.cell)
        if segment and cell.facts.spends:
            break
        segment.append(task)
        memo = cell.hands.name == "memo" and factory.plan.flow.wip > 1
        if cell.facts.decides or cell.facts.spends or memo:
            break
    return segment
