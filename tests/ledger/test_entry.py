"""An entry on disk: what goes out comes in again, and what was changed in between shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from factoryline.errors import WorldError
from factoryline.ledger.cost import UNKNOWN, Cost
from factoryline.ledger.entry import from_json

from tests.ledger.example import entry

Change = Callable[[dict[str, Any]], object]


def test_round_trip() -> None:
    before = entry("2-plan", handoff={"files": ["größe.py"], "lines": 3})
    after = from_json(json.loads(json.dumps(before.to_json())), "2-plan.json")
    assert after == before
    assert after.key == before.key
    assert after.digest == before.digest


def test_unknown_cost_stays_unknown() -> None:
    value = entry("scout", cost=UNKNOWN).to_json()
    assert value["run"]["cost"] == {"usd": None, "tokens": None}
    assert from_json(value, "scout.json").run.cost == UNKNOWN
    partly = entry("scout", cost=Cost(total=12)).to_json()
    assert from_json(partly, "scout.json").run.cost == Cost(total=12)


def test_the_digest_is_of_the_handoff_alone() -> None:
    slow, fast = entry("scout", seconds=9), entry("scout", seconds=1)
    assert slow.digest == fast.digest
    assert slow.key == fast.key
    assert entry("scout", handoff={"of": "other"}).digest != slow.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["handoff"].update(of="something else"),
        lambda value: value["handoff"].clear(),
        lambda value: value["inputs"]["base"].update(digest="sha256:" + "0" * 64),
        lambda value: value["inputs"].pop("base"),
        lambda value: value.update(digest="sha256:" + "0" * 64),
        lambda value: value.update(key="sha256:" + "0" * 64),
    ],
    ids=["hand-off", "emptied", "input", "input gone", "digest", "key"],
)
def test_a_changed_entry_is_told_from_a_written_one(change: Change) -> None:
    value = entry("scout").to_json()
    change(value)
    with pytest.raises(WorldError) as caught:
        from_json(value, "state/scout.json")
    assert caught.value.message == (
        "state/scout.json was changed after it was written: its digests do not fit its content"
    )
    assert caught.value.help == "restore it from git, or remove it to run the stage again"


@pytest.mark.parametrize(
    ("contract", "handoff", "outcome"),
    [
        ("1-verify", {"outcome": "fail"}, "pass"),
        ("1-review", {"decision": "request-changes"}, "approve"),
        ("1-merge", {"outcome": "conflict"}, "merged"),
        ("1-build", {"of": "1-build"}, "pass"),
    ],
)
def test_an_outcome_that_the_handoff_does_not_bear_out(
    contract: str, handoff: dict[str, Any], outcome: str
) -> None:
    """A failed verdict does not become a pass with one word in an editor."""
    value = entry(contract, handoff=handoff, outcome=outcome).to_json()
    with pytest.raises(WorldError, match="was changed after it was written"):
        from_json(value, "state/entry.json")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda value: value.update(factoryline=2), "factoryline: this must be `1`, not `2`"),
        (lambda value: value.pop("outcome"), "the value: `outcome` is missing"),
        (lambda value: value["run"].pop("cost"), "run: `cost` is missing"),
        (lambda value: value.update(inputs=[]), "inputs: this is a list; it must be a mapping"),
    ],
)
def test_what_is_no_entry_is_said_with_its_place(change: Change, why: str) -> None:
    value = entry("scout").to_json()
    change(value)
    with pytest.raises(WorldError) as caught:
        from_json(value, "state/scout.json")
    assert caught.value.message.startswith(f"state/scout.json is not an entry of the ledger: {why}")


@pytest.mark.parametrize("value", [None, [], "entry", 3])
def test_any_json_may_come_in(value: object) -> None:
    with pytest.raises(WorldError, match="is not an entry of the ledger"):
        from_json(value, "state/scout.json")
