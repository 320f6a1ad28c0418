"""`go test -json`: one event a line. Tests with subtests stand for these, as in TAP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from factoryline.verification.reports.base import (
    Format,
    Outcome,
    Report,
    Test,
    Unreadable,
    decoded,
    shortened,
)

_ENDS: Mapping[str, Outcome] = {"pass": "passed", "fail": "failed", "skip": "skipped"}

_NOT_BUILT = re.compile(r"FAIL\s+(\S+) \[(.+)\]$")
"""What older versions print between the events; any other line is a wrapper's."""

LINES = 400
"""How many lines of a test's output are kept while it runs."""


@dataclass
class _Run:
    """What was heard of a test, or of a package as a whole. end: None while it runs."""

    end: Outcome | None = None
    seconds: float | None = None
    output: list[str] = field(default_factory=list)


def read(data: bytes) -> Report:
    """The report of a stream of events. Raises Unreadable."""
    runs: dict[tuple[str, str], _Run] = {}
    for number, line in enumerate(decoded(data).splitlines(), start=1):
        if line.startswith("{"):
            _take(runs, _event(line, number))
        elif broken := _NOT_BUILT.match(line):
            runs[broken[1], ""] = _Run(end="failed", output=[broken[2]])
    if not runs:
        raise Unreadable("has no event of `go test -json`")
    parents = {(package, name.rpartition("/")[0]) for package, name in runs if "/" in name}
    tests = tuple(_tests(runs, parents))
    open_ones = [package for (package, name), run in runs.items() if not name and run.end is None]
    doubt = f"stops before {open_ones[0]} is done" if open_ones else ""
    return Report(tests=tests, doubt=doubt)


FORMAT = Format(name="go test output", read=read)


def _event(line: str, number: int) -> Mapping[str, Any]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is not JSON at line {number}: {error}") from error
    if not isinstance(event, dict):
        raise Unreadable(f"has no event at line {number}")
    return event


def _take(runs: dict[tuple[str, str], _Run], event: Mapping[str, Any]) -> None:
    # Events of a build name an ImportPath and no package.
    package, action = str(event.get("Package") or ""), str(event.get("Action") or "")
    if not package:
        return
    runs.setdefault((package, ""), _Run())
    run = runs.setdefault((package, str(event.get("Test") or "")), _Run())
    if action == "output" and len(run.output) < LINES:
        run.output.append(str(event.get("Output") or ""))
    elif action in _ENDS:
        run.end = _ENDS[action]
        took = event.get("Elapsed")
        run.seconds = float(took) if isinstance(took, (int, float)) else None


def _tests(runs: Mapping[tuple[str, str], _Run], parents: set[tuple[str, str]]) -> Iterator[Test]:
    failed = {place for place, run in runs.items() if place[1] and run.end in ("failed", None)}
    # A test or a package is to blame itself only where nothing in it is.
    excused = {(package, name.rpartition("/")[0]) for package, name in failed if "/" in name}
    excused |= {(package, "") for package, _ in failed}
    for (package, name), run in runs.items():
        blamed = run.end in ("failed", None) and (package, name) not in excused
        if (blamed and (name or run.end)) or (name and (package, name) not in parents):
            yield _test(package, name, run)


def _test(package: str, name: str, run: _Run) -> Test:
    outcome: Outcome = run.end or "failed"
    message = "".join(run.output) if run.end else "it began and never ended\n" + "".join(run.output)
    return Test(
        id=f"{package}.{name}" if name else package,
        name=name,
        file=package,
        outcome=outcome,
        message=shortened(message) if outcome == "failed" else "",
        seconds=run.seconds,
        began=bool(name),
    )
