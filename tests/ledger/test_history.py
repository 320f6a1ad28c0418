"""The history: appended, chained, and honest about what happened to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from factoryline.errors import WorldError
from factoryline.ledger.history import FIRST, History


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Three attempts of a build."""
    history = History(tmp_path / "wizard/history.jsonl")
    history.append("failed", "1-build", reason="it changed nothing")
    history.append("rejected", "1-build", reasons=["outside", "empty"])
    history.append("finished", "1-build", outcome="done", seconds=0)
    return history


def test_an_absent_history_is_empty(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    assert list(history.events()) == []
    assert history.attempts("1-build") == 0
    assert history.broken_at() is None


def test_lines_are_appended_and_numbered(history: History) -> None:
    events = list(history.events())
    assert [(e["n"], e["event"], e["stage"]) for e in events] == [
        (1, "failed", "1-build"),
        (2, "rejected", "1-build"),
        (3, "finished", "1-build"),
    ]
    assert events[0]["previous"] == FIRST
    assert events[0]["at"].endswith("Z")
    assert history.broken_at() is None


def test_what_is_empty_is_left_out_and_nought_is_not(history: History) -> None:
    history.append("noted", usd=None, reason="", paths=[], tokens=0, merged=False)
    *_, last = history.events()
    assert set(last) == {"n", "at", "event", "tokens", "merged", "previous"}


def test_attempts_are_counted_by_stage(history: History) -> None:
    history.append("started", "1-build")
    history.append("failed", "2-build")
    history.append("reopened")
    assert history.attempts("1-build") == 3
    assert history.attempts("2-build") == 1
    assert history.attempts("scout") == 0


@pytest.mark.parametrize(
    "text",
    ["größe", "two\nlines", "a\u2028b", "a\u2029b", "a\x85b", "a\x0bb", "a\x1cb", "a\r\nb"],
)
def test_any_text_is_one_line(history: History, text: str) -> None:
    """Python's splitlines knows more ends of lines than JSON does."""
    history.append("failed", "2-build", reason=text)
    history.append("finished", "2-build")
    assert [event.get("reason") for event in history.events()][3:] == [text, None]
    assert history.broken_at() is None


Edit = Callable[[list[str]], list[str]]


@pytest.mark.parametrize(
    ("edit", "at"),
    [
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: [lines[0], lines[2], lines[1]], 2),
        (lambda lines: [lines[0], lines[1].replace("outside", "inside"), lines[2]], 3),
        (lambda lines: [*lines, lines[2]], 4),
        (lambda lines: [lines[0], lines[1][:20], lines[2]], 2),
        (lambda lines: ["<<<<<<< ours", *lines], 1),
        (lambda lines: [lines[0], "[]", lines[2]], 2),
        (lambda lines: [lines[0], "", lines[1], lines[2]], 2),
    ],
    ids="first gone|one gone|swapped|reworded|twice|torn|conflict|no event|empty".split("|"),
)
def test_the_first_line_that_does_not_follow_is_found(
    history: History, edit: Edit, at: int
) -> None:
    lines = history.path.read_text().splitlines()
    history.path.write_text("\n".join(edit(lines)) + "\n")
    assert history.broken_at() == at


def test_a_last_line_that_is_gone_cannot_show(history: History) -> None:
    """A chain proves what comes before a line; the entries and git have the end."""
    lines = history.path.read_text().splitlines()
    history.path.write_text("\n".join(lines[:2]) + "\n")
    assert history.broken_at() is None


@pytest.mark.parametrize("line", ["{torn", "[]", "=======", '"word"'])
def test_a_line_that_is_no_event_is_said_with_its_place(history: History, line: str) -> None:
    history.append("finished", "2-build")
    lines = history.path.read_text().splitlines()
    history.path.write_text("\n".join([lines[0], line, *lines[2:]]) + "\n")
    with pytest.raises(WorldError) as caught:
        list(history.events())
    assert f"{history.path}:2" in caught.value.message
    assert "restore it from git" in caught.value.help


def test_a_line_is_never_glued_to_a_torn_one(history: History) -> None:
    whole = history.path.read_text()
    history.path.write_text(whole[:-1])  # an editor that takes the last newline away
    history.append("finished", "2-build")
    assert [event["n"] for event in history.events()] == [1, 2, 3, 4]
    assert history.broken_at() is None


def test_each_line_is_json_that_people_can_read(history: History) -> None:
    history.append("failed", reason="größe")
    last = history.path.read_text().splitlines()[-1]
    assert "größe" in last
    assert list(json.loads(last)) == ["n", "at", "event", "reason", "previous"]


def test_half_a_pair_of_a_rejected_hand_off_is_kept_as_its_escape(history: History) -> None:
    history.append("rejected", "2-scout", handoff={"summary": "half \ud800"})
    *_, last = history.events()
    assert last["handoff"] == {"summary": "half \ud800"}
    assert history.broken_at() is None
