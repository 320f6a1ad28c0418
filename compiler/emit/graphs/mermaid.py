"""For a page or a pull request: a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.emit.graphs.base import Edge, Graph, drawn
from factoryline.plan.rounds import Stage


def form(graph: Graph) -> str:
    return "\n".join(_lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    yield "flowchart LR"
    # Names of ours could be words of Mermaid's, such as `end`; numbers cannot.
    ids: dict[Stage, str] = {}
    for number, way in enumerate(graph.ways, start=1):
        yield f'  subgraph a{number}["{_text(way.artifact.name)}: {_text(way.artifact.title)}"]'
        for index, stage in enumerate(way.stages, start=1):
            ids[stage] = f"a{number}s{index}"
            yield f'    {ids[stage]}["{_text(stage.id)}"]'
        yield "  end"
    for edge in drawn(graph):
        yield f"  {ids[edge.source]} {_arrow(edge)} {ids[edge.target]}"


def _arrow(edge: Edge) -> str:
    arrow = {"hand-off": "-->", "order": "~~~", "returns": "-.->", "after": "==>"}[edge.kind]
    return f'{arrow}|"{_text(edge.label)}"|' if edge.label else arrow


def _text(text: str) -> str:
    for sign, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(sign, entity)
    return " ".join(text.split())
