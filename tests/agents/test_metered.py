"""Tokens of real programs with `meter: true`: what the ledger says is what the provider billed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.agents.conftest import Open
from tests.agents.processes import kill_agents, running
from tests.agents.shop import KEY, LIMIT, LOOK, Shop, build, scout
from tests.provider.base import Asked, Stalled
from tests.provider.hands import Look, Say, Shell
from tests.provider.script import Part, Step

pytestmark = pytest.mark.agents

PARTS = ("input", "cache_read", "cache_write", "output")


def metered(shop: Open, name: str, *parts: Part, **keys: str) -> Shop:
    here = shop(name, *parts)
    here.factory_yaml(agent="meter: true", **keys)
    return here


def equal(here: Shop) -> None:
    """Every figure is the provider's, side requests included."""
    billed = here.provider.books.total()
    assert {part: here.summed(part) for part in PARTS} == {
        part: getattr(billed, part) for part in PARTS
    }
    assert here.summed("requests") == len(here.provider.books.billed())


@pytest.mark.parametrize("name", ["claude", "codex", "gptme"])
def test_every_token_and_request_is_counted(name: str, shop: Open) -> None:
    here = metered(shop, name, scout(), build())
    ran = here.doit()
    assert ran.code == 0, ran.out
    equal(here)
    spent = [cost for cost in here.told() if cost.get("usage")]
    assert len(spent) == 2
    side = any(request.side for request in here.provider.books.billed())
    assert side == (name == "gptme"), "it asks for a name, and tells that to nobody"
    journals = list(here.state.rglob("*.meter.jsonl"))
    assert len(journals) == 2
    kept = "".join(path.read_text() for path in journals)
    assert KEY not in kept
    assert "limit of the server" not in kept, "no prompt is kept"


def waiting(shop: Open, name: str) -> Shop:
    """A shop whose builder, the first time, is in the middle of a command for as long as it takes.

    All that it asked of its provider until then is answered.
    """
    commands = iter([Shell("touch $TMPDIR/here; sleep 60")])

    def once(_: Asked) -> Step:
        return next(commands, None) or Look("server/app.py")

    part = build(*LOOK, *LIMIT, once, Say("The limit is four."))
    return metered(shop, name, part, scout="{kind: scout}")


def at_it(here: Shop) -> Callable[[], bool]:
    return (here.folder / "tmp/here").exists


@pytest.mark.parametrize("name", ["claude", "codex", "gptme"])
def test_a_killed_program_is_counted_to_the_token(name: str, shop: Open) -> None:
    here = waiting(shop, name)
    with running(here, also=at_it(here)) as doit:
        billed = here.provider.books.total()
        kill_agents(here)
        doit.communicate(timeout=60)
    assert doit.returncode == 1
    [cost] = [e["cost"] for e in here.history("limit") if e["event"] == "failed"]
    assert cost["usage"]["output"] == billed.output > 0
    assert cost["counted"] == "metered"
    equal(here)
    ran = here.doit()
    assert ran.code == 0, ran.out
    equal(here)


def test_a_program_that_is_killed_within_an_answer(shop: Open) -> None:
    part = build()
    part.faults = [None, None, Stalled(after=1)]
    here = metered(shop, "claude", part, scout="{kind: scout}")
    with running(here, also=lambda: len(here.provider.books.billed()) == 3) as doit:
        kill_agents(here)
        doit.communicate(timeout=60)
    assert doit.returncode == 1
    [cost] = [e["cost"] for e in here.history("limit") if e["event"] == "failed"]
    assert cost["usage"]["requests"] == 3
    assert cost["usage"]["output"] is None, "nobody knows what the last answer would have cost"
    ran = here.doit()
    assert ran.code == 0, ran.out
    assert "1 unknown" in here.factory("report").out


def test_what_an_agent_used_whose_factory_was_killed(shop: Open) -> None:
    here = waiting(shop, "claude")
    with running(here, also=at_it(here)) as doit:
        billed = here.provider.books.total()
        os.kill(doit.pid, signal.SIGKILL)
        doit.communicate(timeout=60)
    ran = here.doit()
    assert ran.code == 0, ran.out
    [cost] = [e["cost"] for e in here.history("limit") if e["event"] == "killed"]
    assert cost["usage"]["output"] == billed.output > 0
    equal(here)
