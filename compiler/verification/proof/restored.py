"""Tests as they were, run on the change: whether what was done to them hides a failure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from factoryline.plan.model import Selection
from factoryline.system import files
from factoryline.system.diffs import FileChange
from factoryline.system.git import Git
from factoryline.verification.proof.tampering import Finding
from factoryline.verification.reports.base import Test

Was = Literal["passes", "fails", "unknown"]
"""What a test, as it was, does on the change."""

_HIDING = ("deleted", "skipped", "loosened", "left out")


def concerned(findings: Sequence[Finding]) -> frozenset[str]:
    """The files whose tests, as they were, are worth a run."""
    return frozenset(one.path for one in findings if one.kind in _HIDING)


def put_back(place: Git, base: str, changed: Iterable[FileChange], paths: frozenset[str]) -> None:
    """Let files in a checkout of the change be as they were on its base."""
    for one in changed:
        if one.path not in paths:
            continue
        if one.status != "D":
            files.remove(place.path / one.path)
        if one.status not in "AC":
            place.take(base, [one.old_path or one.path])


def tests_for(selection: Selection, paths: frozenset[str]) -> tuple[str, ...]:
    """The selected tests, and those files that the scope holds and the selection does not name."""
    scope, chosen = selection.scope, selection.chosen
    more = [path for path in sorted(paths) if _below(path, scope.all) and not _below(path, chosen)]
    return (*chosen, *more)


def _below(path: str, places: Iterable[str]) -> bool:
    folders = [place.partition("::")[0].rstrip("/") for place in places]
    return any(path == one or path.startswith(f"{one}/") or one == "." for one in folders)


def outcomes(
    findings: Sequence[Finding], tests: Sequence[Test], old_paths: Mapping[str, str]
) -> dict[Finding, Was]:
    """What became of each finding's test. Those of whole files are not known by test."""
    return {one: _outcome(one, tests, old_paths.get(one.path, one.path)) for one in findings}


def _outcome(finding: Finding, tests: Sequence[Test], path: str) -> Was:
    module = path.rpartition(".")[0].replace("/", ".")
    name = finding.test.rpartition("::")[2]
    ours = [
        test
        for test in tests
        if name
        and (module in test.id or test.file.endswith(path))
        and ((test.name or test.id).partition("[")[0].endswith(name))
    ]
    ran = {test.outcome for test in ours}
    return "fails" if "failed" in ran else "passes" if "passed" in ran else "unknown"
