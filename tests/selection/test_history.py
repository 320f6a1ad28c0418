"""Which commits of a repository the benchmark looks at."""

from __future__ import annotations

from pathlib import Path

from factoryline.system import git as gits
from factoryline.system.git import Signature

from benchmarks.selection import history

SOURCE = "def twice(x):\n    return x * 2\n"
TEST = "def test_twice():\n    assert twice(1) == 2\n"
TABLE = "@pytest.mark.parametrize('x', [1, 2])\ndef test_table(x):\n    assert twice(x)\n"


def test_commits_that_take_back_what_a_test_expected(tmp_path: Path) -> None:
    git = gits.create(tmp_path, branch="main")
    parents: list[str] = []

    def commit(source: str, test: str) -> str:
        for name, text in (("pkg/a.py", source), ("tests/test_a.py", test)):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        author = Signature(name="Ann", email="ann@example.org", date="2026-01-01T00:00:00+00:00")
        parents[:] = [git.commit_tree(git.stage_all(), parents, "a change\n", author)]
        git.point("main", parents[0])
        return parents[0]

    commit(SOURCE, TEST + TABLE)
    commit(SOURCE, TEST.replace("2\n", "3\n") + TABLE)  # no source
    commit(SOURCE.replace("x * 2", "2 * x"), TEST + TABLE + "\n\ndef test_more(): pass\n")
    assertion = commit(SOURCE.replace("* 2", "* 4"), TEST.replace("== 2", "== 4") + TABLE)
    commit(SOURCE.replace("* 2", "* 5"), TEST.replace("== 2", "== 4") + TABLE)  # no test
    fewer = TABLE.replace("[1, 2]", "[1]")
    row = commit(SOURCE.replace("* 2", "* 6"), TEST.replace("== 2", "== 4") + fewer)
    found = [one.id for one in history.rewriting(tmp_path)]
    assert found[:2] == [row, assertion]
    assert len(found) == 3  # the third one took back `== 3`
    assert [one.id for one in history.sample(tmp_path, 1)] == [row]
