"""Run one scope's command for an artifact's tests and say what it proves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from factoryline.diagnostics import StageFailed, plural
from factoryline.errors import ProgramMissing, ending
from factoryline.plan.model import Scope, Selection
from factoryline.system import process
from factoryline.verification.reports import Counts, read_junit

OUTPUT_CHARACTERS = 4000
"""How much of a failed run's output goes into the ledger: its end."""


def verify(selection: Selection, checkout: Path, scratch: Path) -> dict[str, Any]:
    """One check of a verdict: the selected tests of a scope, run in `checkout`.

    `scratch` takes the report and the logs. Raises StageFailed when the runner is not there, since
    that says nothing about the change.
    """
    scope = selection.scope
    report = scratch / f"{scope.name}.report"
    report.unlink(missing_ok=True)
    argv = fill(scope.run, tests=selection.chosen, report=report)
    done = _run(scope, argv, checkout, log=scratch / scope.name, timeout=scope.timeout)
    counts = read_junit(report) if scope.report == "junit" else None
    reason = _reason(scope, done, counts)
    return {
        "scope": scope.name,
        "outcome": "fail" if reason else "pass",
        "reason": reason,
        "selected": list(selection.chosen),
        "tests": None if counts is None else _tests(counts, known(scope, checkout)),
        "failures": [{"test": n, "message": m} for n, m in (counts.failures if counts else ())],
        "output": _tail(done) if reason else "",
    }


def known(scope: Scope, checkout: Path) -> int | None:
    """How many tests the scope has; None when it does not say how to list them.

    The scope's `list` prints one test a line, up to the first empty line.
    """
    if not scope.list:
        return None
    done = _run(scope, fill(scope.list, tests=scope.all), checkout, timeout=scope.timeout)
    lines = done.out.splitlines()
    head = lines[: lines.index("")] if "" in lines else lines
    return len(head) if done.code == 0 else None


def fill(argv: Sequence[str], *, tests: Sequence[str], report: Path | None = None) -> list[str]:
    """A command with its placeholders filled. `{tests}` alone becomes one argument a test."""
    filled: list[str] = []
    words = {"tests": " ".join(tests), "report": str(report), "python": process.python()}
    for part in argv:
        if part == "{tests}":
            filled += tests
        else:
            filled.append(process.fill(part, words))
    return filled


def _run(
    scope: Scope, argv: Sequence[str], checkout: Path, *, timeout: float, log: Path | None = None
) -> process.Completed:
    # Bytecode would stay in the checkout and in the way of the next one.
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **scope.env}
    cwd = checkout / scope.cwd
    if not cwd.is_dir():
        raise StageFailed(
            f"the scope `{scope.name}` runs in `{scope.cwd}`, which the change does not have",
            span=scope.span,
        )
    try:
        return process.run(argv, cwd=cwd, env=env, timeout=timeout, log=log)
    except ProgramMissing as missing:
        raise StageFailed(
            f"the scope `{scope.name}` needs `{missing.program}`, which was not found",
            span=scope.span,
            help=missing.help,
        ) from missing


def _reason(scope: Scope, done: process.Completed, counts: Counts | None) -> str:
    """Why a run does not prove anything good; empty when it does."""
    if done.timed_out:
        return f"it ran longer than {scope.timeout:g} s and was ended"
    if scope.report == "junit":
        if counts is None:
            return f"it wrote no JUnit report and {ending(done.code)}"
        if counts.failed:
            return f"{counts.failed} of {plural(counts.run, 'test')} failed"
        if not counts.run:
            skipped = f" ({counts.skipped} skipped)" if counts.skipped else ""
            return f"no test ran{skipped}"
    if done.code != 0:
        passed = " although every test passed" if counts else ""
        return f"it {ending(done.code)}{passed}"
    return ""


def _tests(counts: Counts, known: int | None) -> dict[str, Any]:
    return {
        "run": counts.run,
        "passed": counts.passed,
        "failed": counts.failed,
        "skipped": counts.skipped,
        "known": known,
    }


def _tail(done: process.Completed) -> str:
    text = "\n".join(part.strip() for part in (done.out, done.err) if part.strip())
    return text[-OUTPUT_CHARACTERS:]
