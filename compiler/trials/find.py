"""A line that finds out which past changes are tasks: each on its own base, by running tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from factoryline.selection.conventions import goes_with_tests
from factoryline.spec import replay
from factoryline.spec.replay import Change
from factoryline.system.git import Git

CELLS: Mapping[str, Any] = {
    "build": {"kind": "adopt", "touches": ["**"]},
    "verify": {"kind": "verify"},
}

FLOW: Mapping[str, Any] = {
    # A change that is no task must not keep the others from being looked at.
    "merge": "none",
    "retries": 0,
    "wip": 1000,
    "calibrated": False,
}


def sides(git: Git, change: Change) -> tuple[list[str], list[str]]:
    """The paths of a change that are tests, and the others."""
    paths = [file.path for file in git.changed_files(change.parent, change.commit)]
    tests = [path for path in paths if goes_with_tests(path)]
    return tests, [path for path in paths if path not in tests]


def unusable(git: Git, change: Change) -> str:
    """Why a change is no task, as far as that can be told without a run; empty where it may be."""
    tests, others = sides(git, change)
    if not tests:
        return "it changes no test"
    if not others:
        return "it changes nothing but tests"
    return ""


def write(git: Git, folder: Path, found: Sequence[Change], like: Mapping[str, Any]) -> None:
    """Write the line into a new folder. like: surfaces and scopes of the line that it is like."""
    replay.begin(git, folder, found[0].parent)
    replay.write_line(folder, like, cells=CELLS, flow=FLOW)
    for number, change in enumerate(found, start=1):
        name = replay.named(number, change)
        verify = [_verify(scope, says) for scope, says in like["scopes"].items()]
        replay.write_artifact(
            folder,
            name,
            {
                "title": change.subject,
                "goal": change.body or change.subject,
                "source": change.commit,
                "base": change.parent,
                "verify": verify,
                "proof": {"fails_before": True},
                "adopt": [[patch] for patch in replay.recorded(git, folder, name, change)],
            },
        )


def _verify(scope: str, says: Mapping[str, Any]) -> dict[str, Any]:
    """The tests that the change reaches, its own first; everything where none can be chosen."""
    chooses = any("{tests}" in str(word) for word in says.get("run", ())) and says.get("all")
    return {"scope": scope, **({"select": "changed", "effort": "inner"} if chooses else {})}
