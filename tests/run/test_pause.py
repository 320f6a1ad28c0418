"""A provider asks for time: the artifact is paused, nothing is used up, it goes on by itself."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from factoryline.ledger.history import stamp
from factoryline.plan.rounds import Stage
from factoryline.run.factory import Factory
from factoryline.run.pause import LONGEST, facts, local, pause
from factoryline.skipping import quick

from tests.line import Line
from tests.plan.example import plan_of
from tests.run.agents import events, with_agent

UNTIL = r"paused until ([0-9-]+ )?[0-9]{2}:[0-9]{2}: `build`: the provider of coder takes no more"


@pytest.mark.long
def test_a_paused_artifact_is_no_failure_and_others_go_on(line: Line) -> None:
    # The second artifact has nothing for the agent to do but the same: its quota is spent too.
    other = (
        "  other:\n    title: Another\n    goal: It works too.\n"
        "    verify: [{scope: style}]\n    reviews: [ok.yaml]\n"
    )
    with_agent(
        line, "quota-3600 0.25 10", "work 1 10", flow="{wip: 2, calibrated: false}", more=other
    )
    first = line.doit()
    assert first.code == 0, first.out + first.err
    assert re.search(f"z  limit  {UNTIL}", first.out)
    assert "=" not in first.out.split()
    assert (line.state / "factory-artifacts/other/note.json").exists()
    paused = [e for e in line.history("limit") if e["event"] == "paused"]
    assert [e["cost"]["usd"] for e in paused] == [0.25]
    # Nothing is tried before the time, whatever is asked for.
    for command in (("doit",), ("doit", "limit"), ("doit", "limit:1-build"), ("factory", "run")):
        again = line.doit(*command[1:]) if command[0] == "doit" else line.factory(*command[1:])
        assert again.code == 0, again.out + again.err
        assert re.search(UNTIL, again.out)
        assert ">" not in again.out
    late = line.doit("limit:1-review")
    assert (late.code, "!" in late.out) == (0, False), late.out
    assert re.search(UNTIL, line.factory("status").out)
    assert re.search(f"limit/1-build +{UNTIL}", line.factory("explain", "limit").out)
    assert events(line) == ["started", "paused"]


@pytest.mark.long
def test_it_goes_on_by_itself_when_the_time_has_come(line: Line) -> None:
    with_agent(line, "quota-4", flow="{merge: none}")
    done = line.factory("run", "--wait")
    assert done.code == 0, done.out + done.err
    assert re.search(UNTIL, done.out)
    assert "waiting until" in done.out
    assert "1 of 1 artifact sealed" in done.out
    assert events(line) == ["started", "paused", "started", "finished"]
    assert line.entry("limit", "1-build")["run"]["attempts"] == 2


@pytest.mark.long
def test_the_certificate_ends_with_the_pause(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """That there is nothing to do is so until the time has come, and no longer."""
    with_agent(line, "quota-3600")
    line.doit()
    time.sleep(0.2)
    said = line.factory("status").out
    [until] = [e["until"] for e in line.history("limit") if e["event"] == "paused"]
    end = datetime.fromisoformat(until).timestamp()
    assert quick.answer(str(line.home), "status") == said
    monkeypatch.setattr("time.time", lambda: end - 1)
    assert quick.answer(str(line.home), "run") is not None
    monkeypatch.setattr("time.time", lambda: end + 1)
    assert quick.answer(str(line.home), "run") is None


@pytest.mark.long
def test_another_agent_is_not_paused(line: Line) -> None:
    with_agent(line, "quota-3600")
    line.doit()
    line.edit('"{home}"]', '"{home}", "--another-model"]')
    assert line.doit().code == 0
    assert events(line) == ["started", "paused", "started", "finished"]


@pytest.fixture
def factory(tmp_path: Path) -> Factory:
    return Factory(plan_of(tmp_path / "home"))


NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BUILD = Stage(artifact="wizard", cell="build", round=1)


def asked(factory: Factory, until: datetime | None) -> timedelta:
    """Pause the build, and say for how long."""
    cell = factory.plan.cell("build")
    found = facts(factory, "wizard", cell, until, NOW)
    factory.ledger.history("wizard").append("paused", "1-build", reason="too many", **found)
    return datetime.fromisoformat(found["until"]) - NOW - timedelta(seconds=1)


def test_the_wait_grows_where_the_provider_does_not_say(factory: Factory) -> None:
    waits = [asked(factory, None).total_seconds() / 60 for _ in range(8)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    factory.ledger.history("wizard").append("failed", "1-build", reason="something else")
    assert asked(factory, None) == timedelta(minutes=1)


def test_what_a_provider_says_is_taken_as_far_as_it_makes_sense(factory: Factory) -> None:
    assert asked(factory, NOW + timedelta(hours=5)) == timedelta(hours=5)
    assert asked(factory, NOW - timedelta(hours=5)) == timedelta(minutes=1)
    assert asked(factory, datetime(9999, 12, 31, tzinfo=UTC)) == LONGEST


def test_a_pause_holds_until_its_time_or_another_end(factory: Factory) -> None:
    history = factory.ledger.history("wizard")
    assert pause(factory, BUILD, NOW) is None
    asked(factory, NOW + timedelta(minutes=5))
    held = pause(factory, BUILD, NOW)
    assert held is not None
    assert held.reason == "too many"
    assert stamp(held.until) == "2026-11-24T12:05:01Z"
    assert pause(factory, BUILD, NOW + timedelta(minutes=6)) is None
    # What spends nothing is not kept from going on.
    assert pause(factory, Stage(artifact="wizard", cell="verify", round=1), NOW) is None
    history.append("finished", "1-build")
    assert pause(factory, BUILD, NOW) is None


def test_the_time_is_said_as_the_clock_on_the_wall_has_it() -> None:
    assert re.fullmatch("[0-9]{2}:[0-9]{2}", local(NOW, NOW))
    assert re.fullmatch("2026-11-2[67] [0-9]{2}:[0-9]{2}", local(NOW + timedelta(days=2), NOW))
