"""Every artifact can start, is verified, and has what the line's cells ask of it."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.diagnostics import Diagnostic
from factoryline.plan import graph
from factoryline.spec.model import ArtifactSpec, ScopeSpec, SelectionSpec, Spec


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
        yield from _selected(selection, scope, uses_tests=uses_tests)
        if uses_tests and not selection.tests and not selection.select and not scope.all:
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


def _selected(
    selection: SelectionSpec, scope: ScopeSpec, *, uses_tests: bool
) -> Iterator[Diagnostic]:
    name = selection.scope.name
    if selection.select and selection.tests:
        yield Diagnostic(
            message="the tests are named here, and found from the change as well",
            span=selection.select.span,
            help="leave out `select`, or the tests",
            code="selection",
        )
    if selection.select and not uses_tests and not scope.related:
        yield Diagnostic(
            message=f"the scope `{name}` does not use {{tests}}, so no choice can be made",
            span=selection.select.span,
            help='put "{tests}" into the scope\'s `run`, or leave out `select`',
            code="selection",
            related=((scope.name.span, "the scope"),),
        )
    if selection.select and uses_tests and not scope.all:
        yield Diagnostic(
            message=f"the scope `{name}` does not say what `all` of it is, which runs where the "
            "effect of a change is unknown",
            span=selection.select.span,
            help="add `all: […]` to the scope",
            code="selection",
            related=((scope.name.span, "the scope"),),
        )
    if selection.effort and not selection.select:
        yield Diagnostic(
            message="`effort` says how much is selected, and nothing is selected here",
            span=selection.effort.span,
            help="add `select: changed`, or leave out `effort`",
            code="selection",
        )
    if selection.before_merge and not scope.all:
        yield Diagnostic(
            message=f"the scope `{name}` does not say what `all` of it is",
            span=selection.before_merge.span,
            help="add `all: […]` to the scope, or leave out `before_merge`",
            code="selection",
            related=((scope.name.span, "the scope"),),
        )
    elif selection.before_merge and not selection.select and not selection.tests:
        yield Diagnostic(
            message="everything in the scope runs here anyway",
            span=selection.before_merge.span,
            help="leave out `before_merge`, or select tests: `select: changed`",
            code="selection",
        )
