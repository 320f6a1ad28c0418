"""Commands of scopes and cells use placeholders that exist; reports have a place."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.diagnostics import Diagnostic
from factoryline.plan.checks.base import placeholders
from factoryline.spec.model import Spec

SCOPE_PLACEHOLDERS = ("tests", "report", "python")
LIST_PLACEHOLDERS = ("tests", "python")
PROGRAM_PLACEHOLDERS = ("brief", "handoff", "worktree", "home", "artifact")


def check(spec: Spec) -> Iterator[Diagnostic]:
    for cell in spec.cells:
        yield from placeholders(cell.run, PROGRAM_PLACEHOLDERS)
    for scope in spec.scopes:
        yield from placeholders(scope.run, SCOPE_PLACEHOLDERS)
        yield from placeholders(scope.list, LIST_PLACEHOLDERS)
        if scope.report == "junit" and not any("{report}" in ref.name for ref in scope.run):
            yield Diagnostic(
                message=f"the scope `{scope.name.name}` reports junit, but its command "
                "does not say where",
                span=scope.name.span,
                help="give it the report's path, such as --junitxml={report}",
                code="scope-report",
            )
