"""Artifacts through the line, with the real doit, git and test runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.line import UNIT, Line, simple


def test_one_artifact_in_one_round(line: Line) -> None:
    simple(line)
    ran = line.doit()
    assert ran.code == 0, ran
    assert ran.lines() == [
        "limit:scout",
        "limit:1-build",
        "limit:1-verify",
        "limit:1-package",
        "limit:1-review",
        "limit:1-merge",
        "limit:note",
    ]
    assert ran.out.endswith("ran 7 stages; 1 of 1 artifact sealed\n")
    assert line.git("show", "main:server/app.py") == "LIMIT = 4\n"
    assert line.entry("limit", "1-build")["handoff"]["surfaces"]["server"] == {
        "added": 1,
        "removed": 1,
    }
    [unit, style] = line.entry("limit", "1-verify")["handoff"]["checks"]
    assert unit["tests"]["run"] == 1
    assert style["tests"] is None, "an exit code counts nothing"
    assert line.assembled("limit")["sealed"] is True


@pytest.mark.long
def test_a_second_run_runs_nothing_and_says_so(line: Line) -> None:
    simple(line).doit()
    ran = line.doit()
    assert (ran.code, ran.out) == (0, "nothing to do: limit is sealed\n")


def test_a_review_opens_a_round_and_teaches_the_next_artifact(line: Line) -> None:
    first = line.patch("key-1", webui__page_py="KEY = 1\n")
    line.patch("key-2", on=first, webui__page_py="TITLE = 'Parley'\n", server__key_py="KEY = 1\n")
    line.patch("model-1", server__model_py="MODEL = 1\n")
    rule: dict[str, object] = {
        "id": "keep-it-on-the-server",
        "statement": "Settings live on the server.",
    }
    rule |= {"surfaces": ["webui"], "guard": {"surface": "webui", "at_most": 0}}
    finding = {"kind": "architecture", "statement": "This belongs to the server.", "prior": rule}
    line.review("no", "request-changes", findings=[finding])
    line.review("yes")
    line.spec(
        line.artifact("key", rounds=2, reviews=["no.yaml", "yes.yaml"])
        + line.artifact("model", reviews=["yes.yaml"])
    )
    ran = line.doit()
    assert ran.code == 0, ran
    report = line.factory("report", "--format", "json").out
    key, model = json.loads(report)["artifacts"]
    assert (key["rework"], model["rework"]) == (1, 0)
    assert key["lines"]["webui"] == {"first": 1, "final": 0}
    memo = line.entry("model", "scout")["handoff"]
    taught = {"id": rule["id"], "statement": rule["statement"], "from": "key"}
    assert memo["priors"] == [taught]
    assert "key: architecture: This belongs to the server." in memo["lessons"]
    [guard] = line.entry("model", "1-verify")["handoff"]["guards"]
    assert guard["outcome"] == "kept"


@pytest.mark.long
def test_a_broken_guard_fails_the_verdict(line: Line) -> None:
    line.patch("a-1", server__a_py="A = 1\n")
    line.patch("b-1", webui__b_py="B = 1\n")
    rule: dict[str, object] = {
        "id": "no-webui",
        "statement": "Not in the web UI.",
        "surfaces": ["webui"],
    }
    rule["guard"] = {"surface": "webui", "at_most": 0}
    line.review("ok", findings=[{"kind": "architecture", "statement": "Good.", "prior": rule}])
    line.spec(line.artifact("a", reviews=["ok.yaml"]) + line.artifact("b", reviews=["ok.yaml"]))
    ran = line.doit()
    assert ran.code == 1
    assert "fail: 1 test in 2 scopes  (" in ran.out
    assert "at most 0 added lines on webui; there are 1)\n" in ran.out


def test_a_failing_verdict_opens_a_retry_with_its_failures_as_feedback(line: Line) -> None:
    first = line.patch("limit-1", server__app_py="LIMIT = 5\n", checks__unit_txt=UNIT)
    line.patch("limit-2", on=first, server__app_py="LIMIT = 4\n")
    line.review("ok")
    line.spec(line.artifact("limit", rounds=2, reviews=["ok.yaml"]))
    ran = line.doit()
    assert ran.code == 0, ran
    assert "limit:2-verify" in ran.lines()
    assert "limit:1-package" not in ran.lines()
    left = "   unit: 1 of 1 test failed\n     checks/unit.txt::limit: it is false\n"
    assert re.search(r"limit:1-verify  fail: .*\n" + left, ran.out), "told beneath its line"
    record = line.factory("ledger", "limit").out
    assert left.replace("   unit", f"{'':<12} unit").replace("     c", f"{'':<15}c") in record
    note = line.entry("limit", "note")["handoff"]
    assert (note["rework"], note["retries"]) == (0, 1)


@pytest.mark.long
def test_a_spent_budget_blocks_with_a_sentence(line: Line) -> None:
    first = line.patch("limit-1", server__app_py="LIMIT = 5\n", checks__unit_txt=UNIT)
    line.patch("limit-2", on=first, server__app_py="LIMIT = 6\n")
    line.spec(line.artifact("limit", rounds=2), flow="{retries: 1}")
    ran = line.doit()
    assert ran.code == 1
    assert "limit/2-verify failed, and the budget of 1 retry is spent" in ran.out
    assert line.doit().code == 1, "it stays so until somebody changes something"
    assert line.factory("status").out.startswith("!  limit  limit/2-verify failed")


def test_a_waiting_review_is_answered_on_the_command_line(line: Line) -> None:
    simple(line)
    line.edit("reviews: [limit-ok.yaml]", "reviews: []")
    ran = line.doit()
    assert ran.code == 0
    assert "?  limit  1-review waits for a review of" in ran.out
    assert "factory review limit --approve" in ran.out
    shown = line.factory("review", "limit", "--show").out
    command, _, difference = shown.partition("\nthe change: ")[2].partition("\n")
    assert command.startswith("git -C ../product diff ")
    assert "+LIMIT = 4" in difference
    assert line.run(*command.split(), cwd=line.home).out == difference.lstrip("\n")
    answer = line.factory("review", "limit", "--approve", "--by", "Bo")
    assert answer.code == 0, answer
    review = line.entry("limit", "1-review")["handoff"]
    assert review["commit"] == line.entry("limit", "1-build")["handoff"]["commit"]
    assert review["verdict"] == line.entry("limit", "1-verify")["digest"]
    assert line.doit().lines() == ["limit:1-merge", "limit:note"]


@pytest.mark.long
def test_an_approval_is_void_when_the_commit_changes(line: Line) -> None:
    simple(line, flow="{merge: none}")
    line.edit("reviews: [limit-ok.yaml]", "reviews: []")
    line.doit()
    line.factory("review", "limit", "--approve", "--by", "Bo")
    line.patch("limit-1", server__app_py="LIMIT = 4  # four\n", checks__unit_txt=UNIT)
    ran = line.doit()
    assert ran.lines() == ["limit:1-build", "limit:1-verify", "limit:1-package"]
    assert "1-review waits for a review of" in ran.out


@pytest.mark.long
def test_a_title_changes_the_packet_and_leaves_the_approval(line: Line) -> None:
    simple(line, flow="{merge: none}")
    line.edit("reviews: [limit-ok.yaml]", "reviews: []")
    line.doit()
    line.factory("review", "limit", "--approve", "--by", "Bo")
    line.edit("title: The limit", "title: A higher limit")
    assert line.doit().lines() == ["limit:1-package", "limit:note"]
    assert line.entry("limit", "1-package")["handoff"]["title"] == "A higher limit"


@pytest.mark.long
@pytest.mark.parametrize("budget", ["", "{usd: 5, unknown: stop}"])
def test_an_artifact_whose_first_stage_failed_is_tried_by_the_next_run(
    line: Line, budget: str
) -> None:
    """It has no entry yet, and so is not in progress; it must not pass for one that is done."""
    line.write(line.home / "do.py", "import sys; sys.exit('not today')")
    line.spec(
        "  limit:\n    title: T\n    goal: G\n    verify: [{scope: style}]\n"
        + (f"    budget: {budget}\n" if budget else ""),
        cells="""
cells:
  build: {kind: command, run: [python3, "{home}/do.py"], hands: change, touches: ["**"]}
  verify: {kind: verify, returns: build}
line: [build, verify]
""",
        flow="{merge: none}",
    )
    for _ in range(3):
        ran = line.doit()
        assert ran.code == 1, ran
    if not budget:
        line.write(line.home / "do.py", "open('server/app.py', 'w').write('LIMIT = 4')")
        ran = line.doit()
        assert (ran.code, ran.lines()[:2]) == (0, ["limit:1-build", "limit:1-verify"]), ran


@pytest.mark.long
def test_wip_1_queues_the_second_artifact(line: Line) -> None:
    line.patch("a-1", server__a_py="A = 1\n")
    line.patch("b-1", server__b_py="B = 1\n")
    line.spec(line.artifact("a") + line.artifact("b"))
    ran = line.doit()
    assert "~  b  queued: a is in progress (wip: 1)" in ran.out
    assert not (line.state / "factory-artifacts" / "b").exists()


@pytest.mark.long
def test_wip_2_lets_a_later_artifact_use_a_freed_place(line: Line) -> None:
    line.patch("a-1", server__a_py="a = 1\n")
    line.patch("b-1", webui__b_py="b = 1\n")
    line.patch("c-1", checks__c_txt="\n")
    line.review("ok")
    artifacts = line.artifact("a")
    # Those whose memos name the same files do not go side by side.
    for name, goal in (("b", "The b of the webui works."), ("c", "Nobody knows.")):
        text = line.artifact(name, reviews=["ok.yaml"])
        artifacts += text.replace(f"The {name} of the server works.", goal)
    line.spec(
        artifacts,
        flow="{wip: 2, calibrated: false, merge: none}",
    )
    ran = line.doit("-n", "2", "-P", "thread")
    assert ran.code == 0, ran
    assert line.entries("a") == {"scout", "1-build", "1-verify", "1-package"}
    assert "note" in line.entries("b")
    assert "note" in line.entries("c")


@pytest.mark.long
def test_processes_work_as_well_as_threads(line: Line) -> None:
    simple(line)
    ran = line.doit("-n", "2")
    assert ran.code == 0, ran
    assert len(ran.lines()) == 7


@pytest.mark.long
def test_the_lines_own_repository_can_be_the_target(tmp_path: Path) -> None:
    line = Line(tmp_path / "own", inside=True)
    line.patch("limit-1", server__app_py="LIMIT = 4\n", checks__unit_txt=UNIT)
    line.review("limit-ok")
    line.spec(line.artifact("limit", reviews=["limit-ok.yaml"]))
    line.commit("the factory")
    ran = line.doit()
    assert ran.code == 0, ran
    assert (line.home / "server/app.py").read_text() == "LIMIT = 4\n", "the checkout moved along"
    changed = line.git("diff", "--name-only", "HEAD^", "HEAD").split()
    assert changed == ["checks/unit.txt", "server/app.py"], "the ledger stays out of the product"
    assert {line[3:9] for line in line.git("status", "--porcelain").splitlines()} == {"state/"}


@pytest.mark.long
def test_a_merge_that_conflicts_opens_a_round_on_the_moved_base(line: Line) -> None:
    simple(line)
    line.edit("reviews: [limit-ok.yaml]", "reviews: []")
    line.edit("adopt: [[limit-1.patch]]", "adopt: [[limit-1.patch], [limit-2.patch]]")
    line.patch("limit-2", server__app_py="LIMIT = 4\n")  # on the base as it is now; replaced below
    line.doit()
    line.factory("review", "limit", "--approve", "--by", "Bo")
    line.write(line.product / "server/app.py", "LIMIT = 7\n")
    moved = line.commit("somebody else was faster")
    line.patch("limit-2", server__app_py="LIMIT = 4\n", checks__unit_txt=UNIT)
    ran = line.doit()
    assert "limit:1-merge" in ran.lines()
    assert "conflicts with main in server/app.py" in ran.out
    second = line.entry("limit", "2-build")["handoff"]
    assert (second["base"], second["parent"]) == (moved, moved)
    assert "2-review waits for a review" in ran.out
    line.factory("review", "limit", "--approve", "--by", "Bo")
    assert line.doit().lines() == ["limit:2-merge", "limit:note"]
    assert line.entry("limit", "2-package")["handoff"]["patches"] == ["2-change.patch"]


@pytest.mark.long
def test_a_cell_of_ones_own_with_a_contract_of_ones_own(line: Line) -> None:
    line.write(
        line.home / "risk.schema.json",
        '{"type": "object", "required": ["risk"], "properties": {"risk": {"enum": ["low"]}}}',
    )
    line.write(line.home / "judge.sh", 'echo \'{"risk": "low"}\' > "$FACTORY_HANDOFF"\n')
    simple(line)
    line.edit(
        "  verify: {kind: verify",
        '  judge: {kind: command, run: [sh, "{home}/judge.sh"], takes: [change], hands: risk}\n'
        "  verify: {kind: verify",
    )
    line.edit("line: [scout, build, verify", "line: [scout, build, judge, verify")
    line.edit("line: [scout", "contracts: {risk: {schema: risk.schema.json}}\nline: [scout")
    assert line.doit().code == 0
    assert line.entry("limit", "1-judge")["handoff"] == {"risk": "low"}
    assert line.entry("limit", "1-judge")["run"]["cost"] == {"usd": None, "tokens": None}


@pytest.mark.long
def test_packaging_branches_by_the_surfaces_touched(line: Line) -> None:
    simple(line)
    line.edit(
        "package: {kind: package}",
        "package: {kind: package, surfaces: {server: {labels: [api], checklist: [Look.]},"
        " webui: {labels: [ui]}}}",
    )
    line.doit()
    packet = line.entry("limit", "1-package")["handoff"]
    assert (packet["labels"], packet["checklist"]) == (["api"], ["Look."])
    assert "- [ ] Look." in packet["body"]
