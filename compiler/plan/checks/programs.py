"""Programs of cells: bounds that could never take effect, and walls that leave no way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from factoryline.diagnostics import Diagnostic, span_of_time
from factoryline.plan.agents.base import merged
from factoryline.spec.model import CellSpec, Spec


def check(spec: Spec) -> Iterator[Diagnostic]:
    agents = {agent.name.name: agent for agent in spec.agents}
    for cell in spec.cells:
        yield from _idle(cell)
        named = [cell.agent, *(a.agent for a in spec.artifacts if cell.builds)]
        for name in dict.fromkeys(ref.name if ref else "" for ref in named):
            yield from _network(cell, merged(agents[name]) if name in agents else {})


def _network(cell: CellSpec, agent: Mapping[str, Any]) -> Iterator[Diagnostic]:
    name = cell.name.name
    if cell.network is None or cell.network.name != "none":
        return
    if cell.sandbox is None:
        yield Diagnostic(
            message=f"nothing keeps `{name}` from the network: it has no sandbox",
            span=cell.network.span,
            help="add `sandbox: bubblewrap`",
            code="network",
        )
    if agent.get("meter"):
        yield Diagnostic(
            message=f"`{name}` has no network, and the meter that counts its requests is reached "
            "over one",
            span=cell.network.span,
            help="leave out `network: none` here, or `meter: true` of the agent",
            code="network",
        )
    elif any(agent.get("endpoint", {}).get(key) for key in ("url", "upstream")):
        yield Diagnostic(
            message=f"`{name}` has no network, and its agent reaches its provider over one",
            span=cell.network.span,
            help="leave `network` out; `sandbox: bubblewrap` alone bounds what it can write",
            severity="warning",
            code="network",
        )


def _idle(cell: CellSpec) -> Iterator[Diagnostic]:
    if cell.idle and cell.idle_span and cell.timeout and cell.idle >= cell.timeout:
        yield Diagnostic(
            message=f"`{cell.name.name}` is ended after {span_of_time(cell.timeout)} anyway, so "
            f"that an `idle` of {span_of_time(cell.idle)} never takes effect",
            span=cell.idle_span,
            help="make it shorter than `timeout`, or leave it out",
            severity="warning",
            code="idle",
        )
