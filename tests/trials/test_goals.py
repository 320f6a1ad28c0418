"""A message as a goal: what would give the answer away is taken out, and said."""

from __future__ import annotations

import pytest
from factoryline.trials.goals import goal_of
from hypothesis import given
from hypothesis import strategies as st

NEW = {"newest_first", "NoteList", "sortNotes", "`notes.sorted`"}

CASES: dict[str, tuple[str, str, str, list[str]]] = {
    # subject, body; the goal; what was removed
    "words stay": (
        "Show the newest note first",
        "People look there.",
        "Show the newest note first\n\nPeople look there.",
        [],
    ),
    "new names go": (
        "Add newest_first() and NoteList for the list_notes page",
        "",
        "Add … and … for the list_notes page",
        ["newest_first()", "NoteList"],
    ),
    "humps go": ("Call sortNotes in the page", "", "Call … in the page", ["sortNotes"]),
    "quotes go where they are new": (
        "Use `notes.sorted` and `list`",
        "",
        "Use … and `list`",
        ["`notes.sorted`"],
    ),
    "paths go": (
        "Sort notes in notes/list.py",
        "See list.py and other.py.",
        "Sort notes in …\n\nSee … and other.py.",
        ["notes/list.py", "list.py"],
    ),
    "issues and addresses go": (
        "Sort notes (#12)",
        "Fixes #7\n\nsee https://example.org/pull/12",
        "Sort notes…\n\nsee …",
        ["(#12)", "Fixes #7", "https://example.org/pull/12"],
    ),
    "commits go": ("Revert 1a2b3c4d5e", "", "Revert …", ["1a2b3c4d5e"]),
    "words that look like commits stay": ("Add a facade", "", "Add a facade", []),
    "code goes": (
        "Sort notes",
        "```python\nnotes.sort()\n```\nIt is quick.\n\n    notes.sort()\n",
        "Sort notes\n\nIt is quick.",
        ["```python\nnotes.sort()\n```", "notes.sort()"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_goal(case: str) -> None:
    subject, body, text, removed = CASES[case]
    found = goal_of(subject, body, paths=["notes/list.py"], is_new=lambda w: w.strip("()") in NEW)
    assert (found.text, sorted(found.removed)) == (text, sorted(removed))


@given(st.text(), st.text())
def test_any_message_has_one(subject: str, body: str) -> None:
    found = goal_of(subject, body, paths=["a.py"], is_new=lambda _: True)
    assert "a.py" not in found.text.split()
