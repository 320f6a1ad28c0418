"""For Graphviz: a directed graph with a cluster an artifact."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.emit.graphs.base import Edge, Graph, drawn


def form(graph: Graph) -> str:
    return "\n".join(_lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    yield f"digraph {_quoted(graph.plan.name)} {{"
    yield "  rankdir=LR; compound=true; node [shape=box];"
    clusters = {way.artifact.name: f"cluster_{n}" for n, way in enumerate(graph.ways, start=1)}
    for way in graph.ways:
        yield f"  subgraph {clusters[way.artifact.name]} {{"
        yield f"    label={_quoted(f'{way.artifact.name}: {way.artifact.title}')};"
        yield from (f"    {_quoted(str(s))} [label={_quoted(s.id)}];" for s in way.stages)
        yield "  }"
    for edge in drawn(graph):
        looks = _looks(edge)
        if edge.kind == "after":
            looks["ltail"] = clusters[edge.source.artifact]
            looks["lhead"] = clusters[edge.target.artifact]
        given = ", ".join(f"{name}={value}" for name, value in looks.items())
        yield f"  {_quoted(str(edge.source))} -> {_quoted(str(edge.target))} [{given}];"
    yield "}"


def _looks(edge: Edge) -> dict[str, str]:
    if edge.kind == "order":
        return {"style": "invis"}
    looks = {"label": _quoted(edge.label)}
    if edge.kind == "returns":
        return looks | {"style": "dashed", "constraint": "false"}
    return looks | ({"style": "bold"} if edge.kind == "after" else {})


def _quoted(text: str) -> str:
    plain = " ".join(text.split())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
