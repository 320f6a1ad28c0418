"""Every name leads somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from factoryline.diagnostics import Diagnostic, did_you_mean
from factoryline.plan import builtin
from factoryline.plan.checks.base import unknown
from factoryline.spec.model import CellSpec, Ref, Spec

RESERVED_CELLS = ("merge", "note")
RESERVED_ARTIFACTS = frozenset(
    "clean dumpdb forget help ignore info list reset-dep run strace tabcompletion".split()
)
"""doit's own commands: `doit list` would not mean the artifact."""


def check(spec: Spec) -> Iterator[Diagnostic]:
    contracts = [*builtin.CONTRACTS, *(c.name.name for c in spec.contracts)]
    cells = [cell.name.name for cell in spec.cells]
    surfaces = [surface.name.name for surface in spec.surfaces]
    for ref in spec.line:
        yield from unknown(ref, "cell", cells)
    for cell in spec.cells:
        yield from _cell(cell, spec, contracts, surfaces, cells)
    for scope in spec.scopes:
        yield from _paths(scope.of, surfaces)
    for contract in spec.contracts:
        if contract.name.name == builtin.FEEDBACK:
            yield Diagnostic(
                message=f"`{builtin.FEEDBACK}` is what earlier rounds left to mend, "
                "and no contract",
                span=contract.name.span,
                help="give the contract another name",
                code="reserved-name",
            )
    for artifact in spec.artifacts:
        for selection in artifact.verify:
            yield from unknown(selection.scope, "scope", [s.name.name for s in spec.scopes])
        if artifact.agent:
            yield from _builder(artifact.agent, spec)
        for ref in artifact.after:
            yield from unknown(ref, "artifact", [a.name.name for a in spec.artifacts])
        if artifact.name.name in RESERVED_ARTIFACTS:
            yield Diagnostic(
                message=f"`{artifact.name.name}` is a command of doit",
                span=artifact.name.span,
                help="give the artifact another name, so that it can be named on the command line",
                code="reserved-name",
            )


def _builder(agent: Ref, spec: Spec) -> Iterator[Diagnostic]:
    wrong = list(unknown(agent, "agent", [one.name.name for one in spec.agents]))
    yield from wrong
    line = [ref.name for ref in spec.line]
    if not wrong and not any(cell.builds and cell.name.name in line for cell in spec.cells):
        yield Diagnostic(
            message=f"no cell of the line lets an agent build, so `{agent.name}` has nothing to do",
            span=agent.span,
            help=f"leave it out, or let one build: `build: {{kind: agent, agent: {agent.name}, "
            "hands: change, …}`",
            code="artifact-agent",
        )


def _cell(
    cell: CellSpec, spec: Spec, contracts: list[str], surfaces: list[str], cells: list[str]
) -> Iterator[Diagnostic]:
    for ref in cell.takes:
        yield from unknown(ref, "contract", [*contracts, builtin.FEEDBACK])
    if cell.hands:
        yield from unknown(cell.hands, "contract", contracts)
    if cell.agent:
        yield from unknown(cell.agent, "agent", [agent.name.name for agent in spec.agents])
    if cell.returns:
        yield from unknown(cell.returns, "cell", cells)
    for variant in cell.variants:
        yield from unknown(variant.surface, "surface", surfaces)
    yield from _paths(cell.touches or (), surfaces)
    if cell.name.name in RESERVED_CELLS:
        yield Diagnostic(
            message=f"`{cell.name.name}` is the name of a station that every line ends with",
            span=cell.name.span,
            help="give the cell another name",
            code="reserved-name",
        )


def _paths(refs: Iterable[Ref], surfaces: list[str]) -> Iterator[Diagnostic]:
    """A word without a slash, a star or a dot can only be meant as a surface."""
    for ref in refs:
        if ref.name not in surfaces and not set(ref.name) & set("/*.?[!"):
            yield Diagnostic(
                message=f"there is no surface named `{ref.name}`",
                span=ref.span,
                help=did_you_mean(ref.name, surfaces) or "a folder is written with a slash",
                code="unknown-name",
            )
