"""A stage as a task: its name, what it waits for, what it makes. Plain values; `run/tasks.py`
makes doit's tasks of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from factoryline.plan.model import Plan
from factoryline.plan.rounds import Stage


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


def upstream(plan: Plan, stage: Stage, before: Sequence[Stage]) -> list[Stage]:
    """The stages whose hand-offs a stage takes: for each contract, the newest."""
    cell = plan.cell(stage.cell)
    if cell.facts.whole:
        return list(before)
    newest = {plan.cell(earlier.cell).hands.name: earlier for earlier in before}
    return [newest[c.name] for c in cell.takes if c.name in newest]


def _doc(plan: Plan, stage: Stage) -> str:
    cell = plan.cell(stage.cell)
    within = f", round {stage.round}" if stage.round else ""
    return f"{cell.kind}: hands {cell.hands.name}{within}"
