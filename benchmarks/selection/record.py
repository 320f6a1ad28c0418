"""A pytest plugin, loaded with `-p record`: one line of JSON a test, with outcome and seconds.

Ids are pytest's own, so that they can be compared with a selection; a failed setup or teardown is a
failed test, a file that cannot be collected is one too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

OUTCOMES: dict[str, list[Any]] = {}


def pytest_runtest_logreport(report: Any) -> None:
    before, seconds = OUTCOMES.get(report.nodeid, ["skipped", 0.0])
    outcome = before
    if report.failed:
        outcome = "failed"
    elif report.when == "call" and report.passed and before != "failed":
        outcome = "passed"
    OUTCOMES[report.nodeid] = [outcome, seconds + report.duration]


def pytest_collectreport(report: Any) -> None:
    if report.failed:
        OUTCOMES[report.nodeid] = ["failed", 0.0]


def pytest_sessionfinish() -> None:
    Path(os.environ["RECORD"]).write_text(json.dumps(OUTCOMES))
