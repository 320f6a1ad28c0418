"""Stages as doit's tasks: whether one is up to date, what running it does, how a command fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import takewhile
from pathlib import Path
from typing import Any

from doit.action import PythonAction
from doit.exceptions import InvalidCommand, InvalidTask, TaskError, TaskFailed
from doit.task import DelayedLoader, Task
from factoryline.boundary import failure_of
from factoryline.cells.base import Waiting
from factoryline.diagnostics import Diagnostic, Held, Paused, render
from factoryline.errors import ExitCode, UserError
from factoryline.plan.model import Plan
from factoryline.plan.rounds import Stage, stage_named, upstream
from factoryline.run import workspace
from factoryline.run.admission import resting
from factoryline.run.budget import Exhausted
from factoryline.run.factory import Factory
from factoryline.run.freshness import Stale, freshness, standing
from factoryline.run.mending import to_mend
from factoryline.run.stage import run_stage
from factoryline.typed import typed

ALL = f"`{typed('list --all')}` shows every stage"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTask:
    """A task for one stage. `inputs` and `target` are entries of the ledger."""

    stage: Stage
    doc: str
    inputs: tuple[Path, ...]
    target: Path

    @property
    def name(self) -> str:
        return f"{self.stage.artifact}:{self.stage.id}"


def stage_tasks(
    plan: Plan, way: Sequence[Stage], path_of: Callable[[Stage], Path]
) -> tuple[StageTask, ...]:
    """A task for each stage of an artifact's way, in order. `path_of` tells where entries lie."""
    return tuple(
        StageTask(
            stage=stage,
            doc=_doc(plan, stage),
            inputs=tuple(path_of(s) for s in upstream(plan, stage, way[:index])),
            target=path_of(stage),
        )
        for index, stage in enumerate(way)
    )


def _doc(plan: Plan, stage: Stage) -> str:
    cell = plan.cell(stage.cell)
    within = f", round {stage.round}" if stage.round else ""
    return f"{cell.kind}: hands {cell.hands.name}{within}"


def told_by_us(
    execute: Callable[..., int | None], within: Callable[[Callable[[], int]], int]
) -> Callable[..., int]:
    """What a doit command does once its tasks are known, with our way of failing.

    doit asks for the ledger also where no task of ours runs: for a status, for the end of a run.
    """

    @wraps(execute)  # doit reads the names of its arguments
    def bounded(*args: Any, **values: Any) -> int:
        def work() -> int:
            from factoryline.drive.reporter import LineReporter

            try:
                code = int(execute(*args, **values) or 0)
                # For doit, what comes after a failure and could not run is broken.
                only_failed = code == ExitCode.BROKEN and LineReporter.broken is False
                return int(ExitCode.FAILED) if only_failed else code
            except (InvalidCommand, InvalidTask) as wrong:
                raise UserError(str(wrong), help=ALL) from wrong
            except _Past as past:
                raise (past.__cause__ or past) from None

        return within(work)

    return bounded


class Discard(PythonAction):  # type: ignore[misc]  # doit ships no annotations
    """What `doit clean` does for an artifact; doit prints it by its name."""

    def __init__(self, factory: Factory, artifact: str) -> None:
        super().__init__(_discard, [factory, artifact])

    def __str__(self) -> str:
        return "remove its work tree; the record stays"


class _Past(BaseException):
    """Carries a failure past doit, which prints the traceback of each `Exception` and goes on."""


def _discard(factory: Factory, name: str) -> None:
    try:
        workspace.discard(factory, name)
    except Exception as error:
        raise _Past from error


class Uptodate:
    """Whether a stage's entry is still true, as doit asks for it; `doit info` prints why not."""

    def __init__(self, factory: Factory, stage: Stage) -> None:
        self.factory, self.stage = factory, stage
        self.answer: object = None

    def __call__(self) -> bool:
        artifact = self.factory.plan.artifact(self.stage.artifact)
        assert artifact is not None, "a task belongs to an artifact"
        record = self.factory.record(self.stage.artifact)
        way = record.expected_way(self.factory.plan)
        before = {s.id for s in takewhile(lambda s: s != self.stage, way)}
        entries = [entry for entry in record.entries if entry.stage.id in before]
        self.answer = freshness(self.factory, artifact, self.stage, entries)
        return not isinstance(self.answer, Stale)

    def __repr__(self) -> str:
        return str(self.answer)


def execute(factory: Factory, artifact: str, stage_id: str) -> dict[str, Any] | TaskFailed:
    """The action of a stage's task; what it returns reaches the reporter."""
    if resting(factory, stage_named(artifact, stage_id)):
        return {"state": "paused"}
    try:
        done = run_stage(factory, artifact, stage_id)
    except Exception as error:
        if isinstance(error, (Held, UserError)) and rests(factory, artifact):
            return {"state": "paused"}
        if isinstance(error, Paused):
            return {"state": "paused"}
        log = factory.ledger.work / "factoryline.log"
        failure = failure_of(error, root=factory.plan.home, log=log)
        kind = TaskFailed if failure.code is ExitCode.FAILED else TaskError
        return kind(failure.text)
    if isinstance(done, Waiting):
        return {"state": "waiting"}
    entry = done.entry
    left = to_mend(entry)
    if left and entry.outcome == "fail":
        left.append(f"factory logs {entry.stage}")
    seconds = entry.run.seconds
    return {"state": "done", "summary": done.summary, "seconds": seconds, "left": left}


def rests(factory: Factory, artifact: str) -> bool:
    """Whether the stage that is due waits for its time; those after it wait with it."""
    step = standing(factory, artifact).record.way.next
    return step is not None and resting(factory, step) is not None


def task_of(factory: Factory, task: StageTask, *, sealed: bool) -> Task:
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


def grouped(name: str, tasks: Sequence[str], *, doc: str = "", clean: Sequence[Any] = ()) -> Task:
    return Task(name, None, task_dep=list(tasks), has_subtask=True, doc=doc, clean=list(clean))


def later(
    name: str, creator: Callable[[], Iterator[Task]], after: str | None, *, doc: str = ""
) -> Task:
    """A task that is made when doit comes to it, after the task `after`."""
    return Task(name, None, loader=DelayedLoader(creator, executed=after), doc=doc)


def refuse(factory: Factory, empty: Exhausted) -> TaskFailed:
    told = Diagnostic(message=empty.reason, span=empty.span, help=empty.help)
    return TaskFailed(render([told], root=factory.plan.home))


def fail(reason: str, help: str) -> TaskFailed:
    return TaskFailed(f"error: {reason}\nhelp: {help}")
