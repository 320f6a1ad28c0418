"""Work that is adopted from branches and commits of the target."""

from __future__ import annotations

import pytest

from tests.line import UNIT, Line


@pytest.fixture
def grown(line: Line) -> Line:
    """A branch `topic` of two commits: the second mends what the first one's test finds."""
    line.git("switch", "-q", "-c", "topic")
    line.write(line.product / "server/app.py", "LIMIT = 5\n")
    line.write(line.product / "checks/unit.txt", UNIT)
    line.commit("first")
    line.write(line.product / "server/app.py", "LIMIT = 4\n")
    line.commit("second")
    line.git("switch", "-q", "main")
    return line


def adopting(line: Line, rounds: str) -> Line:
    line.spec(
        "  limit:\n    title: T\n    goal: G\n    verify: [{scope: unit}]\n"
        f"    adopt: {rounds}\n    reviews: []\n"
    )
    return line


@pytest.mark.long
def test_a_branch_brings_all_that_it_changed(grown: Line) -> None:
    ran = adopting(grown, "[[topic]]").doit()
    assert ran.lines()[:4] == ["limit:scout", "limit:1-build", "limit:1-verify", "limit:1-package"]


@pytest.mark.long
def test_a_commit_of_its_own_a_round(grown: Line) -> None:
    commit = grown.git("rev-parse", "topic").strip()
    ran = adopting(grown, f"[[topic~1], [{commit}]]").doit()
    assert ran.lines()[-2:] == ["limit:2-verify", "limit:2-package"], ran


@pytest.mark.long
def test_a_branch_in_a_later_round_brings_what_is_new(grown: Line) -> None:
    ran = adopting(grown, "[[topic~1], [topic]]").doit()
    assert ran.lines()[-2:] == ["limit:2-verify", "limit:2-package"], ran


@pytest.mark.long
def test_commits_that_are_used_up_are_told_from_branches(grown: Line) -> None:
    ran = adopting(grown, "[[topic~1]]").doit()
    assert ran.code == 1
    assert "error: limit has no recorded work for round 2" in ran.out
    assert "add the next one, or name a branch: each round takes what is new on it" in ran.out
