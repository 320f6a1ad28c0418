"""Bad days, each with a real program: nothing it or its provider does gets past the rails."""

from __future__ import annotations

import os
import signal

import pytest
from factoryline.system import sandbox

from tests.agents.conftest import Open
from tests.agents.processes import agents, alive, kill_agents, running
from tests.agents.shop import LIMIT, LOOK, MEMO, SCOUT, Shop, build, memo, over, scout
from tests.provider.base import Asked, Fault, Refusal, Stalled, Torn
from tests.provider.hands import Look, Say, Shell, Write
from tests.provider.script import Part, Step

pytestmark = pytest.mark.agents

OURS = "{kind: scout}"
NO_SANDBOX, _ = sandbox.trouble()
NEVER = 1000
"""How often a fault strikes that never ends."""


def failing(fault: Fault, times: int = NEVER) -> Part:
    part = build()
    part.faults = [fault] * times
    return part


def builds(shop: Open, name: str, *parts: Part, agent: str = "", cell: str = "timeout: 2m") -> Shop:
    """A shop in which just the builder is the program."""
    here = shop(name, *parts)
    here.factory_yaml(scout=OURS, agent=agent, build=cell)
    return here


def events(here: Shop) -> list[str]:
    return [event["event"] for event in here.history("limit") if event["stage"] != "scout"]


# What the program does


def test_a_denied_edit_ends_with_0_and_is_no_work(shop: Open) -> None:
    words = "claude, -p, --output-format, stream-json, --verbose, --model, '{model}'"
    here = builds(shop, "claude", build(), agent=f"command: [{words}]", cell="repairs: 0")
    ran = here.doit()
    assert ran.code == 1
    assert "`build` changed nothing" in ran.out
    assert "Write" in ran.out + str(here.history("limit")), "the refused tool is named"
    assert "1-build" not in here.entries("limit")


@pytest.mark.parametrize("name", ["claude", "codex"])
def test_a_malformed_hand_off_is_repaired_in_the_same_conversation(name: str, shop: Open) -> None:
    values = iter([{"summary": 3}, "no JSON {", MEMO])

    def step(asked: Asked) -> Step:
        return memo(asked, next(values))

    here = shop(name, scout(Look("server/app.py"), step, over))
    here.factory_yaml(scout=SCOUT.replace("timeout: 3m", "repairs: 2"))
    ran = here.doit("limit:scout")
    assert ran.code == 0, ran.out
    assert here.entry("limit", "scout")["handoff"] == MEMO
    rejected = [e for e in here.history("limit") if e["event"] == "rejected"]
    assert [e.get("handoff") for e in rejected] == [{"summary": 3}, None]
    assert "summary: this is a whole number" in rejected[0]["reasons"][0]
    turns = here.provider.books.requests[-1].asked.turns
    assert sum(turn.role == "user" for turn in turns) == 3, "it went on where it was"
    assert any("`files` is missing" in turn.text for turn in turns), "with the reasons"
    billed = here.provider.books.total()
    assert here.summed("input") == billed.input, "what it tells runs on; each attempt has its own"
    assert here.summed("output") == billed.output


def test_a_hand_off_that_is_never_good(shop: Open) -> None:
    here = shop("claude", scout(lambda asked: memo(asked, {"summary": 3}), over))
    ran = here.doit()
    assert ran.code == 1
    assert "the memo breaks its contract" in ran.out
    assert here.entries("limit") == set()
    told = [e["event"] for e in here.history("limit")]
    assert told == ["started", "rejected", "started", "rejected", "failed"]
    assert here.summed("input") == here.provider.books.total().input, "failed attempts cost, too"


def test_an_edit_outside_its_surfaces(shop: Open) -> None:
    astray = build(*LOOK, *LIMIT, Look("webui/page.py"), Write("webui/page.py", "TITLE = 0\n"))
    here = builds(shop, "claude", astray, cell="repairs: 0")
    ran = here.doit()
    assert ran.code == 1
    assert "`build` edited webui/page.py; it may touch" in ran.out
    assert here.git("rev-parse", "factory/limit") == here.git("rev-parse", "main")
    assert here.git("status", "--porcelain", cwd=here.tree) == "", "the work tree is put back"


@pytest.mark.skipif(bool(NO_SANDBOX), reason=f"no sandbox here: {NO_SANDBOX}")
def test_in_a_sandbox_an_edit_of_the_main_checkout_fails_and_the_work_is_done(shop: Open) -> None:
    away = Shell("echo 'LIMIT = 99' > ../../../../../product/server/app.py; echo tried")
    part = build(*LOOK, away, *LIMIT, Shell("git status --short"), Say("The limit is four."))
    here = builds(shop, "claude", part, cell="timeout: 2m, sandbox: bubblewrap")
    ran = here.doit()
    assert ran.code == 0, ran.out
    assert "1 of 1 artifact sealed" in ran.out
    assert "99" not in here.git("show", "main:server/app.py")
    assert "99" not in (here.product / "server/app.py").read_text()
    seen = [turn.text for turn in here.provider.books.requests[-1].asked.turns]
    assert any("tried" in text for text in seen), "it could try"
    assert any("M server/app.py" in text for text in seen), "git answers it"


# What its provider does


@pytest.mark.parametrize("name", ["claude", "codex", "gptme", "opencode", "aider"])
def test_a_key_that_is_not_taken(name: str, shop: Open) -> None:
    """aider ends with 0 all the same."""
    here = builds(shop, name, failing(Refusal(status=401, message="invalid key")))
    ran = here.doit()
    assert ran.code == 1
    assert f"`build`: the provider of {name} does not take its credentials" in ran.out
    assert "invalid key" in ran.out or "401" in ran.out
    assert "failed" in events(here)


@pytest.mark.parametrize("name", ["codex", "gptme"])
def test_a_quota_pauses_and_is_no_failure_of_the_work(name: str, shop: Open) -> None:
    refusal = Refusal(status=429, message="rate limit reached", retry_after=1)
    part = build()
    part.faults = [refusal] * 4
    here = builds(shop, name, part)
    ran = here.doit()
    assert "takes no more requests for now" in ran.out
    assert "1-build" not in here.entries("limit")
    assert "paused" in here.factory("status").out


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Refusal(status=500, message="overloaded"), "does not answer as it should"),
        (Torn(after=1), "does not answer as it should"),
    ],
)
def test_a_provider_that_breaks(fault: Fault, said: str, shop: Open) -> None:
    here = builds(shop, "codex", failing(fault))
    ran = here.doit()
    assert ran.code == 1
    assert f"`build`: the provider of codex {said}" in ran.out
    here.provider.script.parts[0].faults.clear()
    ran = here.doit()
    assert ran.code == 0, ran.out
    assert "1 of 1 artifact sealed" in ran.out


def test_a_stream_that_stalls(shop: Open) -> None:
    here = builds(shop, "claude", failing(Stalled(after=2)), cell="timeout: 6s")
    ran = here.doit()
    assert ran.code == 1
    assert "`build` ran longer than 6 s and was ended" in ran.out
    assert agents(here) == []


def test_a_stream_that_stalls_is_noticed_by_its_silence(shop: Open) -> None:
    here = builds(shop, "claude", failing(Stalled(after=2)), cell="timeout: 2m, idle: 5s")
    ran = here.doit()
    assert ran.code == 1
    assert "`build` wrote nothing for 5 s and was ended" in ran.out
    assert agents(here) == []
    here.provider.script.parts[0].faults.clear()
    ran = here.doit()
    assert ran.code == 0, ran.out


# Who is killed


def test_the_program_is_killed(shop: Open) -> None:
    here = builds(shop, "codex", failing(Stalled(after=1), times=1))
    with running(here) as doit:
        kill_agents(here)
        out, _ = doit.communicate(timeout=60)
    assert doit.returncode == 1
    assert b"`build` ended" in out
    ran = here.doit()
    assert ran.code == 0, ran.out
    assert "1 of 1 artifact sealed" in ran.out


def test_the_factory_is_killed_while_its_agent_runs(shop: Open) -> None:
    here = builds(shop, "claude", failing(Stalled(after=2), times=1))
    with running(here) as doit:
        orphans = agents(here)
        os.kill(doit.pid, signal.SIGKILL)
        doit.communicate(timeout=60)
    ran = here.doit()
    assert ran.code == 0, ran.out
    assert "1 of 1 artifact sealed" in ran.out
    assert [pid for pid in orphans if alive(pid)] == [], "no orphan outlives the next doit"
    assert here.factory("ledger", "limit").code == 0, "the history holds"
