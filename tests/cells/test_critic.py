"""A critic between verification and review, and an analyst at the end, as real programs."""

from __future__ import annotations

import pytest

from tests.line import UNIT, Line

CELLS = """
surfaces: {server: [server/**], webui: [webui/**]}
agents:
  coder: {command: [python3, "{home}/coder.py"]}
  judge: {command: [python3, "{home}/judge.py"]}
  historian: {command: [python3, "{home}/historian.py"]}
cells:
  scout: {kind: scout}
  build:
    kind: agent
    agent: coder
    takes: [memo, feedback]
    hands: change
    touches: [server, checks/**]
  verify: {kind: verify, returns: build}
  critic: {kind: critic, agent: judge, returns: build}
  package: {kind: package}
  review: {kind: review, from: recorded, returns: build}
  analyst: {kind: analyst, agent: historian}
line: [scout, build, verify, critic, package, review, analyst]
"""

CODER = """
import os, pathlib, shutil
number = os.environ["FACTORY_ROUND"]
shutil.copy(os.environ["FACTORY_BRIEF"], pathlib.Path(__file__).parent / f"build-{number}.md")
pathlib.Path("server/app.py").write_text(f"LIMIT = 4  # {number}\\n")
"""

JUDGE = """
import json, os, pathlib, shutil
number = int(os.environ["FACTORY_ROUND"])
shutil.copy(os.environ["FACTORY_BRIEF"], pathlib.Path(__file__).parent / f"critic-{number}.md")
finding = {
    "kind": "correctness",
    "severity": "major",
    "statement": "Nothing says why the limit is four.",
    "paths": ["server/app.py"],
    "rule": "A limit comes with its reason.",
}
content = number > OBJECTS
answer = {
    "decision": "accept" if content else "object",
    "summary": "Good." if content else "Not yet.",
    "findings": [] if content else [finding],
}
pathlib.Path(os.environ["FACTORY_HANDOFF"]).write_text(json.dumps(answer))
"""

HISTORIAN = """
import json, os, pathlib, shutil
shutil.copy(os.environ["FACTORY_BRIEF"], pathlib.Path(__file__).parent / "analyst.md")
answer = {
    "worked": ["The memo named the file."],
    "improve": ["## Say in the goal why\\n\\nthe limit is four."],
    "decisions": [
        {"decision": "The server holds it.", "verdict": "confirmed", "evidence": "1-verify passed"}
    ],
}
pathlib.Path(os.environ["FACTORY_HANDOFF"]).write_text(json.dumps(answer))
"""

ARTIFACT = """
  NAME:
    title: The limit
    goal: The limit of the server is four.
    verify: [{scope: unit}]
    reviews: [REVIEWS]
"""


def begun(line: Line, *, objects: int, reviews: str = "yes.yaml", cells: str = CELLS) -> Line:
    line.write(line.product / "checks/unit.txt", UNIT)
    line.commit("a check")
    line.write(line.home / "coder.py", CODER)
    line.write(line.home / "judge.py", JUDGE.replace("OBJECTS", str(objects)))
    line.write(line.home / "historian.py", HISTORIAN)
    line.review("yes")
    text = ARTIFACT.replace("NAME", "limit").replace("REVIEWS", reviews)
    line.spec(text, cells=cells)
    return line


@pytest.mark.long
def test_a_critic_that_is_content_and_an_analyst_after_the_merge(line: Line) -> None:
    ran = begun(line, objects=0).doit()
    assert ran.lines() == [
        f"limit:{stage}"
        for stage in (
            *("scout", "1-build", "1-verify", "1-critic", "1-package", "1-review", "1-merge"),
            *("analyst", "note"),
        )
    ], ran
    told = (line.home / "critic-1.md").read_text()
    assert "```diff\ndiff --git a/server/app.py b/server/app.py" in told
    assert "+LIMIT = 4  # 1" in told
    assert "## Verdict, from 1-verify" in told
    assert "You may edit nothing." in told
    assert '"decision": "accept"' in told, "the hand-off's smallest form"
    record = (line.home / "analyst.md").read_text()
    assert '"stage": "1-merge"' in record
    note = line.entry("limit", "note")["handoff"]
    assert note["analysis"]["by"] == "python3"
    assert note["worked"][0] == "One round from build to approval.", "facts stay computed"
    text = (line.state / "factory-artifacts/limit/post-run.md").read_text()
    assert "By python3, an agent; nobody has proven it." in text
    assert "\n## Say in the goal" not in text
    assert "critiques" not in note
    again = line.doit()
    assert again.out == "nothing to do: limit is sealed\n"


@pytest.mark.long
def test_a_critic_opens_a_round_of_its_own_budget(line: Line) -> None:
    ran = begun(line, objects=1).doit()
    assert ran.out.endswith("1 of 1 artifact sealed\n"), ran
    assert "limit:2-critic" in ran.lines()
    assert "limit:1-package" not in ran.lines(), "what a critic objects to is not packaged"
    told = (line.home / "build-2.md").read_text()
    assert "(1-critic, critique)" in told
    assert "- major correctness: Nothing says why the limit is four.\n  - server/app.py\n" in told
    assert "(1-critic, critique)" in (line.home / "critic-2.md").read_text()
    note = line.entry("limit", "note")["handoff"]
    assert (note["rework"], note["retries"], note["critiques"]) == (0, 0, 1)
    assert note["rounds"][1]["opened_by"] == "critique"
    assert "1-critic: correctness: Nothing says why the limit is four." in note["improve"]


@pytest.mark.long
def test_a_critic_that_is_never_content_is_left_to_a_person(line: Line) -> None:
    begun(line, objects=9, reviews="")
    line.edit("artifacts:", "flow: {critiques: 1}\nartifacts:")
    ran = line.doit()
    assert ran.code == 0, ran
    assert "limit:2-package" in ran.lines()
    assert "limit:3-build" not in ran.lines()
    assert "to which the critic objects" in ran.out
    shown = line.factory("review", "limit", "--show").out
    assert "## What the critic said\n\nIt objects." in shown
    assert "major correctness: Nothing says why the limit is four. (server/app.py)" in shown
    wrong = line.factory("review", "limit", "--approve", "--confirm", "2-critic/2")
    assert (wrong.code, wrong.out) == (3, "")
    assert "help: known here: 1-critic/1 and 2-critic/1" in wrong.err
    said = line.factory(
        *("review", "limit", "--approve", "--by", "Ann", "--confirm", "2-critic/1"),
        *("--prior", "reasons", "--surface", "server"),
    )
    assert "approved by Ann, 1 finding" in said.out, said
    assert line.doit().out.endswith("1 of 1 artifact sealed\n")
    [prior] = [p.read_text() for p in (line.state / "priors").glob("*.json")]
    assert "A limit comes with its reason." in prior
    line.edit(
        "    reviews: []\n",
        "    reviews: []\n" + ARTIFACT.replace("NAME", "more").replace("REVIEWS", ""),
    )
    line.edit("LIMIT = 4 ", "LIMIT = 4 #", file="coder.py")
    line.doit()
    later = (line.home / "build-1.md").read_text()
    assert "- reasons: A limit comes with its reason. (about server)" in later


@pytest.mark.long
def test_without_a_review_the_budget_of_a_critic_ends_the_line(line: Line) -> None:
    cells = CELLS.replace("critic, package, review, analyst", "critic")
    unused = ("  package:", "  review:", "  analyst:")
    kept = [row for row in cells.splitlines() if not row.startswith(unused)]
    begun(line, objects=9, cells="\n".join(kept) + "\n")
    line.edit("artifacts:", "flow: {critiques: 1, merge: none}\nartifacts:")
    ran = line.doit()
    assert ran.code == 1
    assert "limit/2-critic objects, and the budget of 1 critique is spent" in ran.out
    assert "raise `flow: {critiques: 2}`" in ran.out


@pytest.mark.long
def test_a_critic_edits_nothing_and_keeps_to_its_contract(line: Line) -> None:
    begun(line, objects=0)
    line.edit("import json,", "open('server/app.py', 'a').write('#')\nimport json,", "judge.py")
    ran = line.doit()
    assert ran.code == 1
    assert "`critic` edited server/app.py; it may touch nothing" in ran.out
    line.edit("open('server/app.py', 'a').write('#')\n", "", "judge.py")
    line.edit("[] if content", "[] if True", "judge.py")
    line.edit('"accept" if content', '"object" if True', "judge.py")
    ran = line.doit()
    assert "the critique breaks its contract" in ran.out
    assert line.git("status", "--porcelain") == ""
