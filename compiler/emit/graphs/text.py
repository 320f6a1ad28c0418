"""For people: the line a cell a row, the scopes, and what each artifact goes through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from factoryline.diagnostics import listing, percent
from factoryline.emit.graphs.base import Graph, Way, scopes, stations
from factoryline.plan.model import Cell, Plan, Proof, Scope, Selection, Touches


def form(graph: Graph) -> str:
    plan = graph.plan
    lines = [f"{plan.name}, {_target(plan)}", ""]
    lines += _table([(c.name, c.kind, _cell(c)) for c in stations(plan)])
    if used := scopes(plan):
        lines += ["", *_table([(f"scope {s.name}", s.report, _scope(s)) for s in used])]
    for way in graph.ways:
        lines += ["", *_way(way)]
    return "\n".join(lines)


def _target(plan: Plan) -> str:
    merge = plan.flow.merge
    how = f"{merge} into {plan.target.base}" if merge != "none" else f"on {plan.target.base}"
    return f"{how}, wip {plan.flow.wip}"


def _cell(cell: Cell) -> str:
    taken = [contract.name for contract in cell.takes]
    taken += ["feedback"] if cell.feedback else []
    parts = [f"takes {listing(taken)}"] if taken else []
    parts.append(f"hands {cell.hands.name}")
    if edits := _touches(cell.touches):
        parts.append(f"edits {edits}")
    if cell.agent:
        parts.append(
            f"by {cell.agent.name}" + (f" ({cell.agent.model})" if cell.agent.model else "")
        )
    if cell.run:
        parts.append(f"by {' '.join(cell.run)}")
    if cell.returns:
        parts.append(f"no: back to {cell.returns}")
    return "; ".join(parts)


def _touches(touches: Touches) -> str:
    return listing([*(surface.name for surface in touches.surfaces), *touches.globs])


def _scope(scope: Scope) -> str:
    place = f"in {scope.cwd}: " if scope.cwd != "." else ""
    return place + " ".join(scope.run)


def _way(way: Way) -> Iterator[str]:
    artifact = way.artifact
    yield f"{artifact.name}: {' '.join(artifact.title.split())}"
    if artifact.after:
        yield f"  after {listing(artifact.after)}"
    yield f"  {' → '.join(stage.id for stage in way.stages)}"
    for selection in artifact.verify:
        yield f"  {selection.scope.name}: {_tests(selection)}"
    if asked := list(_proof(artifact.proof)):
        yield f"  proof: {listing(asked)}"


def _tests(selection: Selection) -> str:
    if selection.select:
        some = "the likeliest of those" if selection.effort == "inner" else "those"
        whole = ", and all of them before the packet is made" if selection.before_merge else ""
        return f"{some} that the change needs, of {listing(selection.scope.all) or 'all'}{whole}"
    return listing(selection.chosen) or "all"


def _proof(proof: Proof) -> Iterator[str]:
    if proof.fails_before:
        yield "a test fails before"
    if proof.covers:
        yield f"{percent(proof.covers)} of the changed lines run"
    if proof.mutants:
        share = f", {percent(proof.caught)} of them noticed" if proof.caught else ""
        yield f"{proof.mutants} mutants tried{share}"


def _table(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, kind, text in rows:
        yield f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {text}".rstrip()
