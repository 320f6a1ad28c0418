"""Whose word counts, of which commit: reviews on a forge as one review. Nothing is asked here."""

from __future__ import annotations

from typing import Any

import pytest
from factoryline.forge import body, github
from factoryline.forge.base import Look, Pull, Remark, Said
from factoryline.forge.judge import Decided, Open, judged
from hypothesis import given
from hypothesis import strategies as st

HERE, OLD = "a" * 40, "b" * 40
PULL = {
    "number": 1,
    "address": "https://github.com/ann/notes/pull/1",
    "title": "T",
    "body": "",
    "author": "line",
    "commit": HERE,
    "open": True,
}


def said(by: str, decision: Any, text: str = "", *, commit: str = HERE, **more: Any) -> Said:
    return Said(id=hash((by, text)), by=by, decision=decision, text=text, commit=commit, **more)


def look(*reviews: Said, remarks: tuple[Remark, ...] = (), **pull: Any) -> Look:
    return Look(pull=Pull(**{**PULL, **pull}), reviews=reviews, remarks=remarks)


OPEN = {
    "nobody": (look(), ""),
    "a comment": (look(said("bo", "comment", "Why?")), ""),
    "the author": (
        look(said("line", "approve")),
        "line opened it, so that their approval does not count",
    ),
    "a program": (
        look(said("ci[bot]", "approve", bot=True)),
        "ci[bot] is a program, so that its approval does not count",
    ),
    "of before": (
        look(said("bo", "approve", commit=OLD)),
        "bo approved bbbbbbbbbb, and not what is there now",
    ),
    "asked before": (
        look(said("bo", "request-changes", commit=OLD)),
        "bo asked for changes of bbbbbbbbbb, and has not answered since",
    ),
    "taken back": (look(said("bo", "approve"), said("bo", "dismissed")), ""),
    "a draft": (look(said("bo", "approve"), draft=True), "it is a draft"),
    "closed": (
        look(said("bo", "approve"), open=False, by="cy"),
        "it was closed by cy; reopen it to go on",
    ),
    "pushed to": (
        look(said("bo", "approve"), commit=OLD),
        "its branch is at bbbbbbbbbb, which is not what was verified",
    ),
    "merged with more": (
        look(said("bo", "approve"), open=False, merged="c" * 40, commit=OLD),
        "it was merged at bbbbbbbbbb, which is not what was verified",
    ),
}


@pytest.mark.parametrize("case", OPEN)
def test_nothing_is_decided(case: str) -> None:
    seen, why = OPEN[case]
    assert judged(seen, HERE) == Open(why=why)


def decided(seen: Look) -> Decided:
    found = judged(seen, HERE)
    assert isinstance(found, Decided)
    return found


def test_approvals() -> None:
    found = decided(look(said("bo", "approve", "Good."), said("cy", "approve")))
    assert (found.decision, found.by, found.summary) == ("approve", "bo and cy", "Good.")


def test_the_last_word_of_each_counts() -> None:
    mind = (said("bo", "request-changes", "No."), said("bo", "comment", "Hm."))
    assert decided(look(*mind)).decision == "request-changes"
    assert decided(look(*mind, said("bo", "approve"))).decision == "approve"


def test_one_that_asks_for_changes_is_enough() -> None:
    found = decided(look(said("bo", "approve"), said("cy", "request-changes", "No.")))
    assert (found.decision, found.by, found.summary) == ("request-changes", "cy", "No.")


def test_remarks_become_findings() -> None:
    asks = said("bo", "request-changes")
    remarks = (
        Remark(review=1, by="cy", text="tests: Test it.", path="a.py", line=3, commit=HERE),
        Remark(review=1, by="cy", text="Move it. @ b.py:9", path="a.py", line=0, commit=HERE),
        Remark(review=1, by="line", text="Done.", path="a.py", line=3, commit=HERE),
        Remark(review=1, by="cy", text="Old.", path="a.py", line=3, commit=OLD),
        Remark(review=1, by="cy", text="  ", path="a.py", line=3, commit=HERE),
    )
    found = decided(look(asks, remarks=remarks)).findings
    assert [(one["kind"], one["statement"], one["paths"]) for one in found] == [
        ("tests", "Test it.", ["a.py:3"]),
        ("other", "Move it.", ["a.py", "b.py:9"]),
    ]


def test_an_approval_has_its_own_remarks_alone() -> None:
    agrees = said("bo", "approve")
    mine = Remark(review=agrees.id, by="bo", text="Nit.", path="a.py", line=1, commit=HERE)
    other = Remark(review=7, by="cy", text="Hm.", path="a.py", line=1, commit=HERE)
    found = decided(look(agrees, remarks=(mine, other)))
    assert [one["statement"] for one in found.findings] == ["Nit."]


def test_changes_without_a_word_are_still_asked_for() -> None:
    assert decided(look(said("bo", "request-changes"))).summary


def test_who_merges_it_approves_it() -> None:
    found = decided(look(open=False, merged="c" * 40, by="bo"))
    assert (found.decision, found.by) == ("approve", "bo")
    found = decided(look(said("cy", "approve"), open=False, merged="c" * 40, by="bo"))
    assert found.by == "cy"


@given(st.text(), st.text(), st.text())
def test_what_people_write_around_our_part_stays(before: str, ours: str, newer: str) -> None:
    first = body.placed(ours, before)
    again = body.placed(newer, first)
    assert body.placed(newer, again) == again
    if body.BEGIN not in before:
        assert again.count(body.BEGIN) == again.count(body.END) == 1
        assert before.strip() in again


REMOTES = {
    "git@github.com:ann/notes.git": ("ann/notes", "https://api.github.com"),
    "https://github.com/ann/notes": ("ann/notes", "https://api.github.com"),
    "https://token@github.com/ann/notes.git/": ("ann/notes", "https://api.github.com"),
    "ssh://git@ssh.github.com:443/ann/notes.git": ("ann/notes", "https://api.github.com"),
    "https://git.example.org/ann/no.tes": ("ann/no.tes", "https://git.example.org/api/v3"),
    "/srv/git/notes.git": None,
    "../notes": None,
    "": None,
}


@pytest.mark.parametrize("remote", REMOTES)
def test_where_a_remote_is(remote: str) -> None:
    assert github.place(remote) == REMOTES[remote]
