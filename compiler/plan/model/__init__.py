"""The plan: what factory.yaml means. Whoever holds one of these objects holds a valid one.

Each field's side is declared where the field is, and only there: a field shapes the result of the
stages that read its object, unless it is marked `Aside` (positions, time limits, budgets).
`digest.shape` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from factoryline.diagnostics import Span
from factoryline.plan.kinds import KINDS, Kind
from factoryline.plan.model.agents import Agent, Endpoint, Reads, Signs
from factoryline.plan.model.paths import Surface, Touches
from factoryline.plan.model.proving import Prepare, Proof, Rule, Scope, Selection
from factoryline.plan.model.sides import Aside, Side

__all__ = [
    "Agent",
    "Artifact",
    "Aside",
    "Budget",
    "Cell",
    "Contract",
    "Endpoint",
    "Flow",
    "Learning",
    "Plan",
    "Prepare",
    "Proof",
    "Reads",
    "Rule",
    "Scope",
    "Selection",
    "Side",
    "Signs",
    "Source",
    "Surface",
    "Target",
    "Template",
    "Touches",
    "Variant",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The repository that the line works on: an existing one, or one made from a folder.

    remote: where branches are pushed. repository, url: what it is called on a forge, and the
    forge's API; empty where the remote's address tells.
    """

    span: Aside[Span]
    repo: Aside[Path | None]
    scaffold: Aside[Path | None]
    base: str
    remote: Aside[str] = "origin"
    repository: Aside[str] = ""
    url: Aside[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A Jinja template. `name` is for messages."""

    name: Aside[str]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The shape of a hand-off, and the template that renders it for people."""

    name: str
    schema: Mapping[str, Any]
    template: Template | None
    span: Aside[Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What a packet gets in addition when its change touches `surface`."""

    surface: Surface
    labels: tuple[str, ...]
    checklist: tuple[str, ...]
    body: Template | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One work station of the line.

    takes: the contracts it gets; `feedback` tells whether it also gets what earlier rounds left.
    touches: None where the kind edits nothing anyway.
    returns: the cell at which the next round begins when this one does not pass.
    timeout: seconds an attempt may take. idle: seconds for which its program may be silent.
    sandbox: what holds its program; empty for nothing. network: whether that has any.
    repairs: how often a broken hand-off goes back. jobs: how many scopes are verified side by side.
    """

    name: Aside[str]
    span: Aside[Span]
    kind: str
    takes: Aside[tuple[Contract, ...]]
    feedback: Aside[bool]
    hands: Aside[Contract]
    touches: Touches
    touches_span: Aside[Span]
    returns: Aside[str | None]
    agent: Aside[Agent | None]
    prompt: Aside[Template | None]
    repairs: Aside[int]
    run: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    template: Aside[Template | None] = None
    variants: tuple[Variant, ...] = ()
    timeout: Aside[float | None] = None
    idle: Aside[float | None] = None
    sandbox: Aside[str] = ""
    network: Aside[bool] = True
    files: int | None = None
    commits: int | None = None
    jobs: Aside[int] = 1

    @property
    def facts(self) -> Kind:
        return KINDS[self.kind]

    @property
    def builds(self) -> bool:
        """Whether an agent makes the change here."""
        return self.kind == "agent" and self.hands.name == "change"

    @property
    def programs(self) -> tuple[str, ...]:
        """The factory's own files that the cell's command names, relative to its home."""
        command = (*self.run, *(self.agent.command if self.agent else ()))
        return tuple(w.removeprefix("{home}/") for w in command if w.startswith("{home}/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent; None is no bound.

    assumed: the US dollars that an attempt of unknown cost is counted as. stops: whether such an
    attempt ends it all. Otherwise it is told, and not counted in money.
    """

    span: Aside[Span]
    usd: float | None = None
    tokens: int | None = None
    minutes: float | None = None
    assumed: float | None = None
    stops: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How artifacts move. None of it shapes a hand-off but `merge`. `budget` is for each day.

    branches: the name of an artifact's branch, with {artifact} in it. sign: auto, always or never.
    notes: where a copy of each note goes; empty for nowhere.
    hooks: `run` where a person's git hooks look at what lands.
    proof: what is asked of every verdict; each artifact has it with what it asks itself.
    """

    span: Aside[Span]
    wip: Aside[int]
    calibrated: Aside[bool]
    notes: Aside[str]
    retries: Aside[int]
    reworks: Aside[int]
    critiques: Aside[int]
    merge: str
    branches: Aside[str]
    sign: Aside[str]
    hooks: Aside[str]
    proof: Aside[Proof] = field(default_factory=Proof)
    budget: Aside[Budget | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What the ledger has to show before `wip` may be above 1. None of it shapes a hand-off.

    artifacts: how many of the last sealed ones are looked at. rejected, overturned: shares, from 0
    to 1, of broken hand-offs and of passing verdicts. escapes: faults found after a merge.
    """

    artifacts: Aside[int] = 5
    rejected: Aside[float] = 0.2
    overturned: Aside[float] = 0.2
    escapes: Aside[int] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file or revision that factory.yaml names, and where it does."""

    name: str
    span: Aside[Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The unit of work: one change to the target, from goal to merged.

    base: what it starts from, in place of the base branch as it is.
    agent: who builds it, in place of the agent that the cell names.
    shape: a digest of what factory.yaml says of it, for caches.
    """

    name: str
    span: Aside[Span]
    title: str
    goal: str
    consumer: str
    source: str
    verify: tuple[Selection, ...]
    adopt: tuple[tuple[Source, ...], ...]
    reviews: tuple[Source, ...]
    after: Aside[tuple[str, ...]]
    base: Aside[Source | None] = None
    agent: Aside[Agent | None] = None
    proof: Proof = field(default_factory=Proof)
    budget: Aside[Budget | None] = None
    shape: Aside[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole factory. `home` is the folder of factory.yaml; `state/` lies there.

    line: the cells in order. merge, note: the stations at the end of every line.
    artifacts: in the order in which they start.
    sources: every file and folder that was read for it; as long as they are the same, so is it.
    digest: tells this plan from others but for its artifacts, positions included.
    """

    home: Path
    file: str
    name: str
    target: Target
    surfaces: tuple[Surface, ...]
    scopes: tuple[Scope, ...]
    line: tuple[Cell, ...]
    merge: Cell | None
    note: Cell
    flow: Flow
    learning: Learning
    artifacts: tuple[Artifact, ...]
    sources: tuple[str, ...] = ()
    digest: str = ""

    @property
    def way(self) -> tuple[Cell, ...]:
        """The cells as an artifact travels them, up to the note: analysts come after the merge."""
        last = tuple(cell for cell in self.line if cell.kind == "analyst")
        first = tuple(cell for cell in self.line if cell.kind != "analyst")
        return (*first, *((self.merge,) if self.merge else ()), *last)

    @property
    def forge(self) -> str:
        """The forge that reviews come from; empty where they are given here."""
        sources = (cell.source for cell in self.line if cell.kind == "review")
        return next((one for one in sources if one not in ("person", "recorded")), "")

    def artifact(self, name: str) -> Artifact | None:
        return _by_name(self.artifacts).get(name)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of the line, with `merge`, where it merges, and `note`."""
        return (*self.line, *((self.merge,) if self.merge else ()), self.note)

    def cell(self, name: str, artifact: str = "") -> Cell:
        """A cell of the line, `merge` or `note`; with the agent that an artifact is built by."""
        cell = next(cell for cell in self.cells if cell.name == name)
        asked = self.artifact(artifact) if artifact and cell.builds else None
        return _built_by(cell, asked.agent) if asked and asked.agent else cell

    def surface_of(self, path: str) -> str | None:
        """The surface that a path is accounted to: the first that holds it."""
        return next((s.name for s in self.surfaces if s.holds(path)), None)

    def may_touch(self, surface: str) -> bool:
        """Whether some cell of the line may edit a path of a surface, whatever names it is given.

        A surface that the plan does not have is touched by nobody.
        """
        named = next((one for one in self.surfaces if one.name == surface), None)
        return named is not None and any(cell.touches.reaches(named) for cell in self.line)

    def may_touch_any(self, patterns: Sequence[str]) -> bool:
        """Whether some cell of the line may edit a path that one of these patterns matches."""
        about = Surface(name="", globs=tuple(patterns))
        return bool(patterns) and any(cell.touches.reaches(about) for cell in self.line)


_BUILT: dict[tuple[int, int], tuple[Cell, Agent, Cell]] = {}


def _built_by(cell: Cell, agent: Agent) -> Cell:
    """A cell with another agent; made once, since digests are kept by object."""
    known = _BUILT.get((id(cell), id(agent)))
    if known is None or known[0] is not cell or known[1] is not agent:
        known = _BUILT[id(cell), id(agent)] = (cell, agent, replace(cell, agent=agent))
    return known[2]


_NAMED: dict[int, tuple[tuple[Artifact, ...], dict[str, Artifact]]] = {}


def _by_name(artifacts: tuple[Artifact, ...]) -> dict[str, Artifact]:
    """The artifacts of a plan by name; made once for each plan."""
    known = _NAMED.get(id(artifacts))
    if known is None or known[0] is not artifacts:
        known = _NAMED[id(artifacts)] = (artifacts, {a.name: a for a in artifacts})
    return known[1]
