"""Which of the selected tests fail without the change: on the base, with the change's tests."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from factoryline.selection.conventions import goes_with_tests
from factoryline.system.diffs import FileChange
from factoryline.system.git import Git
from factoryline.verification.proof.assertions import functions
from factoryline.verification.proof.tampering import Edit
from factoryline.verification.proof.texts import test_names
from factoryline.verification.reports.base import Test
from factoryline.verification.scopes import Attempt

How = Literal["failed", "missing"]
"""A test failed before by itself, or because the code that it needs is not there."""

_NOT_THERE = re.compile(
    r"ImportError|ModuleNotFoundError|cannot import name|has no attribute|NameError|SyntaxError"
    r"|Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND|Failed to (?:resolve|load)"
    r"|is not (?:defined|a function|a constructor)|does not provide an export"
    r"|unresolved import|cannot find (?:function|type|value|struct|crate)|undefined:"
    r"|could not compile|build failed"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What one scope's tests did on the base.

    failed: tests that pass on the change and failed before. passing: tests that the change brings
    and that pass without it. unknown: why nothing can be told; empty when it can.
    """

    failed: tuple[tuple[Test, How], ...] = ()
    passing: tuple[Test, ...] = ()
    unknown: str = ""


def put_tests(place: Git, commit: str, changed: Iterable[FileChange]) -> tuple[str, ...]:
    """Put the test files of a change into a checkout of its base. Returns their paths."""
    ours = [one for one in changed if goes_with_tests(one.path)]
    for one in ours:
        gone = one.old_path if one.status == "R" else one.path if one.status == "D" else None
        if gone and goes_with_tests(gone):
            (place.path / gone).unlink(missing_ok=True)
    taken = [one.path for one in ours if one.status != "D"]
    place.take(commit, taken)
    return tuple(sorted(one.path for one in ours))


def compare(
    now: Attempt, then: Attempt, *, here: Path, there: Path, new: Mapping[str, frozenset[str]]
) -> Before:
    """Hold the outcomes on the change against those on the base.

    `here` and `there` are the two checkouts; `new` names the tests that the change brings, by file.
    """
    if now.report is None:
        return Before(unknown="it counts no tests")
    if then.done.timed_out:
        return Before(unknown=then.trouble)
    told = f"{then.done.out}\n{then.done.err}"
    if then.report is None or not then.tests:
        if _NOT_THERE.search(told):
            return Before(failed=tuple((t, "missing") for t in now.tests if _passed(t)))
        return Before(unknown=then.trouble or "no test ran")
    known = _outcomes(then.tests, there)
    ours = {_key(test, here) for test in now.tests}
    files = [t for t in then.tests if t.outcome == "failed" and _key(t, there) not in ours]
    failed: list[tuple[Test, How]] = []
    passing = []
    for test in now.tests:
        if not _passed(test):
            continue
        before = known.get(_key(test, here))
        if before is None:
            if any(_stands_for(file, test, there, here) for file in files):
                failed.append((test, "missing"))
        elif before.outcome == "failed":
            failed.append((test, "missing" if _NOT_THERE.search(before.message) else "failed"))
        elif before.outcome == "passed" and _is_new(test, new, here):
            passing.append(test)
    # Those that failed by themselves say the most.
    failed.sort(key=lambda pair: pair[1] != "failed")
    return Before(failed=tuple(failed), passing=tuple(passing))


def new_tests(edits: Sequence[Edit]) -> dict[str, frozenset[str]]:
    """The bare names of the tests that a change brings, by file."""
    found = {}
    for one in edits:
        if one.after is not None and goes_with_tests(one.path):
            names = _names(one.path, one.after) - _names(one.path, one.before or "")
            found[one.path] = frozenset(names)
    return found


def _names(path: str, text: str) -> set[str]:
    if path.endswith(".py"):
        return {name.rpartition("::")[2] for name in functions(text) or {}}
    return set(test_names(path, text))


def _passed(test: Test) -> bool:
    return test.outcome == "passed"


def _key(test: Test, checkout: Path) -> tuple[str, str]:
    return _file(test, checkout), test.id.replace(str(checkout), "")


def _file(test: Test, checkout: Path) -> str:
    """A test's file without the checkout that it lies in."""
    for root in (str(checkout), os.path.realpath(checkout)):
        if test.file.startswith(root + os.sep):
            return test.file[len(root) + 1 :]
    return test.file


def _outcomes(tests: Iterable[Test], checkout: Path) -> dict[tuple[str, str], Test]:
    """Tests by key. Of several with one name the one that failed counts."""
    found: dict[tuple[str, str], Test] = {}
    for test in tests:
        key = _key(test, checkout)
        if key not in found or test.outcome == "failed":
            found[key] = test
    return found


def _stands_for(broken: Test, test: Test, there: Path, here: Path) -> bool:
    """Whether a failure is that of the whole file or suite in which a test stands."""
    file = _file(broken, there)
    if file and file == _file(test, here):
        return True
    name = broken.id.replace(str(there), "").strip("/")
    return bool(name) and any(
        text == name or text.startswith((f"{name}::", f"{name}.", f"{name} "))
        for text in (test.id, _file(test, here))
    )


def _is_new(test: Test, new: Mapping[str, frozenset[str]], checkout: Path) -> bool:
    name = (test.name or test.id).partition("[")[0]
    for path, names in new.items():
        module = path.rpartition(".")[0].replace("/", ".")
        at_home = _file(test, checkout).endswith(path) or module in test.id
        if at_home and (name in names or any(name.endswith(f" {one}") for one in names)):
            return True
    return False
