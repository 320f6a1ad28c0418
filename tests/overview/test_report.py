"""The report: tokens and money for each stage, artifact and merged artifact, unknowns by name."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factoryline.contracts.render import amount
from factoryline.ledger.cost import FREE, UNKNOWN, Cost, Usage
from factoryline.ledger.spending import NOTHING, of_cost
from factoryline.ledger.store import Ledger
from factoryline.overview.base import report
from factoryline.overview.table import REPORTS
from factoryline.plan.model import Plan

from tests.ledger.example import entry
from tests.line import Line, waits_for_review
from tests.plan.example import plan_of
from tests.run.agents import with_agent

USAGE = Usage(input=100, cache_read=800, cache_write=0, output=100, requests=4)
PAID = Cost(usage=USAGE, counted="metered", priced=0.5, prices="2026-11-01", models=("small",))


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(tmp_path / "home")


def ledger_of(plan: Plan, *, merged: bool) -> Ledger:
    """A failed attempt of unknown cost, a rejected one, two paid ones; an artifact that is gone."""
    ledger = Ledger(plan.home / "state")
    lines: dict[str, Any] = {"surfaces": {"server": {"added": 3, "removed": 1}}}
    way = [entry("scout", cost=PAID), entry("1-build", handoff=lines, cost=PAID)]
    if merged:
        verdict = {"outcome": "pass", "checks": []}
        way += [
            entry("1-verify", handoff=verdict, outcome="pass"),
            entry("1-package"),
            entry("1-review", handoff={"decision": "approve"}, outcome="approve"),
            entry("1-merge", handoff={"outcome": "merged", "commit": "a" * 40}, outcome="merged"),
        ]
    history = ledger.history("wizard")
    spend = [("scout", "finished", PAID), ("1-build", "failed", UNKNOWN)]
    spend += [("1-build", "rejected", PAID), ("1-build", "finished", PAID)]
    for stage, event, cost in spend:
        history.append(event, stage, cost=cost.to_json(), seconds=60)
    for one in way:
        ledger.write(one, [])
    ledger.history("gone").append("failed", "scout", cost=PAID.to_json(), seconds=30)
    return ledger


def test_the_words_for_people(plan: Plan) -> None:
    said = REPORTS["text"](report(plan, ledger_of(plan, merged=True)))
    first, costs, last = said.split("\n\n")
    assert "3,000 + 1 unknown  $1.50 + 1 unknown  aaaaaaaaaa" in first
    assert [line.split()[0] for line in costs.splitlines()][:3] == ["cell", "scout", "build"]
    assert "2,000 + 1 unknown  $1.00 + 1 unknown" in costs.splitlines()[2]
    assert last.splitlines() == [
        "all: $2.00 + 1 attempt of unknown cost, 4,000 tokens + 1 attempt of unknown tokens in 9 "
        "attempts, 3 min 36 s",
        "of it on artifacts that are no more: gone $0.50, 1,000 tokens",
        "per merged artifact (1): $2.00 and 4,000 tokens, not counting 1 attempt of unknown cost "
        "and 1 attempt of unknown tokens",
    ]
    staged = REPORTS["text"](report(plan, ledger_of(plan, merged=True)), by="stage")
    assert "wizard/1-build" in staged


def test_nothing_is_merged_yet(plan: Plan) -> None:
    said = REPORTS["markdown"](report(plan, ledger_of(plan, merged=False)))
    assert "- per merged artifact: none is merged yet" in said
    assert "| cell | attempts | time | input | cache read | cache write | output |" in said
    assert "| scout | 1 | 1 min 0 s | 100 | 800 | 0 | 100 | 4 | 1,000 | $0.50 |" in said


def test_numbers_for_programs(plan: Plan) -> None:
    value = json.loads(REPORTS["json"](report(plan, ledger_of(plan, merged=True))))
    [row] = value["artifacts"]
    assert (row["cost"]["usd"], row["cost"]["known_usd"], row["cost"]["unknown_usd"]) == (
        None,
        1.5,
        1,
    )
    assert row["stages"]["scout"]["usd"] == 0.5
    assert row["stages"]["scout"]["usage"] == USAGE.to_json()
    assert row["stages"]["1-build"]["attempts"] == 3
    assert row["stages"]["1-verify"]["usd"] == 0
    assert value["cells"]["build"]["usage"]["input"] is None
    assert value["others"]["gone"]["usd"] == 0.5
    assert value["per_merged"] == {
        "artifacts": 1,
        "usd": None,
        "tokens": None,
        "known_usd": 2.0,
        "known_tokens": 4000,
    }


@pytest.mark.parametrize(
    ("spent", "said"),
    [
        (NOTHING, "$0.00, 0 tokens"),
        (of_cost(FREE), "$0.00, 0 tokens"),
        (of_cost(Cost(reported=0.42, total=1)), "$0.42, 1 token"),
        (of_cost(Cost(reported=0.0042, total=12300)), "$0.0042, 12,300 tokens"),
        (of_cost(UNKNOWN), "1 attempt of unknown cost and tokens"),
        (
            of_cost(Cost(reported=0.42, total=0)) + of_cost(UNKNOWN) + of_cost(Cost(total=5)),
            "$0.42 + 2 attempts of unknown cost, 5 tokens + 1 attempt of unknown tokens",
        ),
    ],
)
def test_an_amount_names_what_it_does_not_know(spent: Any, said: str) -> None:
    assert amount(spent) == said


@pytest.mark.long
def test_a_line_tells_what_it_cost_in_report_and_note(line: Line) -> None:
    with_agent(line, "fail 0.25 100", "fail", "work 0.5 1000")
    for code in (1, 1, 0):
        assert line.doit().code == code
    said = line.factory("report").out
    assert "per merged artifact (1): $0.75 and 1,100 tokens, not counting 1 attempt" in said
    note = (line.state / "factory-artifacts/limit/post-run.md").read_text()
    cost = "$0.75 + 1 attempt of unknown cost, 1,100 tokens + 1 attempt of unknown tokens"
    assert f"Cost, with every failed attempt: {cost}." in note
    assert "| 1-build | done | python3 | 3 |" in note
    assert line.assembled("limit")["cost"]["usd"] == 0.5


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.long
def test_a_spreadsheet(line: Line) -> None:
    waits_for_review(line)
    [row] = table(line.factory("report", "--format", "csv").out)
    assert (row["artifact"], row["server first"], row["webui last"]) == ("limit", "1", "0")
    assert (row["merged"], row["autonomous"], row["rework"]) == ("", "false", "0")
    assert row["began"] == row["ended"] == datetime.now(UTC).date().isoformat()
    stages = table(line.factory("report", "--format", "csv", "--stages").out)
    assert [one["stage"] for one in stages][:2] == ["limit/scout", "limit/1-build"]


@pytest.mark.long
def test_by_surface_and_by_month(line: Line) -> None:
    waits_for_review(line)
    said = line.factory("report", "--by", "surface").out
    assert "surface  artifacts  lines at first  lines at last" in said
    assert "server           1               1              1" in said
    month = datetime.now(UTC).strftime("%Y-%m")
    assert f"| {month} | 1 |" in line.factory("report", "--by", "month", "--format", "markdown").out
    assert json.loads(line.factory("report", "--format", "json").out)["months"] == {
        month: ["limit"]
    }


@pytest.mark.long
def test_since_a_day_and_of_one_artifact(line: Line) -> None:
    waits_for_review(line)
    today = datetime.now(UTC).date()
    assert "limit" in line.factory("report", "--since", today.isoformat()).out
    later = (today + timedelta(days=1)).isoformat()
    assert line.factory("report", "--since", later).out.startswith("there is no such artifact")
    assert "limit" in line.factory("report", "--artifact", "limit").out
    assert line.factory("report", "--artifact", "limt").code == 3
    ran = line.factory("report", "--since", "soon")
    assert (ran.code, "soon is not a day, such as 2026-11-01" in ran.err) == (3, True)


@pytest.mark.long
def test_what_programs_built_alone(line: Line) -> None:
    line.write(line.home / "edit", "echo 'LIMIT = 4' > server/app.py\n")
    line.spec(
        "  limit: {title: T, goal: G, verify: [{scope: style}]}\n",
        cells='cells:\n  build: {kind: command, run: [sh, "{home}/edit"], hands: change, '
        "touches: [server/**]}\n  verify: {kind: verify, returns: build}\n"
        "  package: {kind: package}\nline: [build, verify, package]\n",
    )
    ran = line.doit()
    assert ran.code == 0, ran.out
    said = line.factory("report").out
    assert "merged without a commit of a person: 1 of 1" in said
