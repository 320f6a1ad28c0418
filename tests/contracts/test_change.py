"""The change, computed from git: the same work gives the same hand-off."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.contracts import change
from factoryline.plan.model import Plan
from factoryline.spec import schema
from factoryline.system import git
from factoryline.system.diffs import FileLines
from factoryline.system.git import Git, Signature

from tests.plan.example import plan_of

ANN = Signature(name="Ann", email="ann@example.org", date="2026-04-21T09:30:00+00:00")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(tmp_path / "home")


@pytest.fixture
def tree(tmp_path: Path) -> Git:
    made = git.create(tmp_path / "tree", branch="main")
    (made.path / "app.py").write_text("one\n")
    made.point("main", made.commit_tree(made.stage_all(), [], "base\n", ANN))
    return made


def lines(path: str, added: int, removed: int = 0) -> FileLines:
    return FileLines(path=path, added=added, removed=removed)


def test_lines_are_accounted_to_surfaces_and_the_rest_to_other(plan: Plan) -> None:
    files = (lines("server/a.py", 3, 1), lines("server/b.py", 2), lines("README.md", 5))
    assert change.lines_per_surface(plan, files) == {
        "server": {"added": 5, "removed": 1},
        "desktop": {"added": 0, "removed": 0},
        "other": {"added": 5, "removed": 0},
    }
    assert "other" not in change.lines_per_surface(plan, files[:2])


def test_the_hand_off_fulfils_its_own_contract(plan: Plan, tree: Git) -> None:
    base = tree.commit_of("main") or ""
    (tree.path / "server").mkdir()
    (tree.path / "server/größe neu.py").write_text("1\n2\n")
    commit, author = change.commit_round(
        tree, parent=base, message="round 1\n", author=ANN, previous=None
    )
    handoff = change.handoff(
        plan,
        tree,
        commit=commit,
        parent=base,
        base=base,
        branch="factory/wizard",
        author=author,
        message="round 1\n",
        patch="1-change.patch",
    )
    assert schema.violations(handoff, schema.builtin("change")) == ()
    assert handoff["files"] == [
        {"path": "server/größe neu.py", "added": 2, "removed": 0, "surface": "server"}
    ]
    assert handoff["round"] == handoff["surfaces"]
    assert handoff["tree"] == tree.tree_of(commit)


def test_the_same_work_keeps_its_commit(tree: Git) -> None:
    base = tree.commit_of("main") or ""
    (tree.path / "app.py").write_text("two\n")
    first, author = change.commit_round(
        tree, parent=base, message="round 1\n", author=ANN, previous=None
    )
    before = {
        "tree": tree.tree_of(first),
        "parent": base,
        "message": "round 1\n",
        "author": {"name": author.name, "email": author.email, "date": author.date},
    }
    again, _ = change.commit_round(
        tree, parent=base, message="round 1\n", author=None, previous=before
    )
    assert again == first, "the moment is the earlier one's"
    other, _ = change.commit_round(
        tree, parent=base, message="round 2\n", author=None, previous=before
    )
    assert other != first


def test_work_of_nobody_is_the_lines_own(tree: Git) -> None:
    base = tree.commit_of("main") or ""
    commit, author = change.commit_round(
        tree, parent=base, message="it\n", author=None, previous=None
    )
    assert (author.name, author.email) == git.IDENTITY
    assert tree.signature_of(commit) == author
