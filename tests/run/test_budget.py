"""Budgets hold an artifact, or the factory until tomorrow, whatever became of the attempts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from factoryline.diagnostics import Span
from factoryline.ledger.cost import UNKNOWN, Cost
from factoryline.ledger.history import History
from factoryline.ledger.spending import NOTHING, of_cost
from factoryline.plan.model import Budget
from factoryline.plan.rounds import Stage
from factoryline.run.budget import exhausted, of_today, remainder, time_limit, tomorrow
from factoryline.run.factory import Factory

from tests.line import Line
from tests.plan.example import PARTS, plan_of
from tests.run.agents import events, with_agent


@pytest.mark.long
def test_failed_attempts_spend_a_budget_and_a_restart_forgets_none(line: Line) -> None:
    with_agent(line, "fail 0.75 10", "fail 0.75 10", budget="{usd: 1.4}")
    assert line.doit().code == 1
    assert "1-build failed 1 time and is due again; $0.65 of $1.40 left" in (
        line.factory("status").out
    )
    assert line.doit().code == 1
    held = line.doit()
    assert held.code == 1
    said = "factory.yaml:27:13: error: limit has spent its budget: $1.50 of $1.40 (1-build $1.50"
    assert said in held.out, held.out
    assert "in 2 attempts" in held.out
    assert "help: raise `budget:` of limit and run again" in held.out
    assert "!  limit  limit has spent its budget: $1.50 of $1.40" in line.factory("status").out
    explained = line.factory("explain", "limit").out
    assert "held: limit has spent its budget" in explained
    assert "budget of limit: $0.00 of $1.40 left" in explained
    named = line.doit("limit:1-build")
    assert (named.code, "spent its budget" in named.out) == (1, True)
    assert events(line)[:5] == ["started", "failed", "started", "failed", "held"]
    # A budget is no part of a stage's key: raising it runs no finished stage again.
    line.edit("usd: 1.4", "usd: 5")
    went_on = line.doit()
    assert went_on.code == 0, went_on.out
    assert went_on.lines()[0] == "limit:1-build"


def test_a_budget_is_looked_at_before_a_repair_too(line: Line) -> None:
    with_agent(line, "outside 2 10", "work 2 10", budget="{usd: 1}")
    held = line.doit()
    assert held.code == 1
    assert "limit has spent its budget: $2.00 of $1.00 (1-build $2.00 in 1 attempt" in held.out
    assert events(line) == ["started", "rejected", "held"]


@pytest.mark.long
def test_a_budget_of_minutes_ends_an_attempt(line: Line) -> None:
    with_agent(line, "sleep", budget="{minutes: 0.02}")
    ended = line.doit()
    assert ended.code == 1
    assert re.search(r"ran longer than 1(\.[01]\d*)? s and was ended", ended.out), ended.out
    assert "help: the budget of limit left it no more time" in ended.out
    said = line.factory("status").out
    assert re.search(r"limit has spent its budget: 0\.\d+ min of 0\.02 min", said), said


@pytest.mark.long
def test_the_day_of_the_whole_factory(line: Line) -> None:
    with_agent(line, "fail 3 10", flow="{budget: {usd: 2}}")
    assert line.doit().code == 1
    rests = line.doit()
    assert rests.code == 0, rests.out
    day = "00:00: the factory has spent its budget for today: $3.00 of $2.00 (limit $3.00"
    assert f"{day}" in rests.out
    status = line.factory("status").out
    assert "z  limit  paused until" in status
    assert "today: $0.00 of $2.00 left" in status


@pytest.mark.long
def test_an_attempt_that_was_killed_with_the_factory_gets_an_end(line: Line) -> None:
    with_agent(line, "fail 1 10", "work 1 10")
    line.doit()
    path = line.state / "factory-artifacts/limit/history.jsonl"
    History(path).append("started", "1-build")
    assert line.doit().code == 0
    assert events(line) == ["started", "failed", "started", "killed", "started", "finished"]
    assert line.entry("limit", "1-build")["run"]["attempts"] == 3
    assert "$2.00 + 1 unknown" in line.factory("report").out


BUILD = Stage(artifact="wizard", cell="build", round=1)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def factory_with(home: Path, budget: str, flow: str = "{}") -> Factory:
    artifact = PARTS["artifacts"].rstrip().removesuffix("}") + f", budget: {budget}}}"
    return Factory(plan_of(home, artifacts=artifact, flow=f"flow: {flow}"))


def spend(factory: Factory, *costs: Cost, seconds: float = 60, artifact: str = "wizard") -> None:
    history = factory.ledger.history(artifact)
    for cost in costs:
        history.append("failed", "1-build", cost=cost.to_json(), seconds=seconds)


PAID = Cost(reported=1.0, total=100)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("{usd: 2}", "$2.00 of $2.00, not counting 1 attempt of unknown cost"),
        ("{usd: 2.5}", ""),
        ("{usd: 2.5, unknown: 0.5}", "$2.50 of $2.50"),
        ("{usd: 9, unknown: stop}", "1 attempt of unknown cost, which ends it (`unknown: stop`)"),
        ("{tokens: 200}", "200 tokens of 200 tokens, not counting 1 attempt of unknown tokens"),
        ("{tokens: 201}", ""),
        ("{minutes: 3}", "3 min of 3 min"),
        ("{minutes: 3.5}", ""),
        ("{usd: 9, tokens: 900, minutes: 2}", "3 min of 2 min"),
    ],
)
def test_what_a_budget_bounds(tmp_path: Path, budget: str, said: str) -> None:
    """Two attempts of $1 and 100 tokens, one of unknown cost, a minute each."""
    factory = factory_with(tmp_path / "home", budget)
    spend(factory, PAID, UNKNOWN, PAID)
    empty = exhausted(factory, BUILD)
    if not said:
        assert empty is None
        return
    assert empty is not None
    assert empty.reason.startswith(f"wizard has spent its budget: {said}")
    assert "(1-build $2.00 in 3 attempts, 3 min 0 s)" in empty.reason
    assert empty.until is None
    # What costs nothing goes on.
    assert exhausted(factory, Stage(artifact="wizard", cell="verify", round=1)) is None


def test_a_killed_attempt_is_of_unknown_cost(tmp_path: Path) -> None:
    factory = factory_with(tmp_path / "home", "{usd: 9, unknown: stop}")
    factory.ledger.history("wizard").append("started", "1-build")
    empty = exhausted(factory, BUILD)
    assert empty is not None
    assert "1 attempt of unknown cost" in empty.reason


def test_a_day_counts_every_artifact_since_midnight(tmp_path: Path) -> None:
    factory = factory_with(tmp_path / "home", "{usd: 9}", flow="{budget: {usd: 2}}")
    spend(factory, PAID)
    spend(factory, PAID, artifact="gone-from-the-factory")
    now = datetime.now(UTC)
    assert sorted(of_today(factory, now)) == ["gone-from-the-factory", "wizard"]
    empty = exhausted(factory, BUILD, now)
    assert empty is not None
    assert empty.until == tomorrow(now)
    later = now + timedelta(days=1)
    assert of_today(factory, later) == {}
    assert exhausted(factory, BUILD, later) is None
    assert tomorrow(now).astimezone().strftime("%H:%M:%S") == "00:00:00"
    assert timedelta() < tomorrow(now) - now <= timedelta(hours=25)


def test_what_is_left_is_said_with_what_was_not_counted() -> None:
    budget = Budget(span=Span(file="factory.yaml", line=1, column=1), usd=5, tokens=1000)
    assert remainder(budget, NOTHING) == "$5.00 of $5.00 and 1,000 tokens of 1,000 tokens left"
    spent = of_cost(Cost(reported=9, total=10)) + of_cost(UNKNOWN)
    assert remainder(budget, spent) == (
        "$0.00 of $5.00 and 990 tokens of 1,000 tokens left, not counting 1 attempt of unknown "
        "cost and 1 attempt of unknown tokens"
    )


def test_an_attempt_takes_no_more_time_than_is_left(tmp_path: Path) -> None:
    factory = factory_with(tmp_path / "home", "{minutes: 3}")
    cell = factory.plan.cell("build")
    assert time_limit(factory, "wizard", cell) == 180
    spend(factory, PAID, seconds=150)
    assert time_limit(factory, "wizard", cell) == 30
    spend(factory, PAID, seconds=150)
    assert time_limit(factory, "wizard", cell) == 1
    assert time_limit(factory, "wizard", factory.plan.cell("verify")) is None
