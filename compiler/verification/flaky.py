"""Failed tests, run again alone: what passes then is flaky, and never counted as passed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from factoryline.plan.model import Scope
from factoryline.verification.reports.base import Report, Test

AT_MOST = 10
"""How many failed tests are run again; where more fail, something is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaky:
    """A test that passed after it had failed `failed` times."""

    test: Test
    failed: int


Again = Callable[[Test], Report | None]
"""One more run of one test; None when it proved nothing good."""


def among(scope: Scope, failed: Sequence[Test], again: Again) -> tuple[Flaky, ...]:
    """Those of the failed tests that pass when they are run again alone, `scope.reruns` times at
    most. A run that does not report the test itself as passed shows nothing.
    """
    if not scope.reruns or len(failed) > AT_MOST:
        return ()
    return tuple(f for test in failed if (f := _flaky(test, scope.reruns, again)))


def _flaky(test: Test, reruns: int, again: Again) -> Flaky | None:
    for number in range(1, reruns + 1):
        report = again(test)
        if report and any(one.id == test.id for one in report.passed) and not report.failed:
            return Flaky(test=test, failed=number)
    return None


def words(test: Test, checkout: Path, cwd: str) -> dict[str, str]:
    """What the placeholders of `again` stand for; {tests} is the test as its runner calls it."""
    called = _node_id(test, checkout / cwd)
    # The slash is no sign of regular expressions, and go takes them apart there.
    pattern = re.sub(r"([.*+?^${}()|\[\]\\])", r"\\\1", test.name or test.id)
    file = test.file.removeprefix(f"{(checkout / cwd).resolve()}/")
    file = file.removeprefix(f"{checkout / cwd}/")
    return {"tests": called, "test": test.id, "name": test.name, "pattern": pattern, "file": file}


def _node_id(test: Test, folder: Path) -> str:
    """pytest's own word for a test of a JUnit report: `tests.test_a.TestB::c` stands for
    `tests/test_a.py::TestB::c`, where there is such a file.
    """
    suite, mark, name = test.id.partition("::")
    parts = suite.split(".")
    for length in range(len(parts), 0, -1):
        path = "/".join(parts[:length]) + ".py"
        if mark and (folder / path).is_file():
            return "::".join([path, *parts[length:], name])
    return test.id
