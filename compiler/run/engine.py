"""doit runs the line: the only module that imports doit.

A plain run gives doit what is due and lets it grow: after each cell that decides, a delayed task
reads the ledger and yields the stages that follow, so later rounds appear while doit runs. Every
other command, and a run that names stages, sees the whole way of every artifact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from doit.cmd_base import TaskLoader2
from doit.exceptions import TaskError, TaskFailed
from doit.task import DelayedLoader, Task
from factoryline.boundary import failure_of
from factoryline.cells.base import Waiting
from factoryline.emit.tasks import StageTask, stage_tasks
from factoryline.errors import ExitCode, UserError
from factoryline.plan.model import Plan
from factoryline.plan.rounds import Stage, expected
from factoryline.run import workspace
from factoryline.run.admission import queued
from factoryline.run.backend import HandoffChecker, LedgerBackend
from factoryline.run.factory import Factory
from factoryline.run.freshness import Stale, freshness, standing
from factoryline.run.reporter import LineReporter
from factoryline.run.stage import run_stage
from factoryline.system.files import Lock

WRITING_COMMANDS = ("run", "forget", "clean", "ignore")


class FactoryLoader(TaskLoader2):  # type: ignore[misc]  # doit ships no annotations
    """doit's way to the tasks of a factory.yaml. `plan` is given by the plugin."""

    cmd_options = ()
    compile: Callable[[], Plan]

    def __init__(self) -> None:
        super().__init__()
        self.factory: Factory

    def setup(self, opt_values: object) -> None:
        del opt_values
        self.factory = Factory(type(self).compile())
        LineReporter.factory = self.factory

    def load_doit_config(self) -> dict[str, Any]:
        return {
            "backend": "factory",
            "dep_file": str(self.factory.ledger.state),
            "check_file_uptodate": HandoffChecker,
            "reporter": LineReporter,
            "verbosity": 0,
        }

    def load_tasks(self, cmd: Any, pos_args: Sequence[str]) -> list[Task]:
        name = cmd.get_name()
        if name == "reset-dep":
            raise UserError(
                "entries are never re-keyed in bulk",
                help="`factory explain` says what is stale and why; run it, or leave it",
            )
        if name in WRITING_COMMANDS:
            self.factory.ledger.prepare()
            self.lock = Lock(self.factory.ledger.work / "lock")
            self.lock.acquire(f"doit {name}")
            self.factory.ledger.sweep()
        LedgerBackend.forgets = name in ("forget", "clean")
        if name == "forget":
            self._refuse_sealed(pos_args)
        grows = name == "run" and not any(c in arg for arg in pos_args for c in ":/*")
        chosen = self._chosen(pos_args) if grows else []
        return list(growing(self.factory, chosen) if grows else whole(self.factory))

    def _chosen(self, pos_args: Sequence[str]) -> list[str]:
        """The artifacts to carry on: those named and what they come after, else all."""
        artifacts = {a.name: a for a in self.factory.plan.artifacts}
        wanted = [name for name in pos_args if name in artifacts] or list(artifacts)
        for name in wanted:
            wanted += [other for other in artifacts[name].after if other not in wanted]
        return [name for name in artifacts if name in wanted]

    def _refuse_sealed(self, pos_args: Sequence[str]) -> None:
        for name in {arg.partition(":")[0] for arg in pos_args}:
            if self.factory.plan.artifact(name) and self.factory.record(name).sealed:
                raise UserError(
                    f"{name} is sealed; its entries are history",
                    help=f"factory reopen {name} takes it up again",
                )


def whole(factory: Factory) -> Iterator[Task]:
    """The way of every artifact, as far as it is known and as it will go if all goes well."""
    for artifact in factory.plan.artifacts:
        record = factory.record(artifact.name)
        outcomes = {entry.stage: entry.outcome for entry in record.entries}
        way = expected(factory.plan, artifact.name, outcomes.get)
        tasks = stage_tasks(factory.plan, way, factory.ledger.entry_path)
        yield _group(
            artifact.name,
            [task.name for task in tasks],
            doc=artifact.title,
            clean=[(workspace.discard, [factory, artifact.name])],
        )
        for task in tasks:
            yield _task(factory, task, sealed=record.sealed)


def growing(factory: Factory, names: Sequence[str]) -> Iterator[Task]:
    """A task for each artifact whose stages appear when doit reaches it.

    An artifact is reached after the one that has to be sealed before it can start.
    """
    wip = factory.plan.flow.wip
    if any(not factory.record(name).sealed for name in names):
        # Opened here once: two threads would make the same scaffold.
        _ = factory.repository
    for index, name in enumerate(names):
        artifact = factory.plan.artifact(name)
        doc = artifact.title if artifact else ""
        if factory.record(name).sealed:
            yield _group(name, [], doc=doc)
            continue
        before = names[index - wip] if index >= wip else None
        yield _later(name, partial(carry_on, factory, name, name, 1), before, doc=doc)
    if wip > 1:
        yield _group("_all", list(names))
        yield _later("_freed+1", partial(freed, factory, names, 1), "_all")


def freed(factory: Factory, names: Sequence[str], turn: int) -> Iterator[Task]:
    """Artifacts that found no place before and may start now that others are sealed."""
    this = f"_freed+{turn}"
    ready = [name for name in names if _may_begin(factory, name)]
    following = f"_freed+{turn + 1}"
    groups = [f"_{name}+freed{turn}" for name in ready]
    for name, group in zip(ready, groups, strict=True):
        yield _later(group, partial(carry_on, factory, name, group, 1), None)
    if ready:
        yield _group(f"_all+{turn}", groups)
        yield _later(following, partial(freed, factory, names, turn + 1), f"_all+{turn}")
    yield _group(this, [following] if ready else [])


def carry_on(factory: Factory, name: str, group: str, turn: int) -> Iterator[Task]:
    """The next stages of an artifact, up to the first cell that decides; then the same again.

    `group` is the task that doit is about to replace by what is yielded here.
    """
    where = standing(factory, name)
    way = where.record.way
    if way.blocked:
        stop = f"{name} is blocked"
        yield _group(group, [stop])
        yield Task(stop, [(_fail, [way.blocked.reason, way.blocked.help])])
        return
    if way.next is None or queued(factory, name):
        yield _group(group, [])
        return
    segment = _segment(factory, name)
    if not segment:
        yield _group(group, [])
        return
    following = f"_{name}+{turn}" if group == name else f"{group}+{turn}"
    yield _group(group, [*(task.name for task in segment), following])
    for task in segment:
        yield _task(factory, task, sealed=False)
    last = segment[-1]
    yield _later(following, partial(_go_on, factory, last.stage, following, turn), last.name)


def _go_on(factory: Factory, last: Stage, group: str, turn: int) -> Iterator[Task]:
    """Carry on after `last`, unless it has no entry now: then the artifact waits for a person."""
    if any(entry.stage == last for entry in standing(factory, last.artifact).record.entries):
        yield from carry_on(factory, last.artifact, group, turn + 1)
    else:
        yield _group(group, [])


def _segment(factory: Factory, name: str) -> list[StageTask]:
    """The stages from where an artifact stands to the next cell that decides."""
    where = standing(factory, name)
    outcomes = {entry.stage: entry.outcome for entry in where.record.entries}
    way = expected(factory.plan, name, outcomes.get)
    tasks = stage_tasks(factory.plan, way, factory.ledger.entry_path)
    segment = []
    for task in tasks[len(where.record.entries) :]:
        segment.append(task)
        if factory.plan.cell(task.stage.cell).decides:
            break
    return segment


def _may_begin(factory: Factory, name: str) -> bool:
    record = factory.record(name)
    return not record.begun and not record.sealed and queued(factory, name) is None


class Uptodate:
    """Whether a stage's entry is still true, as doit asks for it; `doit info` prints why not."""

    def __init__(self, factory: Factory, stage: Stage) -> None:
        self.factory, self.stage = factory, stage
        self.answer: object = None

    def __call__(self) -> bool:
        artifact = self.factory.plan.artifact(self.stage.artifact)
        assert artifact is not None, "a task belongs to an artifact"
        record = self.factory.record(self.stage.artifact)
        on_way = self.stage in record.way.stages
        before = {s.id for s in record.way.before(self.stage)} if on_way else set()
        entries = [entry for entry in record.entries if entry.stage.id in before]
        self.answer = freshness(self.factory, artifact, self.stage, entries)
        return not isinstance(self.answer, Stale)

    def __repr__(self) -> str:
        return str(self.answer)


def execute(factory: Factory, artifact: str, stage_id: str) -> dict[str, Any] | TaskFailed:
    """The action of a stage's task; what it returns reaches the reporter."""
    try:
        done = run_stage(factory, artifact, stage_id)
    except Exception as error:
        log = factory.ledger.work / "factoryline.log"
        failure = failure_of(error, root=factory.plan.home, log=log)
        kind = TaskFailed if failure.code is ExitCode.FAILED else TaskError
        return kind(failure.text)
    if isinstance(done, Waiting):
        return {"state": "waiting"}
    return {"state": "done", "summary": done.summary, "seconds": done.seconds}


def _task(factory: Factory, task: StageTask, *, sealed: bool) -> Task:
    stage = task.stage
    return Task(
        task.name,
        [(execute, [factory, stage.artifact, stage.id])],
        file_dep=[] if sealed else [str(path) for path in task.inputs],
        targets=[str(task.target)],
        uptodate=[True if sealed else Uptodate(factory, stage)],
        subtask_of=stage.artifact,
        doc=task.doc,
    )


def _group(name: str, tasks: Sequence[str], *, doc: str = "", clean: Sequence[Any] = ()) -> Task:
    return Task(name, None, task_dep=list(tasks), has_subtask=True, doc=doc, clean=list(clean))


def _later(
    name: str, creator: Callable[[], Iterator[Task]], after: str | None, *, doc: str = ""
) -> Task:
    """A task that is made when doit comes to it, after the task `after`."""
    return Task(name, None, loader=DelayedLoader(creator, executed=after), doc=doc)


def _fail(reason: str, help: str) -> TaskFailed:
    return TaskFailed(f"error: {reason}\nhelp: {help}")
