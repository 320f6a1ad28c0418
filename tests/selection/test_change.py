"""Lines of a change, and lines of one version in terms of another."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.selection.change import Edit, Shift
from factoryline.system import git as gits
from factoryline.system.diffs import Hunk
from factoryline.system.git import Signature
from factoryline.verification.steps import edits_between

from tests.selection.trees import hunks

OLD = "".join(f"line {number}\n" for number in range(1, 11))


def test_lines_that_are_gone() -> None:
    edit = Edit(old="a.py", new="a.py", hunks=(Hunk(4, 0, 5, 2), Hunk(8, 2, 10, 1)))
    assert edit.gone_lines() == {8, 9}


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        "new\n" + OLD,
        OLD + "more\n",
        OLD.replace("line 1\n", ""),
        OLD.replace("line 3\n", ""),
        OLD.replace("line 3\n", "a\nb\n"),
        OLD.replace("line 3\nline 4\n", "a\n"),
        OLD.replace("line 10\n", ""),
        "",
        OLD.replace("line 3\n", "").replace("line 5\n", "b\nline 5\n").replace("line 8\n", "c\n"),
    ],
)
def test_where_lines_are_now(new: str) -> None:
    shift, now = Shift(hunks(OLD, new)), new.splitlines()
    for number, text in enumerate(OLD.splitlines(), 1):
        line = shift.forward(number)
        assert now[line - 1] == text if line else text not in now
    old = OLD.splitlines()
    assert {now[line - 1] for line in shift.fresh} == {text for text in now if text not in old}


def test_edits_from_git_follow_renames_and_know_what_is_gone(tmp_path: Path) -> None:
    git = gits.create(tmp_path / "repo", branch="main")

    def commit(files: dict[str, str | None], parents: list[str]) -> str:
        for name, text in files.items():
            path = git.path / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        author = Signature(name="Ann", email="ann@example.org", date="2026-01-01T00:00:00+00:00")
        return git.commit_tree(git.stage_all(), parents, "a change\n", author)

    odd = "pkg/-odd näme 'x' .py"
    old = commit({odd: OLD, "pkg/gone.py": "x = 1\n", "pkg/a.py": OLD, "b.bin": "\0"}, [])
    new = commit(
        {
            odd: OLD.replace("line 5", "line five"),
            "pkg/gone.py": None,
            "pkg/a.py": None,
            "pkg/b.py": OLD.replace("line 2\n", ""),
            "pkg/new.py": "y = 2\n",
            "b.bin": "\0\0",
        },
        [old],
    )
    found = {edit.path: edit for edit in edits_between(git, old, new)}
    assert found[odd].gone_lines() == {5}
    assert found["pkg/b.py"].old == "pkg/a.py"
    assert found["pkg/b.py"].gone_lines() == {2}
    assert (found["pkg/gone.py"].old, found["pkg/gone.py"].new) == ("pkg/gone.py", None)
    assert (found["pkg/new.py"].old, found["pkg/new.py"].new) == (None, "pkg/new.py")
    assert found["b.bin"].hunks == ()
    assert git.blobs_at(old)["pkg/a.py"] == found["pkg/b.py"].old_blob
