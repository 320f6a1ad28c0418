"""The loop, unrolled: which stages an artifact goes through, given how the ones before ended.

doit's graph has no cycles and the record must not be overwritten, so every pass through the loop is
a round of its own: `scout`, `1-build`, `1-verify`, … `2-build`, …, `note`. Cells before the first
one that a round can return to happen once. Pure: the ledger comes in as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from factoryline.diagnostics import plural
from factoryline.plan.model import Cell, Plan

OPENS = {
    "fail": "retry",
    "object": "critique",
    "request-changes": "rework",
    "conflict": "conflict",
}
"""The outcomes that open the next round, and what such a round is called."""

WHY = {
    "fail": "{stage} failed",
    "object": "{stage} objects",
    "request-changes": "{stage} asks for changes",
    "conflict": "it conflicts with {base}",
}
"""What to say of an outcome that opens the next round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One cell working on one artifact, in one round (None for what happens once)."""

    artifact: str
    cell: str
    round: int | None
    opened_by: str = field(default="start", compare=False)

    @property
    def id(self) -> str:
        return self.cell if self.round is None else f"{self.round}-{self.cell}"

    def __str__(self) -> str:
        return f"{self.artifact}/{self.id}"


def stage_named(artifact: str, stage_id: str) -> Stage:
    """The stage that an id means: `scout`, `2-build`."""
    number, dash, cell = stage_id.partition("-")
    if dash and number.isdigit():
        return Stage(artifact=artifact, cell=cell, round=int(number))
    return Stage(artifact=artifact, cell=stage_id, round=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The line cannot go on with an artifact: nothing is left that a run could try."""

    after: Stage
    reason: str
    help: str


Outcome = Callable[[Stage], str | None]
"""How a stage ended, or None while it has no entry that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """An artifact's way. The last of `stages` is where it stands, unless `sealed` or `blocked`."""

    stages: tuple[Stage, ...]
    blocked: Blocked | None
    sealed: bool

    @property
    def next(self) -> Stage | None:
        return None if self.sealed or self.blocked else self.stages[-1]

    def before(self, stage: Stage) -> tuple[Stage, ...]:
        """The stages on the way to `stage`."""
        return self.stages[: self.stages.index(stage)]


def walk(plan: Plan, artifact: str, outcome: Outcome) -> Walk:
    """Follow an artifact through the line until a stage has no outcome."""
    stages: list[Stage] = []
    blocked: Blocked | None = None
    for step in _steps(plan, artifact, outcome):
        if isinstance(step, Blocked):
            blocked = step
        else:
            stages.append(step)
    sealed = not blocked and outcome(stages[-1]) is not None
    return Walk(stages=tuple(stages), blocked=blocked, sealed=sealed)


def expected(plan: Plan, artifact: str, outcome: Outcome) -> tuple[Stage, ...]:
    """The way so far, and the rest of it if nothing more goes wrong."""

    def optimistic(stage: Stage) -> str:
        return outcome(stage) or "done"

    return walk(plan, artifact, optimistic).stages


def _steps(plan: Plan, artifact: str, outcome: Outcome) -> Iterator[Stage | Blocked]:
    cells = plan.way
    loop = _loop_start(plan)
    spent = dict.fromkeys(OPENS.values(), 0)
    index, number, opened_by = 0, 1, "start"
    while index < len(cells):
        cell = cells[index]
        stage = Stage(
            artifact=artifact,
            cell=cell.name,
            round=number if index >= loop and not cell.facts.whole else None,
            opened_by=opened_by,
        )
        yield stage
        ended = outcome(stage)
        if ended is None:
            return
        index += 1
        if ended not in OPENS or _left_to_review(plan, cell, cells[index:], spent):
            continue
        opened_by = OPENS[ended]
        spent[opened_by] += 1
        why = WHY[ended].format(stage=stage, base=plan.target.base)
        blocked = _refuse(plan, stage, cell, opened_by, spent, why)
        if blocked:
            yield blocked
            return
        number, index = number + 1, _return_to(plan, cell)
    yield Stage(artifact=artifact, cell=plan.note.name, round=None)


def _left_to_review(plan: Plan, cell: Cell, after: tuple[Cell, ...], spent: dict[str, int]) -> bool:
    """Whether a critic's objection opens no round: a person who reviews has the last word."""
    if cell.kind != "critic" or not any(c.kind == "review" for c in after):
        return False
    return cell.returns is None or spent["critique"] >= plan.flow.critiques


def upstream(plan: Plan, stage: Stage, before: Sequence[Stage]) -> list[Stage]:
    """The stages whose hand-offs a stage takes: for each contract, the newest."""
    cell = plan.cell(stage.cell)
    if cell.facts.whole:
        return list(before)
    newest = {plan.cell(earlier.cell).hands.name: earlier for earlier in before}
    return [newest[c.name] for c in cell.takes if c.name in newest]


def _loop_start(plan: Plan) -> int:
    targets = [_return_to(plan, cell) for cell in plan.line if cell.returns]
    return min(targets, default=len(plan.line) + 1)


def _return_to(plan: Plan, cell: Cell) -> int:
    names = [c.name for c in plan.line]
    if cell.returns:
        return names.index(cell.returns)
    # A merge that conflicts goes back to where a review would send the artifact.
    return min(names.index(c.returns) for c in plan.line if c.returns)


def _refuse(
    plan: Plan, stage: Stage, cell: Cell, opened_by: str, spent: dict[str, int], why: str
) -> Blocked | None:
    if not any(c.returns for c in ((cell,) if cell.kind != "merge" else plan.line)):
        who = "a cell of the line" if cell.kind == "merge" else f"the cell `{cell.name}`"
        return Blocked(
            after=stage,
            reason=f"{why}, and its cell returns to none",
            help=f"give {who} a `returns:`, or change the artifact",
        )
    flow = plan.flow
    used, budget, noun, name = {
        "rework": (spent["rework"], flow.reworks, "rework", "reworks"),
        "critique": (spent["critique"], flow.critiques, "critique", "critiques"),
    }.get(opened_by, (spent["retry"] + spent["conflict"], flow.retries, "retry", "retries"))
    if used <= budget:
        return None
    return Blocked(
        after=stage,
        reason=f"{why}, and the budget of {plural(budget, noun, name)} is spent",
        help=f"raise `flow: {{{name}: {budget + 1}}}`, or change the artifact's goal",
    )
