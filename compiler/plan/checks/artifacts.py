"""Every artifact can start, is verified, and has what the line's cells ask of it."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.diagnostics import Diagnostic
from factoryline.plan import graph
from factoryline.spec.model import ArtifactSpec, Spec


def check(spec: Spec) -> Iterator[Diagnostic]:
    yield from _cycles(spec)
    kinds = {cell.name.name: cell.kind for cell in spec.cells}
    on_line = {kinds.get(ref.name): ref for ref in spec.line}
    for artifact in spec.artifacts:
        yield from _verified(artifact, spec)
        if "adopt" in on_line and not artifact.adopt:
            yield Diagnostic(
                message=f"`{artifact.name.name}` has no recorded work for the line to adopt",
                span=artifact.name.span,
                help="adopt: [[changes/first.patch]] gives the first round's patch",
                code="adopt",
                related=((on_line["adopt"].span, "this cell adopts"),),
            )


def _cycles(spec: Spec) -> Iterator[Diagnostic]:
    by_name = {a.name.name: a for a in spec.artifacts}
    edges = {name: [ref.name for ref in a.after] for name, a in by_name.items()}
    for cycle in graph.cycles(edges):
        first = by_name[cycle[0]]
        ref = next(ref for ref in first.after if ref.name == cycle[1])
        yield Diagnostic(
            message=f"these artifacts wait for each other: {' → '.join(cycle)}",
            span=ref.span,
            help="remove one `after` of the circle",
            code="cycle",
        )


def _verified(artifact: ArtifactSpec, spec: Spec) -> Iterator[Diagnostic]:
    scopes = {scope.name.name: scope for scope in spec.scopes}
    for selection in artifact.verify:
        scope = scopes.get(selection.scope.name)
        if scope is None:
            continue
        uses_tests = any("{tests}" in ref.name for ref in scope.run)
        if uses_tests and not selection.tests and not scope.all:
            yield Diagnostic(
                message=f"no test is named: neither here nor in `all` of the scope "
                f"`{selection.scope.name}`",
                span=selection.scope.span,
                help="add `tests: […]` here, or `all: […]` to the scope",
                code="unverified",
                related=((scope.name.span, "the scope"),),
            )
        if selection.tests and not uses_tests:
            yield Diagnostic(
                message=f"the scope `{selection.scope.name}` does not use {{tests}}, so these "
                "would not be asked for",
                span=selection.scope.span,
                help='put "{tests}" into the scope\'s `run`, or leave the tests out',
                code="unverified",
                related=((scope.name.span, "the scope"),),
            )
