"""Commits that the ledger makes again."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from factoryline.errors import WorldError
from factoryline.ledger.store import Ledger
from factoryline.run import restore
from factoryline.system import git
from factoryline.system.git import Git, Signature

from tests.ledger.example import entry

ANN = {"name": "Ann", "email": "ann@example.org", "date": "2026-04-21T09:30:00+00:00"}
MANY = 40


def repository(path: Path) -> tuple[Git, str]:
    """A repository with one commit, the same wherever it is made."""
    made = git.create(path, branch="main")
    (path / "n").write_text("0\n")
    return made, made.commit_tree(made.stage_all(), [], "base\n", Signature(**ANN))


def record(ledger: Ledger, number: int, change: dict[str, Any], patch: str) -> None:
    folder = ledger.folder(f"thing-{number}")
    folder.mkdir(parents=True)
    (folder / "1-change.patch").write_text(patch)
    handoff = {"patch": "1-change.patch", "author": ANN, "message": f"{number}\n", **change}
    made = entry("1-build", artifact=f"thing-{number}", handoff=handoff)
    (folder / "1-build.json").write_text(json.dumps(made.to_json()))


@pytest.mark.long
def test_a_long_way_of_changes_is_made_again(tmp_path: Path) -> None:
    """Each rests on the one before, as years of merges do."""
    ledger = Ledger(tmp_path / "state")
    there, tip = repository(tmp_path / "there")
    for number in range(1, MANY + 1):
        (there.path / "n").write_text(f"{number}\n")
        commit = there.commit_tree(there.stage_all(), [tip], f"{number}\n", Signature(**ANN))
        patch = there.text("diff", tip, commit) + "\n"
        record(ledger, number, {"parent": tip, "commit": commit}, patch)
        tip = commit
    here, _ = repository(tmp_path / "here")
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 60)
    try:
        restore.ensure(ledger, here, tip)
    finally:
        sys.setrecursionlimit(usual)
    assert here.text("show", f"{tip}:n") == str(MANY)
    assert here.text("rev-list", "--count", tip) == str(MANY + 1)


def test_a_record_that_rests_on_itself(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state")
    here, _ = repository(tmp_path / "here")
    one, two = "1" * 40, "2" * 40
    record(ledger, 1, {"parent": two, "commit": one}, "")
    record(ledger, 2, {"parent": one, "commit": two}, "")
    with pytest.raises(WorldError, match=f"the ledger's record of {one} rests on itself") as told:
        restore.ensure(ledger, here, one)
    assert told.value.help == ("the files of thing-1 were changed by hand; restore them from git")


def test_a_commit_of_which_nobody_knows(tmp_path: Path) -> None:
    here, _ = repository(tmp_path / "here")
    with pytest.raises(WorldError, match="the ledger cannot make it"):
        restore.ensure(Ledger(tmp_path / "state"), here, "1" * 40)
