"""The records that factory.yaml is read into. A reference is a name with its place, not an object.

Whoever holds a Spec knows that the schema is fulfilled, and nothing more: names may lead nowhere.
`plan` turns it into what it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from factoryline.diagnostics import Diagnostic, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A name, or a path, and where it stands."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSpec:
    """`repository`, `url` and `remote` are of `github`; empty where nothing is said."""

    span: Span
    repo: Ref | None
    scaffold: Ref | None
    base: str
    repository: str
    url: str
    remote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceSpec:
    name: Ref
    globs: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """What factory.yaml says of an agent, to be laid over its profile.

    places: where each key of `own` stands, `endpoint.url` for one within another.
    """

    name: Ref
    profile: Ref | None
    own: Mapping[str, Any]
    places: Mapping[str, Span]
    command: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSpec:
    """What a packet gets in addition for a surface."""

    surface: Ref
    labels: tuple[str, ...]
    checklist: tuple[str, ...]
    body: Ref | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSpec:
    """A cell of any kind; a field that its kind does not know is None or empty."""

    name: Ref
    span: Span
    kind: str
    takes: tuple[Ref, ...] = ()
    hands: Ref | None = None
    touches: tuple[Ref, ...] | None = None
    returns: Ref | None = None
    agent: Ref | None = None
    prompt: Ref | None = None
    repairs: int | None = None
    run: tuple[Ref, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    template: Ref | None = None
    variants: tuple[VariantSpec, ...] = ()
    timeout: float | None = None
    idle: float | None = None
    idle_span: Span | None = None
    sandbox: Ref | None = None
    network: Ref | None = None
    files: int | None = None
    commits: int | None = None
    jobs: int | None = None

    @property
    def builds(self) -> bool:
        """Whether an agent makes the change here."""
        return self.kind == "agent" and self.hands is not None and self.hands.name == "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSpec:
    name: Ref
    schema: Ref | None
    template: Ref | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareSpec:
    """What a scope needs before it can run; `locks` and `keeps` are paths in its folder."""

    span: Span
    run: tuple[tuple[Ref, ...], ...]
    locks: tuple[Ref, ...]
    keeps: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeSpec:
    name: Ref
    span: Span
    run: tuple[Ref, ...]
    report: str
    cwd: str
    env: Mapping[str, str]
    all: tuple[str, ...]
    list: tuple[Ref, ...]
    timeout: float | None
    coverage: Ref | None = None
    rules: tuple[tuple[Ref, tuple[Ref, ...]], ...] = ()
    related: tuple[Ref, ...] = ()
    map: tuple[Ref, ...] = ()
    requires: tuple[Ref, ...] = ()
    python: str = ""
    inherits: tuple[str, ...] = ()
    prepare: PrepareSpec | None = None
    reruns: Ref | None = None
    again: tuple[Ref, ...] = ()
    flaky: str = "tell"
    leaves: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    of: tuple[Ref, ...] = ()
    reuse: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSpec:
    """What a verdict has to show. A field that is not said is None; `spans` is where it is said."""

    span: Span
    fails_before: bool | None = None
    covers: float | None = None
    without: tuple[Ref, ...] | None = None
    mutants: int | None = None
    caught: float | None = None
    mutants_timeout: float | None = None
    covers_span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSpec:
    """`unknown` is `stop` or a number; each of the others may be left out."""

    span: Span
    usd: float | None
    tokens: int | None
    minutes: float | None
    unknown: Ref | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningSpec:
    """Thresholds of calibration; the shares are from 0 to 1."""

    artifacts: int
    rejected: float
    overturned: float
    escapes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSpec:
    span: Span
    wip: int
    calibrated: bool
    notes: str
    retries: int
    reworks: int
    critiques: int
    merge: str
    branches: str
    sign: str
    hooks: str
    proof: ProofSpec | None = None
    budget: BudgetSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionSpec:
    scope: Ref
    tests: tuple[str, ...]
    select: Ref | None = None
    effort: Ref | None = None
    before_merge: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactSpec:
    """`shape` is a digest of all that is said of it."""

    name: Ref
    span: Span
    title: str
    goal: str
    consumer: str
    source: str
    verify: tuple[SelectionSpec, ...]
    adopt: tuple[tuple[Ref, ...], ...]
    reviews: tuple[Ref, ...]
    after: tuple[Ref, ...]
    shape: str
    base: Ref | None = None
    agent: Ref | None = None
    proof: ProofSpec | None = None
    budget: BudgetSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """All that the files of a specification say. `home` is the folder of factory.yaml.

    `problems` are unknown to the schema but were found while reading (warnings included).
    `sources` are the files that were read, and the folders that were searched for them.
    """

    home: Path
    file: str
    name: str
    target: TargetSpec
    surfaces: tuple[SurfaceSpec, ...]
    agents: tuple[AgentSpec, ...]
    cells: tuple[CellSpec, ...]
    line: tuple[Ref, ...]
    contracts: tuple[ContractSpec, ...]
    scopes: tuple[ScopeSpec, ...]
    flow: FlowSpec
    learning: LearningSpec
    artifacts: tuple[ArtifactSpec, ...]
    problems: tuple[Diagnostic, ...] = ()
    sources: tuple[str, ...] = ()
