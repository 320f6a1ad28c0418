"""The plan: what factory.yaml means. Whoever holds one of these objects holds a valid one.

Each field's side is declared here and only here: a field shapes the result of the stages that read
its object, unless it is marked `Aside` (positions, time limits, budgets). `digest.shape` reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from factoryline.diagnostics import Span
from factoryline.plan.kinds import KINDS, Kind

if TYPE_CHECKING:
    import pathspec


class Side:
    """The mark of a field that cannot shape a result, or that is an input of its own."""


T = TypeVar("T")
Aside = Annotated[T, Side]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The repository that the line works on: an existing one, or one made from a folder."""

    span: Aside[Span]
    repo: Aside[Path | None]
    scaffold: Aside[Path | None]
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A named set of paths. The patterns are gitignore's, relative to the target."""

    name: str
    globs: tuple[str, ...]

    def holds(self, path: str) -> bool:
        return bool(_matcher(self.globs).match_file(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Touches:
    """What a cell may edit. Both empty means nothing at all."""

    surfaces: tuple[Surface, ...] = ()
    globs: tuple[str, ...] = ()

    def allows(self, path: str) -> bool:
        every = tuple(g for s in self.surfaces for g in s.globs) + self.globs
        return bool(every and _matcher(every).match_file(path))

    def __str__(self) -> str:
        return ", ".join([*(s.name for s in self.surfaces), *self.globs]) or "nothing"


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
class Endpoint:
    """Where the provider is: an address of the user's, or the program's own (`upstream`).

    variable: by which the program is told of another address; empty where it is told otherwise.
    """

    url: str
    variable: Aside[str]
    upstream: Aside[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """JMESPath expressions over what a program left; empty where it does not say.

    inclusive: the input tokens include the cached ones. cumulative: a resumed conversation's
    figures include those before it.
    """

    files: Mapping[str, str]
    session: str
    message: str
    error: str
    denied: str
    usd: str
    usage: Mapping[str, str]
    inclusive: bool
    cumulative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """Regular expressions over a failed program's words, by what they mean."""

    quota: tuple[str, ...]
    auth: tuple[str, ...]
    unavailable: tuple[str, ...]
    error: tuple[str, ...]
    waits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent program: how it is called without a person, and how to read what it left.

    profile: the program's name among ours. brief: stdin, argument or file. handoff: file or
    message. home: private or shared. passes, credentials: names of environment variables, the
    former also as beginnings (`AWS_*`). codes: what exit codes mean, by number as text. meter:
    whether its requests are counted on their way.
    """

    name: Aside[str]
    span: Aside[Span]
    profile: Aside[str]
    command: tuple[str, ...]
    resume: Aside[tuple[str, ...]]
    brief: str
    handoff: str
    home: str
    model: str | None
    env: Mapping[str, str]
    files: Mapping[str, str]
    endpoint: Endpoint
    passes: Aside[tuple[str, ...]]
    credentials: Aside[tuple[str, ...]]
    version: Aside[tuple[str, ...]]
    tried: Aside[tuple[str, ...]]
    meter: Aside[bool]
    prices: Aside[Mapping[str, Any]]
    reads: Aside[Reads]
    codes: Aside[Mapping[str, str]]
    signs: Aside[Signs]


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
    returns: the cell at which the next round begins when this one says no.
    timeout: seconds an attempt may take. idle: seconds for which its program may be silent.
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
    files: int | None = None
    commits: int | None = None
    jobs: Aside[int] = 1

    @property
    def facts(self) -> Kind:
        return KINDS[self.kind]

    @property
    def programs(self) -> tuple[str, ...]:
        """The factory's own files that the cell's command names, relative to its home."""
        command = (*self.run, *(self.agent.command if self.agent else ()))
        return tuple(w.removeprefix("{home}/") for w in command if w.startswith("{home}/"))

    @property
    def decides(self) -> bool:
        """Whether the line goes on in more than one way after this cell."""
        return self.kind in ("verify", "critic", "review", "merge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Files that match `glob` need these tests; {path}, {folder} and {stem} are the file's."""

    glob: str
    tests: tuple[str, ...]

    def holds(self, path: str) -> bool:
        return bool(_matcher((self.glob,)).match_file(path))

    def tests_for(self, path: str) -> tuple[str, ...]:
        folder, _, name = path.rpartition("/")
        words = {"{path}": path, "{folder}": folder or ".", "{stem}": name.partition(".")[0]}
        found = []
        for test in self.tests:
            for word, value in words.items():
                test = test.replace(word, value)
            found.append(test)
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """The commands that a scope needs before it can run, in its folder.

    locks: the files that decide the result; without them the commands run for every check.
    keeps: the folders that are kept and put into every checkout, beside what lies in {prepared}.
    """

    run: tuple[tuple[str, ...], ...]
    locks: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A way to verify one part of the repository.

    timeout: in seconds. coverage: the format that its runs leave at {coverage}; empty for none.
    requires: programs without which it cannot run. inherits: variables that it gets from outside.
    reruns: how often a failed test is run again alone, by the command `again` (or `run`).
    flaky: whether a test that passes then is told (`tell`) or fails the check (`fail`).
    leaves: patterns of what its run may leave in the checkout. inputs: patterns of the paths that
    shape its result; none means every path. reuse: whether an earlier pass may stand for a run.
    """

    name: str
    span: Aside[Span]
    run: tuple[str, ...]
    report: str
    cwd: str
    env: Mapping[str, str]
    all: tuple[str, ...]
    list: tuple[str, ...]
    timeout: Aside[float]
    coverage: str = ""
    rules: tuple[Rule, ...] = ()
    related: tuple[str, ...] = ()
    map: Aside[tuple[str, ...]] = ()
    requires: Aside[tuple[str, ...]] = ()
    inherits: tuple[str, ...] = ()
    prepare: Prepare | None = None
    reruns: int = 0
    again: tuple[str, ...] = ()
    flaky: str = "tell"
    leaves: tuple[str, ...] = ()
    inputs: Aside[tuple[str, ...]] = ()
    reuse: Aside[bool] = True

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that it cannot do without, as they are named."""
        commands = [self.run, self.list, self.again, *(self.prepare.run if self.prepare else ())]
        named = [*self.requires, *(command[0] for command in commands if command)]
        return tuple(dict.fromkeys(name for name in named if "{" not in name))

    def may_leave(self, path: str) -> bool:
        return bool(self.leaves and _matcher(self.leaves).match_file(path))

    def reads(self, path: str) -> bool:
        return not self.inputs or bool(_matcher(self.inputs).match_file(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A scope and the tests in it that cover an artifact; no tests means the scope's `all`.

    select: `changed` where the tests come from the change. effort: `inner` or `merge`.
    before_merge: `all` where everything runs once more at the end.
    """

    scope: Scope
    tests: tuple[str, ...]
    select: str = ""
    effort: str = "merge"
    before_merge: str = ""

    @property
    def chosen(self) -> tuple[str, ...]:
        return self.tests or self.scope.all


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
    """How artifacts move. None of it shapes a hand-off but `merge`. `budget` is for each day."""

    span: Aside[Span]
    wip: Aside[int]
    retries: Aside[int]
    reworks: Aside[int]
    critiques: Aside[int]
    merge: str
    budget: Aside[Budget | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file or revision that factory.yaml names, and where it does."""

    name: str
    span: Aside[Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a verdict has to show about its own scope.

    covers: the least share of changed lines that the selected tests execute; 0 asks for none.
    without: patterns of files whose lines do not count. mutants: how many to try.
    caught: the least share of them that the tests notice; 0 asks for none.
    mutants_timeout: seconds that all of them may take together.
    """

    fails_before: bool = False
    covers: float = 0.0
    without: tuple[str, ...] = ()
    mutants: int = 0
    caught: float = 0.0
    mutants_timeout: Aside[float] = 300.0

    def leaves_out(self, path: str) -> bool:
        return bool(self.without and _matcher(self.without).match_file(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The unit of work: one change to the target, from goal to merged."""

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
    proof: Proof = Proof()
    budget: Aside[Budget | None] = None


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
    line: tuple[Cell, ...]
    merge: Cell | None
    note: Cell
    flow: Flow
    artifacts: tuple[Artifact, ...]
    sources: tuple[str, ...] = ()
    digest: str = ""

    @property
    def way(self) -> tuple[Cell, ...]:
        """The cells as an artifact travels them, up to the note: analysts come after the merge."""
        last = tuple(cell for cell in self.line if cell.kind == "analyst")
        first = tuple(cell for cell in self.line if cell.kind != "analyst")
        return (*first, *((self.merge,) if self.merge else ()), *last)

    def artifact(self, name: str) -> Artifact | None:
        return _by_name(self.artifacts).get(name)

    def cell(self, name: str) -> Cell:
        """A cell of the line, `merge` or `note`."""
        stations: list[Cell | None] = [*self.line, self.merge, self.note]
        return next(cell for cell in stations if cell and cell.name == name)

    def surface_of(self, path: str) -> str | None:
        """The surface that a path is accounted to: the first that holds it."""
        return next((s.name for s in self.surfaces if s.holds(path)), None)

    @property
    def touchable(self) -> frozenset[str]:
        """The surfaces that some cell of the line may edit."""
        return frozenset(s.name for cell in self.line for s in cell.touches.surfaces)


@cache
def _matcher(globs: Iterable[str]) -> pathspec.GitIgnoreSpec:
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(globs)


_NAMED: dict[int, tuple[tuple[Artifact, ...], dict[str, Artifact]]] = {}


def _by_name(artifacts: tuple[Artifact, ...]) -> dict[str, Artifact]:
    """The artifacts of a plan by name; made once for each plan."""
    known = _NAMED.get(id(artifacts))
    if known is None or known[0] is not artifacts:
        known = _NAMED[id(artifacts)] = (artifacts, {a.name: a for a in artifacts})
    return known[1]
