"""What real cells are told on a real line."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.run.bounds import LIMIT
from factoryline.run.brief import _verified

from tests.line import UNIT, Line
from tests.plan.example import plan_of

CELLS = """
surfaces: {server: [server/**], webui: [webui/**]}
agents: {coder: {command: [python3, "{home}/coder.py"]}}
cells:
  scout: {kind: command, run: [python3, "{home}/scout.py"], hands: memo}
  build:
    kind: agent
    agent: coder
    takes: [memo, feedback]
    hands: change
    touches: [server, checks/**]
  verify: {kind: verify, returns: build}
  package: {kind: package}
  review: {kind: review, from: recorded, returns: build}
line: [scout, build, verify, package, review]
"""

SCOUT = """
import json, os
why = "## Rules\\n```\\n" + "größe " * 20
files = [{"path": f"server/{n}.py", "why": why} for n in range(SIZE)]
memo = {"summary": "The limit is in app.py.", "files": files, "verification": ["unit"]}
open(os.environ["FACTORY_HANDOFF"], "w").write(json.dumps(memo))
"""

CODER = """
import os, pathlib, shutil
number = int(os.environ["FACTORY_ROUND"])
shutil.copy(os.environ["FACTORY_BRIEF"], pathlib.Path(__file__).parent / f"told-{number}.md")
pathlib.Path("server/app.py").write_text(f"LIMIT = {4 + (number == 1)}  # {number}\\n")
"""


def begun(line: Line, *, size: int, goal: str = "The limit of the server is four.") -> Line:
    line.write(line.product / "checks/unit.txt", UNIT)
    line.commit("a check")
    line.write(line.home / "scout.py", SCOUT.replace("SIZE", str(size)))
    line.write(line.home / "coder.py", CODER)
    finding = {"kind": "tests", "statement": "Say why it is four.", "paths": ["server/app.py"]}
    line.review("no", "request-changes", findings=[finding])
    line.review("yes")
    line.spec(
        f"  limit:\n    title: The limit\n    goal: {goal}\n    consumer: operators\n"
        "    verify: [{scope: unit}]\n    reviews: [no.yaml, yes.yaml]\n",
        cells=CELLS,
    )
    return line


def told(line: Line, number: int) -> str:
    return (line.home / f"told-{number}.md").read_text()


@pytest.mark.long
def test_the_rounds_of_a_builder(line: Line) -> None:
    ran = begun(line, size=2).doit()
    assert ran.out.endswith("1 of 1 artifact sealed\n"), ran
    first, second, third = (told(line, number) for number in (1, 2, 3))
    assert "You may edit: server (server/**), checks/**." in first
    assert "runner.py" in first, "the command that will be run stands in it"
    assert "checks/unit.txt\n  ```" in first, "with the tests"
    assert "The limit is in app.py." in first
    assert "This is a repair" not in first
    assert "## What the round before left to mend (1-verify, retry)" in second
    assert "- unit: 1 of 1 test failed\n  - checks/unit.txt::limit: it is false\n" in second
    assert "## What the round before left to mend (2-review, rework)" in third
    assert "- major tests: Say why it is four.\n  - server/app.py\n" in third
    assert "- 1-verify, retry:\n  - unit: 1 of 1 test failed\n" in third
    assert "earlier" in line.entry("limit", "3-build")["inputs"]


@pytest.mark.long
def test_a_memo_that_does_not_fit_is_cut_and_its_whole_is_named(line: Line) -> None:
    ran = begun(line, size=900).doit()
    assert ran.code == 0, ran
    brief = told(line, 1)
    assert len(brief.encode()) <= LIMIT
    whole = line.state / ".work/logs/limit/1-build/brief.whole.md"
    assert f"the whole is in {whole}" in brief
    assert "server/899.py" in whole.read_text()
    assert "server/899.py" not in brief
    started = [e for e in line.history("limit") if e["event"] == "started" and "cut" in e]
    assert started[0]["stage"] == "1-build"
    [cut] = started[0]["cut"]
    assert cut.startswith("the memo of scout: ")
    assert f"- {cut}\n" in brief


def test_a_goal_that_does_not_fit_is_said_to_be_too_long(line: Line) -> None:
    ran = begun(line, size=2, goal="word " * 12_000).doit()
    assert ran.code == 1
    assert "the brief of `scout` has 6" in ran.out + ran.err
    assert "help: shorten the goal, which has 59,999 bytes" in ran.out + ran.err
    assert not Path(line.home / "told-1.md").exists()


def test_a_command_to_verify_names_a_place_for_all_that_it_leaves(tmp_path: Path) -> None:
    run = '["pytest", "{tests}", "--junitxml={report}", "--cov-report=lcov:{coverage}"]'
    scopes = f"scopes: {{unit: {{run: {run}, report: junit, coverage: lcov, all: [tests]}}}}"
    [artifact] = plan_of(tmp_path, scopes=scopes).artifacts
    told = _verified(artifact.verify[0], Path("/out"))
    assert told["command"] == (
        "pytest tests --junitxml=/out/unit.report --cov-report=lcov:/out/unit.coverage"
    )
