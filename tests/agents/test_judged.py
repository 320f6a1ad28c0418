"""A line with a critic and an analyst, all of them one real program, through to report and note."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.agents.conftest import Open
from tests.agents.shop import LIMIT, LOOK, MEMO, SCOUT, Shop, build, scout
from tests.provider.base import Asked
from tests.provider.hands import Look, Say, Write
from tests.provider.script import Part, Step

pytestmark = pytest.mark.agents

STATEMENT = "Nothing says why the limit is four."
FINDING = {
    "kind": "correctness",
    "severity": "major",
    "statement": STATEMENT,
    "paths": ["server/app.py"],
}
OBJECTS = {"decision": "object", "summary": "Not yet.", "findings": [FINDING]}
ACCEPTS: dict[str, Any] = {"decision": "accept", "summary": "Good.", "findings": []}
DECISION = {"decision": "The server holds it.", "verdict": "confirmed", "evidence": "1-verify"}
ANALYSIS = {
    "worked": ["The memo named the file."],
    "improve": ["Say in the goal why the limit is four."],
    "decisions": [DECISION],
}
JUDGES = """  critic: {kind: critic, agent: coder, returns: build, timeout: 3m}
  analyst: {kind: analyst, agent: coder, timeout: 3m}
line: [scout, build, verify, critic, package, review, analyst]
"""
STAGES = ("scout", "1-build", "1-critic", "2-build", "2-critic", "analyst")
"""Those that ask a model."""


def says(value: Any) -> Callable[[Asked], Step]:
    """A hand-off at the end of the last message, where this agent's is read."""

    def step(asked: Asked) -> Step:
        assert "End your last message with one JSON object" in asked.text
        assert "handoff.json" not in asked.text
        return Say(f"This is what I found.\n\n{json.dumps(value)}")

    return step


def mends(asked: Asked) -> Write:
    assert STATEMENT in asked.text, "the critic's finding reached the builder"
    return Write("server/app.py", "LIMIT = 4  # as many as there are seats\n")


def analyses(asked: Asked) -> Step:
    assert STATEMENT in asked.text, "the record reached the analyst"
    return says(ANALYSIS)(asked)


def judged(shop: Open, name: str, agent: str) -> Shop:
    here = shop(
        name,
        scout(Look("server/app.py"), says(MEMO)),
        Part(r"(?m)^# Build: limit, round 2", (*LOOK, mends, Say("It says why."))),
        build(*LOOK, *LIMIT, Say("The limit is four.")),
        Part(r"(?m)^# Critic: limit, round 1", (Look("server/app.py"), says(OBJECTS))),
        Part(r"(?m)^# Critic: limit, round 2", (Look("server/app.py"), says(ACCEPTS))),
        Part(r"(?m)^# Analyst: ", (analyses,)),
    )
    here.factory_yaml(scout=SCOUT, agent=f"handoff: message, home: shared{agent}")
    here.edit("line: [scout, build, verify, package, review]\n", JUDGES)
    return here


@pytest.mark.parametrize("name", ["claude", "codex"])
def test_from_goal_to_note(name: str, shop: Open) -> None:
    here = judged(shop, name, ", meter: true")
    ran = here.doit()
    assert ran.code == 0, ran.out
    assert "1 of 1 artifact sealed" in ran.out
    assert here.entry("limit", "1-critic")["outcome"] == "object"
    assert here.entry("limit", "2-critic")["outcome"] == "accept"
    assert "as many as there are seats" in (here.product / "server/app.py").read_text()
    assert (here.folder / f".{name}").is_dir(), "the program's own place is the user's"

    billed = here.provider.books.total()
    assert here.summed("input") == billed.input
    assert here.summed("output") == billed.output
    report = json.loads(here.factory("report", "--stages", "--format", "json").out)
    [row] = report["artifacts"]
    spent = [row["stages"][stage] for stage in STAGES]
    assert [one["unknown_tokens"] for one in spent] == [0] * len(STAGES)
    everything = billed.input + billed.cache_read + billed.cache_write + billed.output
    assert sum(one["known_tokens"] for one in spent) == everything

    shown = here.factory("report", "--stages").out
    note = (here.state / "factory-artifacts/limit/post-run.md").read_text()
    assert f"By {name} " in note
    assert "to improve: Say in the goal why the limit is four." in note
    for stage, one in zip(STAGES, spent, strict=True):
        tokens = f"{one['known_tokens']:,}"
        [line] = [row for row in shown.splitlines() if row.startswith(f"limit/{stage} ")]
        assert tokens in line
        [line] = [row for row in note.splitlines() if row.startswith(f"| {stage} ")]
        assert tokens in line
        # The price table knows what claude asks for, and not codex's `stub`.
        assert ("$" in line) == (name == "claude"), line
        assert ("unknown" in line) == (name == "codex"), line
    [last] = [row for row in shown.splitlines() if row.startswith("per merged artifact (1): ")]
    assert f"{everything:,} tokens" in last
    assert ("6 attempts of unknown cost" in last) == (name == "codex"), last
