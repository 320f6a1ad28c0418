"""A branch of one's own on the line of `factory init --adopt`: round by round, on record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.line import Line

CALC = "def add(a, b):\n    return a {} b\n"
TEST = "from calc import add\n\n\ndef test_add():\n    assert add(1, {}) == {}\n"


@pytest.fixture
def adopted(tmp_path: Path) -> Line:
    """As below; its tests are run by a quick program."""
    line = as_it_is(tmp_path)
    line.hurry()
    line.git("commit", "-q", "-am", "in a hurry")
    return line


def as_it_is(tmp_path: Path) -> Line:
    """A repository with a wrong `add`, a branch `fix` that mends it, and the line of `init`."""
    line = Line(tmp_path, inside=True)
    (line.home / "doit.cfg").unlink()
    line.write(line.home / "pyproject.toml", '[tool.pytest.ini_options]\npythonpath = ["src"]\n')
    line.write(line.home / "src/calc.py", CALC.format("-"))
    line.write(line.home / "tests/test_zero.py", TEST.format(0, 1))
    line.commit("calc")
    commit(line, "Sums are sums", CALC.format("+"), TEST.format(2, 3))
    assert line.factory("init", "--adopt", "fix").code == 0
    line.commit("a line")
    return line


def commit(line: Line, message: str, calc: str, test: str, *words: str) -> None:
    """Commit to the branch `fix`, as its author would."""
    known = line.git("branch", "--list", "fix")
    line.git("switch", "-q", *([] if known else ["-c"]), "fix")
    line.write(line.home / "src/calc.py", calc)
    line.write(line.home / "tests/test_fix.py", test)
    line.git("add", "src", "tests")
    line.git("commit", "-q", "-m", message, *words)
    line.git("switch", "-q", "main")


def ask_for(line: Line, finding: str) -> None:
    words = ("--request-changes", "--by", "Ann", "--kind", "architecture", "--finding", finding)
    assert line.factory("review", "fix", *words).code == 0


@pytest.mark.long
def test_a_rework_keeps_its_record(tmp_path: Path) -> None:
    line = as_it_is(tmp_path)
    assert line.doit().lines()[-1] == "fix:1-package"
    ask_for(line, "round half to even")
    ran = line.doit()
    assert (ran.code, ran.lines()) == (0, [])
    waits = "2-build waits for a commit on `fix`: 1-review asks for changes"
    assert f"?  fix  {waits}\n   commit to fix, then doit" in ran.out
    assert "waiting for a commit on `fix`: 1-review asks for changes" in line.factory("explain").out
    commit(line, "Half to even", CALC.format("+").replace("b\n", "round(b)\n"), TEST.format(2, 3))
    ran = line.doit()
    assert ran.lines() == ["fix:2-build", "fix:2-verify", "fix:2-package"], ran
    assert line.factory("review", "fix", "--approve", "--by", "Ann").code == 0
    assert "1 of 1 artifact sealed" in line.doit().out
    whole = json.loads((line.home / "state/factory-artifacts/fix.json").read_text())
    assert whole["rounds"] == 2
    said = [one["handoff"] for one in whole["stages"] if one["contract"] == "review"]
    assert [one["decision"] for one in said] == ["request-changes", "approve"]
    assert said[0]["findings"][0]["statement"] == "round half to even"
    note = (line.home / "state/factory-artifacts/fix/post-run.md").read_text()
    assert "round half to even" in note
    report = line.factory("report", "--format", "json")
    assert json.loads(report.out)["artifacts"][0]["rework"] == 1
    assert line.git("show", "main:src/calc.py") == (line.home / "src/calc.py").read_text()


@pytest.mark.long
def test_a_failed_verdict_says_what_helps(adopted: Line) -> None:
    line = adopted
    commit(line, "A slip", CALC.format("*"), TEST.format(2, 3))
    ran = line.doit()
    assert ran.code == 1
    waits = "2-build waits for a commit on `fix`: 1-verify failed"
    assert f"error: {waits}\nhelp: commit to fix, then doit" in ran.out, ran
    before = (line.home / "state/factory-artifacts/fix/history.jsonl").read_bytes()
    assert (line.doit().code, line.factory("status").out.count(waits)) == (1, 1)
    assert (line.home / "state/factory-artifacts/fix/history.jsonl").read_bytes() == before
    commit(line, "Mended", CALC.format("+"), TEST.format(2, 3))
    assert line.doit().lines()[-1] == "fix:2-package"


@pytest.mark.long
def test_a_round_is_pinned_when_it_is_taken(adopted: Line) -> None:
    line = adopted
    line.doit()
    commit(line, "More", CALC.format("+") + "\n\nMORE = 1\n", TEST.format(2, 3))
    ran = line.doit()
    assert (ran.code, ran.lines()) == (0, [])
    assert "fix has moved on since, which the next round takes" in ran.out
    line.edit('touches: ["**"]', 'touches: [src/**, "tests/**"]')
    assert line.doit().lines() == ["fix:1-build"], "the same commit as before"
    approved = line.factory("review", "fix", "--approve", "--by", "Ann")
    assert "fix has moved on since; what is new there is not part of what you approved" in (
        approved.out
    )
    assert "1 of 1 artifact sealed" in line.doit().out
    assert "MORE" not in line.git("show", "main:src/calc.py")


@pytest.mark.long
@pytest.mark.parametrize(
    "how",
    ["amended", "rebased", "merged"],
)
def test_a_branch_that_was_written_anew(how: str, adopted: Line) -> None:
    line = adopted
    line.doit()
    ask_for(line, "say it in words")
    if how != "amended":
        line.write(line.home / "src/other.py", "OTHER = 1\n")
        line.commit("meanwhile, on main")
        line.git("switch", "-q", "fix")
        line.git(*(["rebase", "-q", "main"] if how == "rebased" else ["merge", "-q", "main"]))
        line.git("switch", "-q", "main")
    words = ("--amend",) if how == "amended" else ()
    commit(line, "In words", "# the sum\n" + CALC.format("+"), TEST.format(2, 3), *words)
    ran = line.doit()
    assert ran.lines()[-1] == "fix:2-package", ran
    change = json.loads((line.home / "state/factory-artifacts/fix/2-build.json").read_text())
    paths = [file["path"] for file in change["handoff"]["files"]]
    assert paths == ["src/calc.py", "tests/test_fix.py"], "and nothing that others did on main"


@pytest.mark.long
def test_what_a_person_said_stays_in_the_history(adopted: Line) -> None:
    line = adopted
    line.doit()
    ask_for(line, "round half to even")
    assert line.doit("forget", "fix:1-build").code == 0
    commit(line, "Mended", CALC.format("+") + "\n\nMORE = 1\n", TEST.format(2, 3))
    assert line.doit().lines()[-1] == "fix:1-package"
    assert line.factory("review", "fix", "--approve", "--by", "Ann").code == 0
    assert "1 of 1 artifact sealed" in line.doit().out
    text = (line.home / "state/factory-artifacts/fix/history.jsonl").read_text()
    dropped = [e for e in map(json.loads, text.splitlines()) if e["event"] == "replaced"]
    [review] = [e["entry"] for e in dropped if e["stage"] == "1-review"]
    assert review["handoff"]["findings"][0]["statement"] == "round half to even"


@pytest.mark.long
def test_a_conflict_says_how_to_go_on(adopted: Line) -> None:
    line = adopted
    line.doit()
    assert line.factory("review", "fix", "--approve", "--by", "Ann").code == 0
    line.write(line.home / "src/calc.py", CALC.format("/"))
    line.git("commit", "-q", "-am", "meanwhile, on main")
    ran = line.doit()
    assert ran.code == 1
    assert "2-build waits for a commit on `fix`: it conflicts with main" in ran.out
    assert "help: git switch fix && git merge main, then doit" in ran.out
    line.git("switch", "-q", "fix")
    line.git("merge", "-q", "-X", "ours", "-m", "with main", "main")
    line.git("switch", "-q", "main")
    assert line.doit().lines()[-1] == "fix:2-package"
    assert line.factory("review", "fix", "--approve", "--by", "Ann").code == 0
    assert "1 of 1 artifact sealed" in line.doit().out
