"""For programs: a list of problems, each with its place as numbers. Files are named as in the text,
relative to the folder of factory.yaml.
"""

from __future__ import annotations

import json
from typing import Any

from factoryline.diagnostics import Diagnostic, Span
from factoryline.emit.diagnostics.base import Found


def form(found: Found) -> str:
    # In ASCII, so that it survives every terminal, pipe and file name.
    return json.dumps([_problem(diagnostic) for diagnostic in found.diagnostics], indent=2)


def _problem(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        **_place(diagnostic.span),
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "related": [{**_place(span), "message": why} for span, why in diagnostic.related],
    }


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column, "width": span.width}
