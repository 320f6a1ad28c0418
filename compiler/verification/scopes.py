"""One scope of one verdict: run its command for some tests, and say what its report proves.

`attempt` is a run with the outcome of every test; `verify` makes a verdict's check of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from factoryline.diagnostics import StageFailed, plural
from factoryline.errors import ending
from factoryline.plan.model import Scope, Selection
from factoryline.system import files, preload, process
from factoryline.verification import environment, flaky, interpreter, places
from factoryline.verification.coverage import coverage_py
from factoryline.verification.coverage.coverage_py import Watch
from factoryline.verification.flaky import Flaky
from factoryline.verification.reports.base import Report, Test, Unreadable
from factoryline.verification.reports.table import FORMATS
from factoryline.verification.site import Site

OUTPUT_CHARACTERS = 4000
"""How much of a failed run's output goes into the ledger: its end."""

FAILURES = 20
"""How many failed tests a check names; the others are counted."""

REPORT_BYTES = 256_000_000
"""How large a report may be: far above 100,000 tests that all fail."""

LIST_BYTES = 16_000_000
"""How much of a listing is read: far above 100,000 tests."""


TURNS_TIMES = 3.0
"""A run that is recorded test by test may take this many times the scope's limit."""

_MEASURES, _CHECKS = ("coverage.parser",), ("pathspec", "jsonschema")
"""What reads the coverage of a run, and what looks at its checkout and at the verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One run of a scope's command.

    report: the outcome of every test; None where nothing is counted or nothing could be read.
    trouble: why the run proves nothing good, in a sentence; empty when it does.
    coverage: where its coverage data lies, if it left any.
    idle: whether it ended by itself, and not one test got so far as to run; nor does it when it
    leaves no report that can be read.
    """

    done: process.Completed
    report: Report | None
    trouble: str
    coverage: Path
    idle: bool = False

    @property
    def tests(self) -> tuple[Test, ...]:
        return self.report.tests if self.report else ()

    @property
    def failed(self) -> tuple[Test, ...]:
        return self.report.failed if self.report else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A scope's run for an artifact, and the check of the verdict that it makes.

    place: the checkout that it ran in, which may be gone; None where it did not run.
    """

    selection: Selection
    ran: Attempt
    check: dict[str, Any]
    place: Path | None = None


NOT_RUN = Attempt(
    done=process.Completed(argv=(), code=0, stdout=b"", stderr=b"", seconds=0.0),
    report=None,
    trouble="",
    coverage=Path("nowhere"),
)


def verify(
    selection: Selection, checkout: Path, scratch: Path, watch: Watch = coverage_py.EVERYTHING
) -> Checked:
    """One check of a verdict: the selected tests of a scope, run in `checkout`.

    `scratch` takes the report and the logs. Raises StageFailed when the runner is not there, since
    that says nothing about the change.
    """
    scope = selection.scope
    site = Site.of(scope, checkout, scratch / scope.name)
    ran = attempt(scope, selection.chosen, checkout, site.log, watch=watch)
    _look_for_threshold(selection, ran)
    shaky = _flaky(scope, ran, site)
    stable = [test for test in ran.failed if all(test is not one.test for one in shaky)]
    reason = _reason(scope, ran, shaky, len(stable))
    check = bare(selection) | {
        "outcome": "fail" if reason else "pass",
        "reason": reason,
        "tests": _tests(ran.report, len(stable), len(shaky), known(scope, site)),
        "failures": [_failure(scope, test, site.checkout) for test in stable[:FAILURES]],
        "unnamed": len(stable[FAILURES:]),
        "flaky": [{"test": one.test.id, "failed": one.failed} for one in shaky],
        "output": _tail(ran.done) if reason else "",
    }
    # What passed when it was run again is no trouble to the proof either.
    ran = replace(ran, trouble=reason)
    return Checked(selection=selection, ran=ran, check=check, place=checkout)


def _look_for_threshold(selection: Selection, ran: Attempt) -> None:
    """Raise StageFailed where the project's coverage threshold, meant for all tests, ended the run
    of a few of them, all of which passed.
    """
    few = selection.select and selection.chosen != selection.scope.all
    passed = ran.done.code and ran.report and ran.report.passed and not ran.report.failed
    said = _THRESHOLD.search(f"{ran.done.out}\n{ran.done.err}") if few and passed else None
    if said:
        raise StageFailed(
            f"the scope `{selection.scope.name}` passes, but a coverage threshold of the project "
            f"counts the chosen tests alone: {said[0].strip()}",
            span=selection.scope.span,
            help="measure nothing in this scope: jest takes --coverage=false, vitest "
            "--coverage.enabled=false, pytest --no-cov",
        )


_THRESHOLD = re.compile(
    r"^.*(coverage threshold for .* not met|does not meet .*threshold"
    r"|[Rr]equired test coverage of .* not reached).*$",
    re.MULTILINE,
)
"""What jest, vitest and pytest-cov say."""


def bare(selection: Selection, *, reason: str = "", output: str = "") -> dict[str, Any]:
    """A check in which nothing was counted; with a reason, one that failed before it ran."""
    return {
        "scope": selection.scope.name,
        "outcome": "fail" if reason else "pass",
        "reason": reason,
        "selected": list(selection.chosen),
        "tests": None,
        "failures": [],
        "unnamed": 0,
        "flaky": [],
        "output": output.strip()[-OUTPUT_CHARACTERS:],
        "selection": None,
        "earlier": [],
        "left": [],
    }


def attempt(
    scope: Scope,
    tests: Sequence[str],
    checkout: Path,
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
    watch: Watch = coverage_py.EVERYTHING,
) -> Attempt:
    """Run a scope's command for `tests` in `checkout`.

    `log` is a path without an ending, beside which the report, coverage data and both streams
    stay. `env` and `words` are further variables and placeholders. Raises StageFailed when the
    runner or the scope's folder is not there.
    """
    if watch.turns:
        # To tell who executes what takes longer, and that is not the tests' fault.
        scope = replace(scope, timeout=scope.timeout * TURNS_TIMES)
    report, coverage = Path(f"{log}.report"), Path(f"{log}.coverage")
    for old in (report, coverage, *coverage.parent.glob(f"{coverage.name}.*")):
        files.remove_tree(old)
        files.remove(old)
    given = {"tests": tests, "report": str(report), "coverage": str(coverage)}
    site = Site.of(scope, checkout, log)
    env = {**_measuring(scope, tests, checkout, log, watch), **(env or {})}
    preload.load(*(_MEASURES if scope.coverage else ()), *_CHECKS)
    done = site.run(scope, scope.run, {**(words or {}), **given}, log=log, env=env)
    found, idle = None, False
    try:
        found = _read(scope, report, log)
        trouble = _trouble(scope, done, found)
        idle = bool(trouble and done.code is not None and found and found.idle)
    except Unreadable as unreadable:
        trouble, idle = _unread(scope, done, str(unreadable)), done.code is not None
    return Attempt(done=done, report=found, trouble=trouble, coverage=coverage, idle=idle)


def _measuring(
    scope: Scope, tests: Sequence[str], checkout: Path, log: Path, watch: Watch
) -> Mapping[str, str]:
    """What a run needs so that its coverage is measured, whatever the project has set.

    Of the files that changed, and of those of the tests, which tell that it worked.
    """
    if scope.coverage != "coverage-py" or not coverage_py.measures(scope.run):
        return {}
    own = (test.partition("::")[0].rstrip("/") for test in tests)
    patterns = [f"*/{path}" for path in watch.files if path.endswith(".py")]
    for path in dict.fromkeys(own):
        patterns.append("*/test*" if path == "." else f"*/{path}")
        patterns += [f"*/{path}/*"] if path != "." and not path.endswith(".py") else []
    env = environment.variables(scope, {"prepared": "", "python": process.python()})
    few = patterns if watch.files and len(patterns) < MOST_TRACED else ()
    known = scope.run[0] == "{python}"
    return coverage_py.settings(
        checkout / scope.cwd,
        log,
        env,
        few,
        monitors=known and interpreter.version(scope) >= coverage_py.MONITORING,
        installed=interpreter.installed(scope) if known else (),
        turns=watch.turns,
    )


MOST_TRACED = 400
"""Patterns that coverage.py looks through for each file that is imported."""


def known(scope: Scope, site: Site) -> int | None:
    """How many tests the scope has; None when it does not say how to list them.

    The scope's `list` prints one test a line, up to the first empty line.
    """
    if not scope.list:
        return None
    done = site.run(scope, scope.list, {"tests": scope.all}, keep=LIST_BYTES)
    lines = done.out.splitlines()
    head = lines[: lines.index("")] if "" in lines else lines
    return len(head) if done.code == 0 else None


def _flaky(scope: Scope, ran: Attempt, site: Site) -> tuple[Flaky, ...]:
    """The failed tests that pass when they are run again alone."""
    if ran.done.code is None:
        return ()
    alone = replace(scope, run=scope.again or scope.run)
    count = 0

    def again(test: Test) -> Report | None:
        nonlocal count
        count += 1
        words = flaky.words(test, site.checkout, scope.cwd)
        log = Path(f"{site.log}.again-{count}")
        once = attempt(alone, [words["tests"]], site.checkout, log, words=words)
        return None if once.trouble else once.report

    return flaky.among(scope, ran.failed, again)


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
    if done.code is None:
        return _ended(scope)
    name = FORMATS[scope.report].name
    if why in ("is missing", "is empty"):
        return f"it wrote no {name} and {ending(done.code)}"
    return f"its {name} {why}; it {ending(done.code)}"


def _trouble(scope: Scope, done: process.Completed, report: Report | None) -> str:
    """Why a run does not prove anything good; empty when it does."""
    if done.code is None:
        return _ended(scope)
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


def _reason(scope: Scope, ran: Attempt, shaky: Sequence[Flaky], stable: int) -> str:
    """Why a check fails, after failed tests were run again; empty when it passes."""
    if not shaky or ran.report is None:
        return ran.trouble
    told = f"{plural(len(shaky), 'test')} failed, and passed when run again"
    if stable:
        return f"{stable} of {plural(ran.report.run, 'test')} failed; {told}"
    if ran.report.doubt:
        return f"its {FORMATS[scope.report].name} {ran.report.doubt}"
    return f"{told}, which the scope does not allow" if scope.flaky == "fail" else ""


def _ended(scope: Scope) -> str:
    return f"it ran longer than {scope.timeout:g} s and was ended"


def _tests(
    report: Report | None, failed: int, shaky: int, known: int | None
) -> dict[str, Any] | None:
    if report is None:
        return None
    return {
        "run": report.run,
        "passed": len(report.passed),
        "failed": failed,
        "skipped": len(report.skipped),
        "flaky": shaky,
        "known": known,
    }


def _failure(scope: Scope, test: Test, checkout: Path) -> dict[str, str]:
    return {
        "test": test.id.removeprefix(f"{checkout}/"),
        "place": places.place(test, checkout, scope.cwd),
        "message": places.point(test, checkout),
    }


def _tail(done: process.Completed) -> str:
    text = "\n".join(part.strip() for part in (done.out, done.err) if part.strip())
    return text[-OUTPUT_CHARACTERS:]
