"""For code scanning and editors: SARIF 2.1.0, the OASIS standard for static analysis results."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from factoryline import VERSION
from factoryline.diagnostics import Diagnostic, Span
from factoryline.emit.diagnostics.base import Found

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
"""Optional in the standard, but services that take SARIF in ask for it."""


def form(found: Found) -> str:
    codes = sorted({_code(diagnostic) for diagnostic in found.diagnostics})
    run = {
        "tool": {
            "driver": {
                "name": "factoryline",
                "version": VERSION,
                "semanticVersion": VERSION,
                "rules": [{"id": code} for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, diagnostic, codes) for diagnostic in found.diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(found: Found, diagnostic: Diagnostic, codes: list[str]) -> dict[str, Any]:
    code = _code(diagnostic)
    help = f"\nhelp: {diagnostic.help}" if diagnostic.help else ""
    result: dict[str, Any] = {
        "ruleId": code,
        "ruleIndex": codes.index(code),
        "level": diagnostic.severity,
        "message": {"text": diagnostic.message + help},
        "locations": [{"physicalLocation": _place(found, diagnostic.span)}],
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _place(found, span), "message": {"text": why}}
            for number, (span, why) in enumerate(diagnostic.related, start=1)
        ]
    return result


def _code(diagnostic: Diagnostic) -> str:
    return diagnostic.code or "specification"


def _place(found: Found, span: Span) -> dict[str, Any]:
    # A relative reference with its signs escaped, which is what is left of an address of a file.
    uri = PurePosixPath("/", found.path(span)).as_uri().removeprefix("file:///")
    return {
        "artifactLocation": {"uri": uri},
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endColumn": span.column + span.width,
        },
    }
