"""The ledger travels with git: clones re-run nothing, branches merge, work goes on elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.line import UNIT, Line


def clone(line: Line, name: str) -> Line:
    """The same factory as somebody else gets it: what main holds, and nothing else."""
    other = object.__new__(Line)
    other.folder = line.folder / name
    other.folder.mkdir()
    other.home = other.product = other.folder / "home"
    other.runner = line.runner
    line.git("clone", "-q", "--no-local", "--single-branch", str(line.product), str(other.home))
    return other


def two_artifacts(tmp_path: Path, *, reviews: str = "ok.yaml") -> Line:
    line = Line(tmp_path / "mine", inside=True)
    line.patch("limit-1", server__app_py="LIMIT = 4\n", checks__unit_txt=UNIT)
    line.patch("page-1", webui__page_py="TITLE = 'New'\n")
    line.review("ok")
    each = [line.artifact(name, reviews=[reviews] if reviews else []) for name in ("limit", "page")]
    line.spec("".join(each), flow="{merge: none}")
    line.commit("the factory")
    return line


@pytest.mark.long
def test_a_clone_with_the_ledger_re_runs_nothing(tmp_path: Path) -> None:
    line = two_artifacts(tmp_path)
    assert line.doit().code == 0
    line.commit("the record")
    ran = clone(line, "theirs").doit()
    assert (ran.code, ran.out) == (0, "nothing to do: limit and page are sealed\n")


@pytest.mark.long
def test_two_branches_that_ran_different_artifacts_merge(tmp_path: Path) -> None:
    mine = two_artifacts(tmp_path)
    theirs = clone(mine, "theirs")
    assert mine.doit("limit").code == 0
    mine.commit("limit")
    assert theirs.doit("page").code == 0
    theirs.commit("page")
    mine.git("pull", "-q", "--no-rebase", "--no-edit", str(theirs.home), "main")
    assert mine.git("status", "--porcelain") == ""
    ran = mine.doit()
    assert (ran.code, ran.out) == (0, "nothing to do: limit and page are sealed\n")


@pytest.mark.long
def test_a_clone_without_the_branch_reviews_and_goes_on(tmp_path: Path) -> None:
    mine = two_artifacts(tmp_path, reviews="")
    mine.edit("adopt: [[limit-1.patch]]", "adopt: [[limit-1.patch], [limit-2.patch]]")
    first = mine.git("rev-parse", "HEAD").strip()
    base = mine.patch("limit-again", server__app_py="LIMIT = 4\n", checks__unit_txt=UNIT)
    mine.patch("limit-2", on=base, server__app_py="LIMIT = 4  # four\n")
    mine.commit("a second round, recorded")
    mine.doit("limit")
    mine.commit("the record")
    commit = mine.entry("limit", "1-build")["handoff"]["commit"]

    theirs = clone(mine, "theirs")
    assert theirs.run("git", "cat-file", "-e", commit, cwd=theirs.home).code != 0
    assert "1-review waits for a review of" in theirs.factory("status").out
    shown = theirs.factory("review", "limit", "--show").out
    assert "\nthe change: state/factory-artifacts/limit/1-change.patch\n" in shown
    assert shown.rstrip().endswith("+LIMIT = 4"), "the patch itself, in place of git's difference"
    finding = ("--finding", "Say what it means.", "--by", "Bo")
    assert theirs.factory("review", "limit", "--request-changes", *finding).code == 0
    ran = theirs.doit("limit")
    assert ran.lines() == ["limit:2-build", "limit:2-verify", "limit:2-package"], ran
    second = theirs.entry("limit", "2-build")["handoff"]
    assert second["parent"] == commit, "made again from the ledger, the same to the letter"
    assert theirs.git("rev-list", "--count", f"{first}..{second['commit']}").strip() == "3"


@pytest.mark.long
def test_a_scaffold_is_the_same_in_every_clone(tmp_path: Path) -> None:
    line = two_artifacts(tmp_path)
    for path in ("server/app.py", "server/__init__.py", "webui/page.py", "checks/unit.txt"):
        line.write(line.home / "start" / path, (line.home / path).read_text())
    line.edit("target: {repo: ., base: main}", "target: {scaffold: start}")
    line.edit("flow: {merge: none}", "flow: {merge: squash}")
    line.commit("a scaffold")
    assert line.doit("limit").code == 0
    line.commit("half of it")
    theirs = clone(line, "theirs")
    ran = theirs.doit()
    assert ran.code == 0, ran
    assert {name.split(":")[0] for name in ran.lines()} == {"page"}
    target = theirs.state / ".work/target"
    log = theirs.git("log", "--format=%s", "main", cwd=target).splitlines()
    assert log == ["The page", "The limit", "Scaffold start"]
