"""The JSON of `jest --json` and `vitest --reporter=json`: files, and the tests in each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from factoryline.diagnostics import plural
from factoryline.verification.reports.base import (
    Format,
    Outcome,
    Report,
    Test,
    Unreadable,
    decoded,
    shortened,
)

_OUTCOMES: Mapping[str, Outcome] = {
    "passed": "passed",
    "failed": "failed",
    "pending": "skipped",
    "skipped": "skipped",
    "disabled": "skipped",
    "todo": "skipped",
}


def read(data: bytes) -> Report:
    """The report of a JSON text, which may follow what the runner printed. Raises Unreadable."""
    value = _value(decoded(data))
    try:
        tests = tuple(test for file in value["testResults"] for test in _tests(file))
        return Report(tests=tests, doubt=_doubt(value, tests))
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"does not have the shape of jest's: {error!r}") from error


FORMAT = Format(name="jest JSON", read=read)


def _value(text: str) -> Any:
    start = re.search(r"^\s*\{", text, re.MULTILINE)
    if start is None:
        raise Unreadable("is not JSON")
    try:
        return json.JSONDecoder().raw_decode(text, text.index("{", start.start()))[0]
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is not JSON: {error}") from error


def _tests(file: Mapping[str, Any]) -> Iterator[Test]:
    path, cases = str(file["name"]), file["assertionResults"]
    for case in cases:
        status = str(case["status"])
        # A word that we do not know must not pass for a good one.
        outcome = _OUTCOMES.get(status, "failed")
        name = str(case.get("fullName") or case["title"])
        messages = [str(message) for message in case.get("failureMessages") or []]
        place = case.get("location") or {}
        yield Test(
            id=" › ".join([*map(str, case.get("ancestorTitles") or []), str(case["title"])]),
            name=name,
            file=path,
            line=int(place.get("line") or 0),
            outcome=outcome,
            message=shortened("\n\n".join(messages) or f"it is {status}")
            if outcome == "failed"
            else "",
            seconds=_seconds(case.get("duration")),
        )
    if file["status"] == "failed" and not any(case["status"] == "failed" for case in cases):
        # It could not be loaded, or broke outside of its tests.
        message = shortened(str(file.get("message") or ""))
        yield Test(id=path, file=path, outcome="failed", message=message, began=False)


def _doubt(value: Mapping[str, Any], tests: tuple[Test, ...]) -> str:
    """How the totals contradict the tests; a file that broke as a whole is none to jest."""
    cases = [case for file in value["testResults"] for case in file["assertionResults"]]
    if value["numTotalTests"] != len(cases):
        return f"states {plural(value['numTotalTests'], 'test')} and lists {len(cases)}"
    failed = any(test.outcome == "failed" for test in tests)
    if value["numFailedTests"] and not failed:
        return f"states {plural(value['numFailedTests'], 'failure')} and lists none"
    if value["success"] is not True and not failed:
        return "states that it did not succeed and lists no failure"
    return ""


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, (int, float)) else None
