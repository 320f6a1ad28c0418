"""One scope of one verdict: run its command for some tests, and say what its report proves.

`attempt` is a run with the outcome of every test; `verify` makes a verdict's check of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factoryline.diagnostics import StageFailed, plural
from factoryline.errors import ProgramMissing, ending
from factoryline.plan.model import Scope, Selection
from factoryline.system import files, process
from factoryline.verification.reports.base import Report, Test, Unreadable, shortened
from factoryline.verification.reports.table import FORMATS

OUTPUT_CHARACTERS = 4000
"""How much of a failed run's output goes into the ledger: its end."""

FAILURES = 20
"""How many failed tests a check names; the others are counted."""

FAILURE_CHARACTERS = 1500
"""How much of each failed test's message goes into the ledger."""

REPORT_BYTES = 256_000_000
"""How large a report may be: far above 100,000 tests that all fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One run of a scope's command.

    report: the outcome of every test; None where nothing is counted or nothing could be read.
    trouble: why the run proves nothing good, in a sentence; empty when it does.
    coverage: where its coverage data lies, if it left any.
    """

    done: process.Completed
    report: Report | None
    trouble: str
    coverage: Path

    @property
    def tests(self) -> tuple[Test, ...]:
        return self.report.tests if self.report else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A scope's run for an artifact, and the check of the verdict that it makes."""

    selection: Selection
    ran: Attempt
    check: dict[str, Any]


def verify(selection: Selection, checkout: Path, scratch: Path) -> Checked:
    """One check of a verdict: the selected tests of a scope, run in `checkout`.

    `scratch` takes the report and the logs. Raises StageFailed when the runner is not there, since
    that says nothing about the change.
    """
    scope = selection.scope
    ran = attempt(scope, selection.chosen, checkout, scratch / scope.name)
    failed = ran.report.failed if ran.report else ()
    check = {
        "scope": scope.name,
        "outcome": "fail" if ran.trouble else "pass",
        "reason": ran.trouble,
        "selected": list(selection.chosen),
        "tests": None if ran.report is None else _tests(ran.report, known(scope, checkout)),
        "failures": [_failure(test) for test in failed[:FAILURES]],
        "unnamed": len(failed[FAILURES:]),
        "output": _tail(ran.done) if ran.trouble else "",
        "selection": None,
    }
    return Checked(selection=selection, ran=ran, check=check)


def attempt(
    scope: Scope,
    tests: Sequence[str],
    checkout: Path,
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
) -> Attempt:
    """Run a scope's command for `tests` in `checkout`.

    `log` is a path without an ending, beside which the report, coverage data and both streams
    stay. Raises StageFailed when the runner or the scope's folder is not there.
    """
    report, coverage = Path(f"{log}.report"), Path(f"{log}.coverage")
    report.unlink(missing_ok=True)
    _clear(coverage)
    argv = fill(scope.run, tests=tests, report=report, coverage=coverage)
    done = _run(scope, argv, checkout, log=log, env=env)
    found, trouble = None, ""
    try:
        found = _read(scope, report, log)
        trouble = _trouble(scope, done, found)
    except Unreadable as unreadable:
        trouble = _unread(scope, done, str(unreadable))
    return Attempt(done=done, report=found, trouble=trouble, coverage=coverage)


def _clear(coverage: Path) -> None:
    """Remove what an earlier run left: a file, a folder, or files beside each other."""
    for old in (coverage, *coverage.parent.glob(f"{coverage.name}.*")):
        files.remove_tree(old) if old.is_dir() else old.unlink(missing_ok=True)


def known(scope: Scope, checkout: Path) -> int | None:
    """How many tests the scope has; None when it does not say how to list them.

    The scope's `list` prints one test a line, up to the first empty line.
    """
    if not scope.list:
        return None
    done = _run(scope, fill(scope.list, tests=scope.all), checkout)
    lines = done.out.splitlines()
    head = lines[: lines.index("")] if "" in lines else lines
    return len(head) if done.code == 0 else None


def fill(
    argv: Sequence[str],
    *,
    tests: Sequence[str],
    report: Path | None = None,
    coverage: Path | None = None,
) -> list[str]:
    """A command with its placeholders filled. `{tests}` alone becomes one argument a test."""
    filled: list[str] = []
    words = {
        "tests": " ".join(tests),
        "report": str(report),
        "coverage": str(coverage),
        "python": process.python(),
    }
    for part in argv:
        if part == "{tests}":
            filled += tests
        else:
            filled.append(process.fill(part, words))
    return filled


def _run(
    scope: Scope,
    argv: Sequence[str],
    checkout: Path,
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> process.Completed:
    # Bytecode would stay in the checkout and in the way of the next one.
    whole = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **scope.env, **(env or {})}
    cwd = checkout / scope.cwd
    if not cwd.is_dir():
        raise StageFailed(
            f"the scope `{scope.name}` runs in `{scope.cwd}`, which the change does not have",
            span=scope.span,
        )
    try:
        return process.run(argv, cwd=cwd, env=whole, timeout=scope.timeout, log=log)
    except ProgramMissing as missing:
        raise StageFailed(
            f"the scope `{scope.name}` needs `{missing.program}`, which was not found",
            span=scope.span,
            help=missing.help,
        ) from missing


def _read(scope: Scope, report: Path, log: Path) -> Report | None:
    """What the run reports: in the file that its command names, or on standard output."""
    if scope.report == "exit":
        return None
    path = report if any("{report}" in part for part in scope.run) else Path(f"{log}.out")
    try:
        if path.stat().st_size > REPORT_BYTES:
            raise Unreadable(f"is larger than {REPORT_BYTES // 1_000_000} MB")
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable("is missing") from error
    if not data.strip():
        raise Unreadable("is empty")
    return FORMATS[scope.report].read(data)


def _unread(scope: Scope, done: process.Completed, why: str) -> str:
    if done.timed_out:
        return _too_long(scope)
    name = FORMATS[scope.report].name
    if why in ("is missing", "is empty"):
        return f"it wrote no {name} and {ending(done.code)}"
    return f"its {name} {why}; it {ending(done.code)}"


def _trouble(scope: Scope, done: process.Completed, report: Report | None) -> str:
    """Why a run does not prove anything good; empty when it does."""
    if done.timed_out:
        return _too_long(scope)
    if report:
        if report.failed:
            return f"{len(report.failed)} of {plural(report.run, 'test')} failed"
        if report.doubt:
            return f"its {FORMATS[scope.report].name} {report.doubt}"
        if not report.run:
            skipped = f" ({len(report.skipped)} skipped)" if report.skipped else ""
            return f"no test ran{skipped}"
    if done.code != 0:
        passed = " although every test passed" if report else ""
        return f"it {ending(done.code)}{passed}"
    return ""


def _too_long(scope: Scope) -> str:
    return f"it ran longer than {scope.timeout:g} s and was ended"


def _tests(report: Report, known: int | None) -> dict[str, Any]:
    return {
        "run": report.run,
        "passed": len(report.passed),
        "failed": len(report.failed),
        "skipped": len(report.skipped),
        "known": known,
    }


def _failure(test: Test) -> dict[str, str]:
    return {"test": test.id, "message": shortened(test.message, FAILURE_CHARACTERS)}


def _tail(done: process.Completed) -> str:
    text = "\n".join(part.strip() for part in (done.out, done.err) if part.strip())
    return text[-OUTPUT_CHARACTERS:]
