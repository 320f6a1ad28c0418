"""What lies under state/ is not always what was written there: each command says so in a sentence.

What `python -m benchmarks.fuzz_state` found, a case each.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factoryline.drive.backend import ignored
from factoryline.errors import WorldError
from factoryline.ledger.history import History
from factoryline.ledger.store import Ledger
from factoryline.plan.rounds import stage_named
from factoryline.skipping import quick
from factoryline.system import files

from tests.ledger.example import entry
from tests.line import Line, Ran, simple

Damage = Callable[[Path], object]


def waiting(line: Line) -> Line:
    """A line whose artifact waits for its review."""
    simple(line)
    line.edit("reviews: [limit-ok.yaml]", "reviews: []")
    assert line.doit().code == 0
    return line


def place(line: Line, name: str) -> Path:
    return line.state / "factory-artifacts/limit" / name


def refused(ran: Ran, *said: str) -> None:
    """A command ended with a sentence, a next step, and the exit code of a broken world."""
    told = ran.out + ran.err
    assert ran.code == 2, told
    assert "Traceback" not in told
    assert "this is a bug" not in told
    assert "help: " in told
    assert all(text in told for text in said), told


def replaced(path: Path, make: Damage) -> None:
    path.unlink()
    make(path)


KINDS: dict[str, tuple[Damage, str]] = {
    "a folder": (lambda path: path.mkdir(), "cannot be read: Is a directory"),
    "a pipe": (lambda path: os.mkfifo(path), "cannot be read: it is not a file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "cannot be read: it is not a file"),
    "a link to itself": (
        lambda path: path.symlink_to(path.name),
        "cannot be read: Too many levels",
    ),
    "a link to nowhere": (lambda path: path.symlink_to("nowhere"), "cannot be read: No such file"),
    "no JSON": (lambda path: path.write_text("<<<<<<< HEAD\n{}\n"), "is not valid JSON"),
    "no UTF-8": (lambda path: path.write_bytes(b'{"a": "\xff"}'), "is not valid JSON"),
    "no number": (lambda path: path.write_text('{"a": NaN}'), "NaN is not a number in JSON"),
    "nested": (lambda path: path.write_text("[" * 100_000), "is nested too deeply"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_door_for_json_says_what_is_wrong(kind: str, tmp_path: Path) -> None:
    """At once: what waits for a writer, or never ends, is no file."""
    path = tmp_path / "scout.json"
    make, said = KINDS[kind]
    make(path)
    with pytest.raises(WorldError, match=said) as told:
        files.read_json(path)
    assert str(path) in told.value.message
    assert told.value.help == "it was changed by hand or by a merge; restore it from git"


def test_a_pipe_where_a_cache_was_is_no_cache(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rows.index")
    assert quick.read(str(tmp_path / "rows.index")) is None
    (tmp_path / "state/.work").mkdir(parents=True)
    (tmp_path / quick.CERTIFICATE).write_bytes(quick.pack(([], "x", [])))
    assert quick.answer(str(tmp_path)) is None


# Entries

WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "handoff.checks: this is a whole number; it must be a list": lambda handoff: handoff.update(
        checks=3
    ),
    "handoff: `checks` is missing": lambda handoff: handoff.pop("checks"),
}


@pytest.mark.parametrize("said", WRONG)
def test_right_digests_of_a_wrong_shape(said: str, tmp_path: Path) -> None:
    """As another program may write it; what reads a verdict relies on what a verdict is."""
    ledger = Ledger(tmp_path / "state")
    value = entry("1-verify", outcome="pass").to_json()
    WRONG[said](value["handoff"])
    value["digest"] = files.digest_json(value["handoff"])
    files.write_json(ledger.folder("wizard") / "1-verify.json", value)
    with pytest.raises(WorldError, match=r"1-verify\.json is not an entry of the ledger") as told:
        ledger.entry(stage_named("wizard", "1-verify"))
    assert said.replace("handoff: ", "handoff.the value: ") in told.value.message


def test_what_a_later_version_adds_hurts_nobody(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state")
    value = entry("1-verify", handoff={"mood": "good"}, outcome="pass").to_json()
    files.write_json(ledger.folder("wizard") / "1-verify.json", value)
    found = ledger.entry(stage_named("wizard", "1-verify"))
    assert found is not None
    assert found.handoff["mood"] == "good"


@pytest.mark.long
def test_another_contract_under_the_name_of_a_stage(line: Line) -> None:
    """A cell of the same name that handed something else before is no earlier try of a change."""
    waiting(line)
    packet = line.entry("limit", "1-package") | {"stage": "1-build", "cell": "build"}
    place(line, "1-build.json").write_text(json.dumps(packet))
    ran = line.doit()
    assert ran.code == 0, ran
    assert ran.lines()[0] == "limit:1-build"


def test_a_note_that_is_none(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state")
    value = entry("note", handoff={}).to_json() | {"contract": "memo"}
    files.write_json(ledger.folder("wizard") / "note.json", value)
    with pytest.raises(WorldError, match=r"note\.json is the entry of wizard/note, which hands a"):
        ledger.entry(stage_named("wizard", "note"))


@pytest.mark.long
def test_a_first_stage_that_pins_nothing(line: Line) -> None:
    """The base is then what it is now, and what was built on another one is stale."""
    waiting(line)
    value = line.entry("limit", "scout")
    place(line, "scout.json").write_text(json.dumps(value | {"pins": {}}))
    ran = line.factory("explain")
    assert (ran.code, "waiting for a person" in ran.out) == (0, True), ran


# Histories


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        '{"event": 3, "at": "2026-04-21T09:30:00Z"}',
        '{"event": "failed", "at": "yesterday"}',
        '{"event": "failed", "at": "2026-04-21T09:30:00+05:00"}',
        '{"event": "failed", "at": "2026-04-21T09:30:00Z", "stage": {}}',
        '{"event": "failed", "at": "2026-04-21T09:30:00Z", "reasons": [3]}',
        '{"event": "paused", "at": "2026-04-21T09:30:00Z", "times": "often"}',
    ],
    ids=["nested", "event", "moment", "zone", "stage", "reasons", "times"],
)
def test_a_line_that_is_no_event(line: str, tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    history.append("finished", "scout")
    files.append_line(history.path, line)
    with pytest.raises(WorldError, match=r"history\.jsonl:2: this line is not an event"):
        list(history.events())
    history.append("finished", "1-build")
    assert len(history.path.read_text().splitlines()) == 3, "nothing that was there is lost"


# Commands


@pytest.mark.long
@pytest.mark.parametrize("command", ["doit", "doit limit", "doit info limit:scout", "doit list -s"])
def test_doit_says_it_in_our_words(command: str, line: Line) -> None:
    """doit itself ends with a traceback where a reporter, a status or a task's list fails."""
    waiting(line)
    path = place(line, "1-verify.json")
    replaced(path, lambda where: where.write_text(path.name))
    refused(line.doit(*command.split()[1:]), f"{path} is not valid JSON")


@pytest.mark.long
def test_a_clean_without_a_repository(line: Line) -> None:
    waiting(line)
    (line.product / ".git").rename(line.product / "git")
    ran = line.doit("clean", "limit")
    assert ran.code == 3, ran
    assert f"error: {line.product} is not inside a git repository\nhelp: " in ran.err
    assert "Traceback" not in ran.out + ran.err


def test_a_stage_that_is_not_there(line: Line) -> None:
    simple(line)
    ran = line.doit("info", "limit:2-build")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "error: `limit:2-build` is not a task\nhelp: did you mean `limit:1-build`?\n"


@pytest.mark.long
def test_a_prior_that_is_none(line: Line) -> None:
    waiting(line)
    path = line.write(line.state / "priors/rule.json", '{"id": "another"}')
    refused(line.factory("status"), f"{path} is not a prior", "restore it from git")


@pytest.mark.long
def test_a_recorded_review_that_is_no_text(line: Line) -> None:
    simple(line)
    replaced(line.home / "limit-ok.yaml", KINDS["no UTF-8"][0])
    ran = line.doit()
    refused(ran, "limit-ok.yaml:1:1: error: this is not UTF-8 text")


def test_half_a_surrogate_pair_is_written_as_its_escape(tmp_path: Path) -> None:
    """As the name of a file that is no UTF-8 is; a prior may quote it, and a memo the prior."""
    files.write_text(tmp_path / "memo.md", "\udcff.py")
    assert (tmp_path / "memo.md").read_bytes() == rb"\udcff.py"
    files.write_json(tmp_path / "rule.json", {"a": "\udcff"})
    assert files.read_json(tmp_path / "rule.json") == {"a": "\udcff"}


def test_a_list_of_ignored_tasks_that_is_none(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state")
    files.write_json(ledger.work / "ignored.json", [["limit"], 3, "limit:scout"])
    assert ignored(ledger) == ["limit:scout"]


@pytest.mark.long
def test_git_that_refuses_is_told_with_a_next_step(line: Line) -> None:
    waiting(line)
    tree = line.git("rev-parse", line.entry("limit", "1-build")["handoff"]["commit"] + "^{tree}")
    path = line.product / ".git/objects" / tree[:2] / tree[2:].strip()
    path.unlink()
    assert line.doit("forget", "limit:1-verify").code == 0
    refused(line.doit(), "ended with exit code 128", f"`git -C {line.product} fsck` tells what")


@pytest.mark.long
def test_nothing_in_a_file_moves_the_cursor_of_a_terminal(line: Line) -> None:
    waiting(line)
    value = line.entry("limit", "scout") | {"factoryline": "\x1b[2J"}
    place(line, "scout.json").write_text(json.dumps(value))
    ran = line.factory("status")
    refused(ran, r"factoryline: this must be `1`, not `\x1b[2J`")
    assert "\x1b" not in ran.err
