"""Where the record lies, and what becomes of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from factoryline.errors import WorldError
from factoryline.ledger.cost import UNKNOWN, Cost
from factoryline.ledger.store import Ledger
from factoryline.plan.rounds import Stage
from factoryline.system.locks import locked
from factoryline.typed import typed

from tests.ledger.example import entry

SCOUT = Stage(artifact="wizard", cell="scout", round=None)
BUILD = Stage(artifact="wizard", cell="build", round=1)
LINES = {"surfaces": {"server": {"added": 3, "removed": 1}}}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state")


def files(ledger: Ledger) -> list[str]:
    found = (path for path in ledger.state.rglob("*") if path.is_file())
    return sorted(path.relative_to(ledger.state).as_posix() for path in found)


def assembled(ledger: Ledger) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((ledger.artifacts / "wizard.json").read_text())
    return value


def test_places(ledger: Ledger) -> None:
    def place(path: Path) -> str:
        return path.relative_to(ledger.artifacts).as_posix()

    assert place(ledger.entry_path(SCOUT)) == "wizard/scout.json"
    assert place(ledger.entry_path(BUILD)) == "wizard/1-build.json"
    assert place(ledger.document_path(SCOUT, "memo.md")) == "wizard/memo.md"
    assert place(ledger.document_path(BUILD, "change.patch")) == "wizard/1-change.patch"
    assert place(ledger.history("wizard").path) == "wizard/history.jsonl"


def test_what_is_written_is_read(ledger: Ledger) -> None:
    assert ledger.entry(SCOUT) is None
    scout = entry("scout")
    ledger.write(scout, [])
    assert ledger.entry(SCOUT) == scout
    assert Ledger(ledger.state).need(SCOUT) == scout


def test_an_entry_that_must_be_there(ledger: Ledger) -> None:
    with pytest.raises(WorldError) as caught:
        ledger.need(BUILD)
    assert caught.value.message == "wizard/1-build has no entry in the ledger"
    assert caught.value.help == f"run it first: {typed('wizard:1-build')}"


def test_a_file_that_changed_is_read_again(ledger: Ledger) -> None:
    ledger.write(entry("scout"), [])
    ledger.entry(SCOUT)
    other = Ledger(ledger.state)
    other.write(entry("scout", handoff={"of": "another run"}), [])
    assert ledger.need(SCOUT).handoff == {"of": "another run"}
    os.unlink(ledger.entry_path(SCOUT))
    assert ledger.entry(SCOUT) is None


@pytest.mark.parametrize("text", ["", "{", "<<<<<<< ours\n{}\n"])
def test_a_file_that_is_no_json_is_said_with_its_path(ledger: Ledger, text: str) -> None:
    ledger.write(entry("scout"), [])
    ledger.entry_path(SCOUT).write_text(text)
    with pytest.raises(WorldError, match=r"scout\.json is not valid JSON"):
        ledger.entry(SCOUT)


@pytest.mark.parametrize("stage_id", ["2-scout", "1-build"])
def test_an_entry_in_another_ones_place_is_no_record(ledger: Ledger, stage_id: str) -> None:
    ledger.write(entry("scout"), [])
    number, _, cell = stage_id.partition("-")
    elsewhere = Stage(artifact="selector", cell=cell, round=int(number))
    ledger.entry_path(elsewhere).parent.mkdir()
    ledger.entry_path(SCOUT).rename(ledger.entry_path(elsewhere))
    with pytest.raises(WorldError, match="wizard/scout"):
        ledger.entry(elsewhere)


def test_the_record_in_one_file(ledger: Ledger) -> None:
    scout, build = entry("scout", seconds=1.25), entry("1-build", handoff=LINES)
    ledger.write(scout, [])
    ledger.write(build, [scout])
    whole = assembled(ledger)
    assert [stage["stage"] for stage in whole.pop("stages")] == ["scout", "1-build"]
    assert whole == {
        "factoryline": 1,
        "artifact": "wizard",
        "sealed": False,
        "rounds": 1,
        "surfaces": {"1": LINES["surfaces"]},
        "seconds": 2.75,
        "cost": {"usd": 0.0, "tokens": 0},
    }


def test_the_note_seals_the_record(ledger: Ledger) -> None:
    ledger.write(entry("note"), [entry("scout")])
    assert assembled(ledger)["sealed"] is True


def test_one_unknown_cost_makes_the_sum_unknown(ledger: Ledger) -> None:
    known = Cost(reported=0.25, total=100)
    ledger.assemble("wizard", [entry("scout", cost=known), entry("1-verify", cost=known)])
    assert assembled(ledger)["cost"] == {"usd": 0.5, "tokens": 200}
    half = Cost(total=10)
    ledger.assemble("wizard", [entry("scout", cost=known), entry("1-verify", cost=half)])
    assert assembled(ledger)["cost"] == {"usd": None, "tokens": 110}
    ledger.assemble("wizard", [entry("scout", cost=UNKNOWN)])
    assert assembled(ledger)["cost"] == {"usd": None, "tokens": None}


def test_the_entry_is_written_last(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before it, the stage counts as not run."""
    written: list[str] = []
    monkeypatch.setattr(
        "factoryline.system.files.write_durable", lambda path, _: written.append(path.name)
    )
    ledger.write(entry("scout"), [])
    assert written == ["wizard.json", "scout.json"]


def test_forgetting_leaves_a_line_in_the_history(ledger: Ledger) -> None:
    ledger.write(entry("scout"), [])
    assert ledger.forget(SCOUT, reason="doit forget")
    assert ledger.entry(SCOUT) is None
    [event] = ledger.history("wizard").events()
    assert (event["event"], event["stage"], event["reason"]) == (
        "forgotten",
        "scout",
        "doit forget",
    )
    assert not ledger.forget(SCOUT, reason="again")
    assert len(list(ledger.history("wizard").events())) == 1


def test_pruning_keeps_the_way_and_the_history(ledger: Ledger) -> None:
    for stage_id in ("scout", "1-build", "2-build", "3-build"):
        ledger.write(entry(stage_id, handoff=LINES), [])
    ledger.document_path(BUILD, "change.patch").write_text("diff")
    ledger.prune("wizard", [SCOUT, BUILD])
    assert files(ledger) == [
        "factory-artifacts/wizard.json",
        "factory-artifacts/wizard/1-build.json",
        "factory-artifacts/wizard/1-change.patch",
        "factory-artifacts/wizard/history.jsonl",
        "factory-artifacts/wizard/scout.json",
    ]
    events = list(ledger.history("wizard").events())
    assert [(e["event"], e["stage"]) for e in events] == [
        ("pruned", "2-build"),
        ("pruned", "3-build"),
    ]


def test_all_entries_of_all_artifacts(ledger: Ledger) -> None:
    for name in ("wizard", "gone"):
        ledger.write(entry("scout", artifact=name), [])
    assert [str(one.stage) for one in ledger.all_entries()] == ["gone/scout", "wizard/scout"]


def test_priors_come_by_name(ledger: Ledger) -> None:
    source = {"artifact": "wizard", "stage": "1-review", "by": "Ann", "finding": "It was so."}
    for name in ("second", "first"):
        ledger.write_prior({"id": name, "statement": "Keep it.", "surfaces": [], "source": source})
    assert [prior["id"] for prior in ledger.all_priors()] == ["first", "second"]


@pytest.mark.parametrize(
    ("text", "why"),
    [('{"id": "a"}', "is not a prior: the value: `.*` is missing"), ("{", "is not valid JSON")],
)
def test_a_file_that_is_no_prior(ledger: Ledger, text: str, why: str) -> None:
    ledger.priors.mkdir(parents=True)
    (ledger.priors / "first.json").write_text(text)
    with pytest.raises(WorldError, match=rf"first\.json {why}"):
        list(ledger.all_priors())


def test_the_folder_says_what_it_is(ledger: Ledger) -> None:
    ledger.prepare()
    assert files(ledger) == [".work/.gitignore", "README.md"]
    (ledger.state / "README.md").write_text("Our own words.\n")
    ledger.prepare()
    assert (ledger.state / "README.md").read_text() == "Our own words.\n"


def test_only_what_was_broken_off_is_swept(ledger: Ledger) -> None:
    half = ledger.state / ".README.md.x2.new"
    half.parent.mkdir(parents=True)
    half.write_text("What")
    with locked(ledger.work / "lock", "a first run") as lock:
        ledger.settle(lock)
        assert files(ledger) == [".work/.gitignore", ".work/lock", "README.md"]
        half.write_text("What")
    with locked(ledger.work / "lock", "one after its end") as lock:
        ledger.settle(lock)
        assert half.exists()
        lock.drop()
    with locked(ledger.work / "lock", "one after a kill") as lock:
        ledger.settle(lock)
    assert not half.exists()


def test_killed_writes_are_swept(ledger: Ledger) -> None:
    ledger.write(entry("scout"), [])
    (ledger.folder("wizard") / ".scout.json.x1.new").write_text('{"half')
    (ledger.state / ".README.md.x2.new").write_text("What")
    ledger.sweep()
    assert files(ledger) == ["factory-artifacts/wizard.json", "factory-artifacts/wizard/scout.json"]
