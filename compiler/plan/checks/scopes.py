"""Commands of scopes, cells and agents use placeholders that exist; reports have a place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from factoryline.diagnostics import Diagnostic, did_you_mean
from factoryline.spec.model import Ref, Spec

SCOPE_PLACEHOLDERS = ("tests", "report", "python")
LIST_PLACEHOLDERS = ("tests", "python")
PROGRAM_PLACEHOLDERS = ("brief", "handoff", "worktree", "home", "model")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def check(spec: Spec) -> Iterator[Diagnostic]:
    for argv in (*(cell.run for cell in spec.cells), *(agent.command for agent in spec.agents)):
        yield from _placeholders(argv, PROGRAM_PLACEHOLDERS)
    for scope in spec.scopes:
        yield from _placeholders(scope.run, SCOPE_PLACEHOLDERS)
        yield from _placeholders(scope.list, LIST_PLACEHOLDERS)
        if scope.report == "junit" and not any("{report}" in ref.name for ref in scope.run):
            yield Diagnostic(
                message=f"the scope `{scope.name.name}` reports junit, but its command "
                "does not say where",
                span=scope.name.span,
                help="give it the report's path, such as --junitxml={report}",
                code="scope-report",
            )


def _placeholders(argv: Sequence[Ref], known: tuple[str, ...]) -> Iterator[Diagnostic]:
    for ref in argv:
        for name in _PLACEHOLDER.findall(ref.name):
            if name not in known:
                yield Diagnostic(
                    message=f"the placeholder {{{name}}} is unknown here",
                    span=ref.span,
                    help=did_you_mean(name, known),
                    code="placeholder",
                )
