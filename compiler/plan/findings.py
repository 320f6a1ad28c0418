"""A finding as people type it: `kind: statement @ path:line`; the statement alone is enough."""

from __future__ import annotations

import re
from typing import Any

from factoryline.spec import schema


def kinds() -> tuple[str, ...]:
    """The kinds of findings, by name."""
    return tuple(_field("kind")["enum"])


def severities() -> tuple[str, ...]:
    return tuple(_field("severity")["enum"])


def read(text: str, *, kind: str = "other", severity: str = "major") -> dict[str, Any]:
    """The finding that a text means; kind and severity are those of a text that names none.

    >>> read("tests: It is not tested. @ server/app.py:3")["paths"]
    ['server/app.py:3']
    """
    text = text.strip()
    begins = _BEGINS.match(text)
    if begins and begins["kind"] in kinds() and begins["severity"] in (None, *severities()):
        kind, severity = begins["kind"], begins["severity"] or severity
        text = text[begins.end() :]
    ends = _ENDS.search(text)
    paths = [ends["place"]] if ends else []
    statement = text[: ends.start()] if ends else text
    return {
        "kind": kind,
        "severity": severity,
        "statement": statement.strip(),
        "paths": paths,
    }


_BEGINS = re.compile(r"(?P<kind>[a-z]+)(?: \((?P<severity>[a-z]+)\))?:\s+(?=\S)")
_ENDS = re.compile(r"(?<=\S)\s+@\s+(?P<place>\S+)$")


def path_of(place: str) -> str:
    """The path of a finding's place, without its line."""
    return re.sub(r":\d+$", "", place)


def _field(name: str) -> Any:
    finding = schema.builtin("recorded-review")["$defs"]["finding"]
    return finding["properties"][name]
