"""Commands of scopes and cells use placeholders that exist; reports have a place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from factoryline.diagnostics import Diagnostic
from factoryline.plan.checks.base import placeholders
from factoryline.spec.model import Ref, ScopeSpec, Spec

SCOPE_PLACEHOLDERS = ("tests", "report", "coverage", "prepared", "python")
LIST_PLACEHOLDERS = ("tests", "prepared", "python")
RELATED_PLACEHOLDERS = ("changed", "report", "coverage", "prepared", "python")
PREPARE_PLACEHOLDERS = ("prepared", "python")
AGAIN_PLACEHOLDERS = (
    *("test", "name", "pattern", "file"),
    *("tests", "report", "coverage", "prepared", "python"),
)
MAP_PLACEHOLDERS = ("tests", "map", "config", "python")
RULE_PLACEHOLDERS = ("path", "folder", "stem")
PROGRAM_PLACEHOLDERS = ("brief", "handoff", "worktree", "home", "artifact")


def check(spec: Spec) -> Iterator[Diagnostic]:
    for cell in spec.cells:
        yield from placeholders(cell.run, PROGRAM_PLACEHOLDERS)
    for scope in spec.scopes:
        yield from placeholders(scope.run, SCOPE_PLACEHOLDERS)
        yield from placeholders(scope.list, LIST_PLACEHOLDERS)
        yield from placeholders(scope.again, AGAIN_PLACEHOLDERS)
        yield from _coverage(scope)
        yield from _prepared(scope)
        yield from _rerun(scope)
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
        yield from _report(scope)


def _commands(scope: ScopeSpec) -> Iterator[tuple[str, Sequence[Ref]]]:
    """The commands that verify the scope, each with what a sentence calls it."""
    yield "its command", scope.run
    if scope.related:
        yield "its `related`", scope.related


def _placed(command: Sequence[Ref], placeholder: str) -> Ref | None:
    return next((ref for ref in command if placeholder in ref.name), None)


def _report(scope: ScopeSpec) -> Iterator[Diagnostic]:
    """JUnit XML is a file; the other formats may come on standard output."""
    for called, command in _commands(scope):
        if scope.report == "junit" and not _placed(command, "{report}"):
            yield Diagnostic(
                message=f"the scope `{scope.name.name}` reports junit, but {called} "
                "does not say where",
                span=scope.name.span if command is scope.run else command[0].span,
                help="give it the report's path, such as --junitxml={report}",
                code="scope-report",
            )


def _prepared(scope: ScopeSpec) -> Iterator[Diagnostic]:
    """A preparation that is kept has lock files, and keeps what lies in its own folder."""
    prepare = scope.prepare
    if prepare is None:
        return
    for command in prepare.run:
        yield from placeholders(command, PREPARE_PLACEHOLDERS)
    if prepare.keeps and not prepare.locks:
        yield Diagnostic(
            message="nothing says how long this is kept",
            span=prepare.keeps[0].span,
            help="name the files that decide it: locks: [package-lock.json]",
            code="prepare",
        )
    for keep in prepare.keeps:
        parts = keep.name.split("/")
        if keep.name.startswith("/") or {"..", "."} & set(parts):
            yield Diagnostic(
                message=f"`{keep.name}` does not lie in the scope's folder",
                span=keep.span,
                help="name a folder in it, such as node_modules; the rest is for {prepared}",
                code="prepare",
            )


def _rerun(scope: ScopeSpec) -> Iterator[Diagnostic]:
    """A test can be run again alone where single tests are reported, and a command takes one."""
    if scope.reruns is None or float(scope.reruns.name) == 0:
        if scope.again:
            yield Diagnostic(
                message="this command is never run",
                span=scope.again[0].span,
                help="say how often: reruns: 2",
                code="reruns",
            )
    elif scope.report == "exit":
        yield Diagnostic(
            message="an exit code names no test that could be run again",
            span=scope.reruns.span,
            help="let the scope report its tests, such as report: junit, or leave out `reruns`",
            code="reruns",
        )
    elif not scope.again and not any("{tests}" in ref.name for ref in scope.run):
        yield Diagnostic(
            message=f"the scope `{scope.name.name}` does not say how to run one test alone",
            span=scope.reruns.span,
            help='add `again: […]`, a command with "{test}", or put "{tests}" into `run`',
            code="reruns",
        )


def _coverage(scope: ScopeSpec) -> Iterator[Diagnostic]:
    """A format of coverage data has a place, and a place has a format."""
    for called, command in _commands(scope):
        placed = _placed(command, "{coverage}")
        if scope.coverage and not placed:
            yield Diagnostic(
                message=f"the scope `{scope.name.name}` leaves coverage data, but {called} does "
                "not say where",
                span=scope.coverage.span,
                help=f"give it the place, such as {_COVERAGE_OPTIONS[scope.coverage.name]}",
                code="scope-coverage",
            )
        if placed and not scope.coverage:
            yield Diagnostic(
                message=f"the scope `{scope.name.name}` does not say what it leaves at "
                "{coverage}",
                span=placed.span,
                help="add `coverage: coverage-py` or `coverage: lcov`",
                code="scope-coverage",
            )


_COVERAGE_OPTIONS = {
    "coverage-py": "coverage run --data-file={coverage} -m pytest",
    "lcov": "npx jest --coverage --coverageReporters=lcovonly --coverageDirectory={coverage}",
}
