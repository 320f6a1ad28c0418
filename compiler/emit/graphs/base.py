"""The plan as a graph: each artifact's stages as they are expected, and what leads to what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from factoryline.plan.model import Artifact, Cell, Plan, Scope
from factoryline.plan.rounds import Stage, expected, upstream


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """From a stage to a stage. What it is:

    hand-off: the later one takes what the earlier one hands; `label` is the contract.
    order: it takes nothing of the one before it, and yet comes after it.
    returns: where the next round begins when the earlier one says no.
    after: the artifact begins when the other one is sealed.
    """

    kind: str
    source: Stage
    target: Stage
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An artifact and the stages that it goes through if nothing goes wrong."""

    artifact: Artifact
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The plan with the ways of the artifacts that are shown, and the edges among them."""

    plan: Plan
    ways: tuple[Way, ...]
    edges: tuple[Edge, ...]


Format = Callable[[Graph], str]
"""A plan's graph, to text."""


def graph(plan: Plan, only: Artifact | None = None) -> Graph:
    """The graph of the whole plan, or of one artifact's way."""
    shown = (only,) if only else plan.artifacts
    ways = tuple(Way(artifact=one, stages=_expected(plan, one)) for one in shown)
    within = (edge for way in ways for edge in _within(plan, way.stages))
    return Graph(plan=plan, ways=ways, edges=(*within, *_between(ways)))


def drawn(graph: Graph) -> tuple[Edge, ...]:
    """The edges that a drawing needs. The note takes every hand-off; one line says as much."""
    last = {way.stages[-1]: way.stages[-2] for way in graph.ways}
    return tuple(
        edge
        for edge in graph.edges
        if edge.kind != "hand-off" or last.get(edge.target, edge.source) == edge.source
    )


def stations(plan: Plan) -> tuple[Cell, ...]:
    """The cells of the line and the stations that every line ends with, in order."""
    return (*plan.way, plan.note)


def scopes(plan: Plan) -> tuple[Scope, ...]:
    """The scopes that artifacts are verified with, in the order in which they are used."""
    used = (selection.scope for artifact in plan.artifacts for selection in artifact.verify)
    return tuple({scope.name: scope for scope in used}.values())


_NO_LEDGER: Mapping[Stage, str] = {}
"""How stages ended, as far as a plan knows."""


def _expected(plan: Plan, artifact: Artifact) -> tuple[Stage, ...]:
    return expected(plan, artifact.name, _NO_LEDGER.get)


def _within(plan: Plan, stages: tuple[Stage, ...]) -> Iterator[Edge]:
    by_cell = {stage.cell: stage for stage in stages}
    for index, stage in enumerate(stages):
        taken = upstream(plan, stage, stages[:index])
        for source in taken:
            contract = plan.cell(source.cell).hands.name
            yield Edge(kind="hand-off", source=source, target=stage, label=contract)
        if index and stages[index - 1] not in taken:
            yield Edge(kind="order", source=stages[index - 1], target=stage, label="")
        back = plan.cell(stage.cell).returns
        if back:
            yield Edge(kind="returns", source=stage, target=by_cell[back], label="returns")


def _between(ways: tuple[Way, ...]) -> Iterator[Edge]:
    by_name = {way.artifact.name: way for way in ways}
    for way in ways:
        for name in way.artifact.after:
            if name in by_name:
                last, first = by_name[name].stages[-1], way.stages[0]
                yield Edge(kind="after", source=last, target=first, label="after")
