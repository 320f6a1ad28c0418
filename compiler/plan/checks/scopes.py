"""Commands of scopes and cells use placeholders that exist; reports have a place."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.diagnostics import Diagnostic
from factoryline.plan.checks.base import placeholders
from factoryline.spec.model import ScopeSpec, Spec

SCOPE_PLACEHOLDERS = ("tests", "report", "coverage", "python")
LIST_PLACEHOLDERS = ("tests", "python")
RELATED_PLACEHOLDERS = ("changed", "report", "python")
MAP_PLACEHOLDERS = ("tests", "map", "config", "python")
RULE_PLACEHOLDERS = ("path", "folder", "stem")
PROGRAM_PLACEHOLDERS = ("brief", "handoff", "worktree", "home", "artifact")


def check(spec: Spec) -> Iterator[Diagnostic]:
    for cell in spec.cells:
        yield from placeholders(cell.run, PROGRAM_PLACEHOLDERS)
    for scope in spec.scopes:
        yield from placeholders(scope.run, SCOPE_PLACEHOLDERS)
        yield from placeholders(scope.list, LIST_PLACEHOLDERS)
        yield from _coverage(scope)
        yield from placeholders(scope.related, RELATED_PLACEHOLDERS)
        yield from placeholders(scope.map, MAP_PLACEHOLDERS)
        for _, tests in scope.rules:
            yield from placeholders(tests, RULE_PLACEHOLDERS)
        if scope.related and not any("{changed}" in ref.name for ref in scope.related):
            yield Diagnostic(
                message="this command runs what is related to the change, but has no {changed}",
                span=scope.related[0].span,
                help='put "{changed}" where the command takes the changed files',
                code="placeholder",
            )
        if scope.report == "junit" and not any("{report}" in ref.name for ref in scope.run):
            yield Diagnostic(
                message=f"the scope `{scope.name.name}` reports junit, but its command "
                "does not say where",
                span=scope.name.span,
                help="give it the report's path, such as --junitxml={report}",
                code="scope-report",
            )


def _coverage(scope: ScopeSpec) -> Iterator[Diagnostic]:
    """A format of coverage data has a place, and a place has a format."""
    placed = next((ref for ref in scope.run if "{coverage}" in ref.name), None)
    if scope.coverage and not placed:
        yield Diagnostic(
            message=f"the scope `{scope.name.name}` leaves coverage data, but its command does not "
            "say where",
            span=scope.coverage.span,
            help=f"give it the place, such as {_COVERAGE_OPTIONS[scope.coverage.name]}",
            code="scope-coverage",
        )
    if placed and not scope.coverage:
        yield Diagnostic(
            message=f"the scope `{scope.name.name}` does not say what it leaves at {{coverage}}",
            span=placed.span,
            help="add `coverage: coverage-py` or `coverage: lcov`",
            code="scope-coverage",
        )


_COVERAGE_OPTIONS = {
    "coverage-py": "coverage run --data-file={coverage} -m pytest",
    "lcov": "npx jest --coverage --coverageReporters=lcovonly --coverageDirectory={coverage}",
}
