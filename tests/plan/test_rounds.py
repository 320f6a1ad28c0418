"""The loop, unrolled: the way of an artifact as a pure function of how its stages ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.plan.model import Plan
from factoryline.plan.rounds import Stage, Walk, expected, walk

from tests.plan.example import plan_of

PASS = {"scout": "done", "build": "done", "verify": "pass", "package": "done"}
"""How the stages end when nothing goes wrong, by cell."""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(tmp_path / "home")


def follow(plan: Plan, *endings: str) -> Walk:
    """Walk while `endings` last, a word a stage; `ok` is what the cell says when all is well."""
    left = iter(endings)
    known: dict[Stage, str | None] = {}

    def outcome(stage: Stage) -> str | None:
        if stage not in known:
            word = next(left, None)
            good = {**PASS, "review": "approve", "merge": "merged", "note": "done"}[stage.cell]
            known[stage] = good if word == "ok" else word
        return known[stage]

    return walk(plan, "wizard", outcome)


def ids(way: Walk) -> list[str]:
    return [stage.id for stage in way.stages]


def test_before_anything_ran_the_first_stage_is_next(plan: Plan) -> None:
    way = follow(plan)
    assert ids(way) == ["scout"]
    assert way.next == Stage(artifact="wizard", cell="scout", round=None)
    assert not way.sealed


def test_straight_through(plan: Plan) -> None:
    way = follow(plan, *["ok"] * 7)
    assert ids(way) == [
        "scout",
        "1-build",
        "1-verify",
        "1-package",
        "1-review",
        "1-merge",
        "note",
    ]
    assert way.sealed
    assert way.next is None


def test_a_line_that_does_not_merge_ends_with_the_note(tmp_path: Path) -> None:
    plan = plan_of(tmp_path / "home", flow="flow: {merge: none}")
    assert ids(follow(plan, *["ok"] * 6))[-2:] == ["1-review", "note"]


def test_the_note_is_due_before_the_artifact_is_sealed(plan: Plan) -> None:
    way = follow(plan, *["ok"] * 6)
    assert way.next is not None
    assert way.next.id == "note"
    assert not way.sealed


def test_a_failed_verdict_opens_a_retry(plan: Plan) -> None:
    way = follow(plan, "ok", "ok", "fail", "ok")
    assert ids(way) == ["scout", "1-build", "1-verify", "2-build", "2-verify"]
    assert [stage.opened_by for stage in way.stages[-2:]] == ["retry", "retry"]


def test_a_review_that_asks_for_changes_opens_a_rework(plan: Plan) -> None:
    way = follow(plan, "ok", "ok", "ok", "ok", "request-changes", "ok")
    assert ids(way)[-2:] == ["2-build", "2-verify"]
    assert way.stages[-1].opened_by == "rework"


def test_a_merge_that_conflicts_opens_a_round_too(plan: Plan) -> None:
    way = follow(plan, "ok", "ok", "ok", "ok", "ok", "conflict")
    assert ids(way)[-2:] == ["1-merge", "2-build"]
    assert way.stages[-1].opened_by == "conflict"


def test_retries_are_spent(plan: Plan) -> None:
    way = follow(plan, "ok", *["ok", "fail"] * 3)
    assert ids(way)[-1] == "3-verify"
    assert way.next is None
    assert not way.sealed
    assert way.blocked is not None
    assert way.blocked.after.id == "3-verify"
    assert way.blocked.reason == "wizard/3-verify failed, and the budget of 2 retries is spent"
    assert way.blocked.help == "raise `flow: {retries: 3}`, or change the artifact's goal"


def test_reworks_have_a_budget_of_their_own(plan: Plan) -> None:
    once = ["ok", "ok", "ok", "request-changes"]
    way = follow(plan, "ok", *once, *once)
    assert way.blocked is not None
    assert (
        way.blocked.reason
        == "wizard/2-review asks for changes, and the budget of 1 rework is spent"
    )


def test_retries_and_reworks_do_not_count_together(plan: Plan) -> None:
    retries = ["ok", "fail"] * 2
    way = follow(plan, "ok", *retries, "ok", "ok", "ok", "request-changes", "ok")
    assert way.blocked is None
    assert ids(way)[-1] == "4-verify"


def test_a_conflict_is_paid_from_the_retries(plan: Plan) -> None:
    retries = ["ok", "fail"] * 2
    way = follow(plan, "ok", *retries, "ok", "ok", "ok", "ok", "conflict")
    assert way.blocked is not None
    assert "budget of 2 retries" in way.blocked.reason


def test_a_budget_of_nothing(tmp_path: Path) -> None:
    plan = plan_of(tmp_path / "home", flow="flow: {retries: 0}")
    way = follow(plan, "ok", "ok", "fail")
    assert way.blocked is not None
    assert "the budget of 0 retries is spent" in way.blocked.reason


def test_a_no_without_a_way_back_blocks(tmp_path: Path) -> None:
    cells = """
cells:
  build: {kind: agent, agent: coder, hands: change, touches: [server]}
  verify: {kind: verify}
  package: {kind: package}"""
    plan = plan_of(tmp_path / "home", cells=cells, line="line: [build, verify, package]")
    way = follow(plan, "ok", "fail")
    assert ids(way) == ["build", "verify"], "a line without `returns` has no rounds"
    assert way.blocked is not None
    assert way.blocked.reason == "wizard/verify failed, and its cell returns to none"
    assert "give the cell `verify` a `returns:`" in way.blocked.help
    conflict = follow(plan, "ok", "ok", "ok", "conflict")
    assert conflict.blocked is not None
    assert conflict.blocked.after.id == "merge"
    assert "give a cell of the line a `returns:`" in conflict.blocked.help


def test_a_review_may_send_the_artifact_back_to_its_scout(tmp_path: Path) -> None:
    cells = """
cells:
  scout: {kind: scout}
  build: {kind: agent, agent: coder, takes: [memo], hands: change, touches: [server]}
  verify: {kind: verify, returns: build}
  package: {kind: package}
  review: {kind: review, returns: scout}"""
    plan = plan_of(tmp_path / "home", cells=cells)
    way = follow(plan, "ok", "ok", "fail", "ok", "ok", "ok", "request-changes", "ok")
    assert ids(way) == [
        "1-scout",
        "1-build",
        "1-verify",
        "2-build",  # verify returns to build, past the scout
        "2-verify",
        "2-package",
        "2-review",
        "3-scout",
        "3-build",
    ]


def test_the_way_before_a_stage(plan: Plan) -> None:
    way = follow(plan, "ok", "ok", "fail", "ok")
    assert [s.id for s in way.before(way.stages[3])] == ["scout", "1-build", "1-verify"]


def test_a_stage_is_the_same_however_its_round_was_opened() -> None:
    one = Stage(artifact="wizard", cell="build", round=2, opened_by="retry")
    two = Stage(artifact="wizard", cell="build", round=2, opened_by="rework")
    assert one == two
    assert {one: "done"}[two] == "done"
    assert str(one) == "wizard/2-build"


def test_what_is_expected_goes_to_the_end(plan: Plan) -> None:
    way = expected(plan, "wizard", lambda stage: "fail" if stage.id == "1-verify" else None)
    assert [stage.id for stage in way] == [
        "scout",
        "1-build",
        "1-verify",
        "2-build",
        "2-verify",
        "2-package",
        "2-review",
        "2-merge",
        "note",
    ]
