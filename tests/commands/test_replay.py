"""factory replay: history as artifacts, on a repository and on this project's own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.line import BIN, Line


def history(line: Line) -> None:
    """A commit, a branch of two that is merged, a commit that changes nothing, another one."""
    line.write(line.product / "server/app.py", "LIMIT = 4\n")
    line.commit("Four\n\nThe limit is four.\n\nSigned-off-by: Ann <a@example.org>")
    line.git("switch", "-qc", "talk")
    for number, title in enumerate(("Hi", "Talk"), start=1):
        line.write(line.product / "webui/page.py", f"TITLE = {title!r}\n")
        line.commit(f"Title {number}")
    line.git("switch", "-q", "main")
    line.git("merge", "-q", "--no-ff", "-m", "Merge the talk", "talk")
    line.git("commit", "-q", "--allow-empty", "-m", "Nothing")
    line.write(line.product / "server/binary.bin", "\0\1\2")
    line.commit("A file")


def replayed(line: Line, *more: str) -> Path:
    first = line.git("rev-list", "--max-parents=0", "main").strip()
    history(line)
    place = line.folder / "replay"
    words = ("replay", f"{first}..main", "--into", str(place), *more)
    ran = line.run(str(BIN / "factory"), *words, cwd=line.product)
    assert ran.code == 0, ran.err
    return place


@pytest.mark.long
def test_history_becomes_artifacts(line: Line) -> None:
    place = replayed(line)
    assert sorted(path.stem for path in (place / "artifacts").glob("*")) == [
        *("c001-four", "c002-merge-the-talk", "c003-a-file")
    ]
    ran = line.run(str(BIN / "doit"), cwd=place)
    assert ran.code == 0, ran.out + ran.err
    assert ran.out.endswith("3 of 3 artifacts sealed\n")
    told = line.git("rev-parse", "replay^{tree}", cwd=place / "target")
    assert told == line.git("rev-parse", "main^{tree}"), "all of it, byte for byte"
    assert line.git("status", "--porcelain") == "", "the repository itself is left alone"
    report = line.run(str(BIN / "factory"), "report", "--format", "json", cwd=place)
    rows = json.loads(report.out)["artifacts"]
    assert [(row["rework"], bool(row["merged"])) for row in rows] == [(0, True)] * 3
    goal = (place / "artifacts/c001-four.yaml").read_text()
    assert 'goal: "The limit is four."' in goal
    again = line.run(str(BIN / "doit"), cwd=place)
    assert again.out.startswith("nothing to do")


@pytest.mark.long
def test_the_rounds_of_a_branch(line: Line) -> None:
    place = replayed(line, "--rounds")
    ran = line.run(str(BIN / "doit"), cwd=place)
    assert ran.code == 0, ran.out + ran.err
    report = line.run(str(BIN / "factory"), "report", "--format", "json", cwd=place)
    rows = json.loads(report.out)["artifacts"]
    assert [row["rework"] for row in rows] == [0, 1, 0]


WRONG = {
    ("main",): "`main` is no range of commits",
    ("gone..main",): "gone is not known here",
    ("main..main",): "main..main has no change",
    ("main~0..main", "--verify"): "no line here that says what verifies",
}


@pytest.mark.long
def test_what_cannot_be_replayed(line: Line) -> None:
    for words, said in WRONG.items():
        place = str(line.folder / "replay")
        ran = line.run(str(BIN / "factory"), "replay", *words, "--into", place, cwd=line.product)
        assert (ran.code, said in ran.err) == (3, True), (words, ran.err)
        assert not (line.folder / "replay").exists()
    inside = line.run(
        *(str(BIN / "factory"), "replay", "main..main", "--into", "in"), cwd=line.product
    )
    assert "lies in the repository that is replayed" in inside.err


@pytest.mark.long
def test_this_project_s_own_history(tmp_path: Path, line: Line) -> None:
    count = subprocess.run(
        ["git", "-C", str(ROOT), "rev-list", "--count", "HEAD"], capture_output=True, text=True
    )
    if count.returncode or int(count.stdout) < 9:
        pytest.skip("this is no clone with a history")
    place = tmp_path / "replay"
    words = ("replay", "HEAD~8..HEAD", "--into", str(place))
    ran = line.run(str(BIN / "factory"), *words, cwd=ROOT)
    assert ran.code == 0, ran.err
    ran = line.run(str(BIN / "doit"), cwd=place)
    assert ran.code == 0, ran.out + ran.err
    told = line.git("rev-parse", "replay^{tree}", cwd=place / "target")
    assert told == line.git("rev-parse", "HEAD^{tree}", cwd=ROOT)
