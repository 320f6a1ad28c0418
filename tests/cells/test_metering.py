"""An agent whose requests are counted on the way: what stands on record, also of bad days."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from factoryline.cells import metering as count_of
from factoryline.ledger.cost import Cost, Usage
from factoryline.ledger.history import History
from factoryline.meter.apis import base
from factoryline.meter.journal import Journal

from tests.cells.test_agent import SCOUT, scouted_by
from tests.line import Line, Ran
from tests.meter.provider import Act, Provider, events, slowly, whole

USED = {
    "prompt_tokens": 100,
    "completion_tokens": 7,
    "prompt_tokens_details": {"cached_tokens": 60},
}
ANSWER = {"model": "m-1", "choices": [], "usage": USED}

ASK = """
import urllib.request
def ask(base=os.environ.get("ACME_URL")):
    request = urllib.request.Request(
        base + "/chat/completions", b'{"model": "asked"}', {"Authorization": "Bearer key"})
    with urllib.request.urlopen(request) as answer:
        return answer.read()
"""


def metered(
    line: Line, acts: Sequence[Act], script: str, *, keys: str = "", cell: str = SCOUT
) -> tuple[Ran, Provider]:
    """A scout that speaks to a provider through the meter, told of it by ACME_URL."""
    with Provider(list(acts)) as provider:
        more = f"meter: true, endpoint: {{variable: ACME_URL, upstream: '{provider.url}/v1'}}, "
        return scouted_by(line, ASK + script, more + keys, cell=cell), provider


def test_what_was_used_is_counted_whatever_the_program_says(line: Line) -> None:
    script = 'ask(); ask(); print(json.dumps({"tokens": 1})); leave(MEMO)'
    keys = "reads: {usage: {input: 'out[-1].tokens', output: 'out[-1].tokens'}}"
    ran, provider = metered(line, [whole(ANSWER)], script, keys=keys)
    assert ran.code == 0, ran
    assert [asked.headers["Authorization"] for asked in provider.asked] == ["Bearer key"] * 2
    cost = line.entry("limit", "scout")["run"]["cost"]
    assert cost["usage"] == {
        "input": 80,
        "cache_read": 120,
        "cache_write": 0,
        "output": 14,
        "requests": 2,
    }
    assert (cost["counted"], cost["tokens"], cost["models"]) == ("metered", 214, ["m-1"])


def test_an_answer_that_does_not_tell_leaves_it_to_the_program(line: Line) -> None:
    script = 'ask(); print(json.dumps({"tokens": 5})); leave(MEMO)'
    keys = "reads: {usage: {input: 'out[-1].tokens', output: 'out[-1].tokens'}}"
    ran, _ = metered(line, [whole({"model": "m-1"})], script, keys=keys)
    assert ran.code == 0, ran
    cost = line.entry("limit", "scout")["run"]["cost"]
    assert (cost["counted"], cost["tokens"]) == ("reported", 10)


def test_without_a_word_from_anyone_it_is_unknown(line: Line) -> None:
    ran, _ = metered(line, [whole({"model": "m-1"})], "ask(); leave(MEMO)")
    assert ran.code == 0, ran
    cost = line.entry("limit", "scout")["run"]["cost"]
    assert cost["tokens"] is None
    assert cost["usage"]["requests"] == 1


def test_a_refusal_that_the_program_hides_pauses_the_artifact(line: Line) -> None:
    refusal = whole({"error": {"code": "slow"}}, status="429 No", headers={"Retry-After": "7200"})
    script = "try: ask()\nexcept OSError: pass"
    ran, _ = metered(line, [refusal], script)
    assert "takes no more requests for now" in ran.out, ran
    [paused] = [event for event in line.history("limit") if event["event"] == "paused"]
    assert paused["cost"]["usage"]["requests"] == 0
    assert paused["until"] > paused["at"]
    assert int(paused["until"][11:13]) == (int(paused["at"][11:13]) + 2) % 24


@pytest.mark.long
def test_an_attempt_that_is_cut_short_has_its_cost(line: Line) -> None:
    with slowly(20) as pause:
        acts = [whole(ANSWER), events({"model": "m-1"}, {}, then=pause)]
        cell = SCOUT.replace("20s", "2s")
        ran, _ = metered(line, acts, "ask(); ask()", cell=cell)
    assert "ran longer than 2 s" in ran.out
    [failed] = [event for event in line.history("limit") if event["event"] == "failed"]
    assert failed["cost"]["usage"]["requests"] == 2
    assert failed["cost"]["tokens"] is None, "the second one did not tell"


@pytest.mark.long
def test_an_attempt_that_is_killed_with_the_factory_has_its_cost(line: Line) -> None:
    dies = "ask(); os.kill(os.getppid(), 9)"
    assert metered(line, [whole(ANSWER)], dies)[0].code == -9
    ran, _ = metered(line, [whole(ANSWER)], "ask(); ask(); leave(MEMO)")
    assert ran.code == 0, ran
    ends = {e["event"]: e["cost"] for e in line.history("limit") if "cost" in e}
    assert (ends["killed"]["counted"], ends["killed"]["tokens"]) == ("metered", 107)
    assert ends["finished"]["tokens"] == 214


@pytest.mark.long
def test_one_that_was_killed_before_it_asked_has_no_earlier_ones_cost(line: Line) -> None:
    assert metered(line, [whole(ANSWER)], "ask(); sys.exit(1)")[0].code == 1
    time.sleep(1.1)  # the history tells seconds
    History(line.state / "factory-artifacts/limit/history.jsonl").append("started", "scout")
    assert metered(line, [whole(ANSWER)], "ask(); leave(MEMO)")[0].code == 0
    [killed] = [e for e in line.history("limit") if e["event"] == "killed"]
    assert killed["cost"]["tokens"] is None


@pytest.mark.long
def test_each_attempt_has_a_meter_of_its_own_and_is_told_where(line: Line) -> None:
    script = """
home = pathlib.Path(os.environ["HOME"])
note(env=os.environ["ACME_URL"], file=(home / "config").read_text(), no=os.environ["NO_PROXY"])
ask((home / "config").read_text())
print(json.dumps({"session": "s7"}))
(home / "kept").touch()
leave(MEMO if "--resume" in sys.argv else {"summary": 3})
"""
    keys = """home: private, files: {config: "{endpoint}", kept: "no"},
        command: ["{home}/reader"], resume: ["{home}/reader", --resume, "{session}"],
        reads: {session: "out[-1].session"}"""
    ran, _ = metered(line, [whole(ANSWER)], script, keys=keys)
    assert ran.code == 0, ran
    rows = (line.state / ".work/seen").read_text().splitlines()
    first, second = (json.loads(row) for row in rows)
    assert first["env"] == first["file"]
    assert second["env"] == second["file"]
    assert first["env"] != second["env"]
    assert first["env"].endswith("/v1")
    assert first["no"] == "127.0.0.1"
    history = line.history("limit")
    spent = [e["cost"]["tokens"] for e in history if e["event"] in ("rejected", "finished")]
    assert spent == [107, 107]


def test_an_address_that_is_none(line: Line) -> None:
    keys = "meter: true, endpoint: {variable: ACME_URL, upstream: nowhere}"
    ran = scouted_by(line, "leave(MEMO)", keys)
    assert ran.code != 0
    assert "`nowhere` is not the address of a provider" in ran.out + ran.err


def test_each_request_has_the_price_of_its_own_model_and_length(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "meter.jsonl")
    table = {
        "small": {"input": 1, "output": 1},
        "long": {"input": 1, "output": 1, "above": {"tokens": 100, "input": 2, "output": 2}},
    }
    for model, tokens in (("small", 500), ("long", 90), ("long", 200)):
        usage = base.Usage(input=tokens, cache_read=0, cache_write=0, output=0)
        begun = journal.begin("messages")
        journal.write(replace(begun, model=model, status=200, usage=usage, end="whole"))
    count = count_of.Count(address="", path=journal.path, prices=table)
    found = count_of.cost(count, Cost(reported=9.0))
    assert found.usage == Usage(input=790, cache_read=0, cache_write=0, output=0, requests=3)
    assert (found.source, found.reported, found.prices) == ("metered", 9.0, "factory.yaml")
    assert found.usd == pytest.approx((500 + 90 + 2 * 200) / 1e6)
    # One request whose model nobody prices leaves the whole without a price.
    begun = journal.begin("messages")
    journal.write(replace(begun, model="who-knows", status=200, usage=usage, end="whole"))
    assert count_of.cost(count, Cost(reported=9.0)).source == "reported"
