"""What people type is a finding, whatever they type."""

from __future__ import annotations

import pytest
from factoryline.plan import findings
from hypothesis import given
from hypothesis import strategies as st

OTHER = ("other", "major")

TYPED = {
    "It is slow.": (*OTHER, "It is slow.", []),
    "tests: It is not tested.": ("tests", "major", "It is not tested.", []),
    "security (blocker): The key is shown. @ app/key.py:12": (
        *("security", "blocker", "The key is shown."),
        ["app/key.py:12"],
    ),
    "Move it. @ app/key.py": (*OTHER, "Move it.", ["app/key.py"]),
    "note: this is no kind": (*OTHER, "note: this is no kind", []),
    "tests (huge): this is no severity": (*OTHER, "tests (huge): this is no severity", []),
    "https://example.org says so": (*OTHER, "https://example.org says so", []),
    "mail a@b.org about it": (*OTHER, "mail a@b.org about it", []),
    "tests:": (*OTHER, "tests:", []),
    "  docs:  Say why.\n": ("docs", "major", "Say why.", []),
}


@pytest.mark.parametrize("text", TYPED)
def test_a_text_is_a_finding(text: str) -> None:
    found = findings.read(text)
    assert (found["kind"], found["severity"], found["statement"], found["paths"]) == TYPED[text]


def test_what_it_does_not_say_is_said_elsewhere() -> None:
    assert findings.read("Slow.", kind="tests", severity="minor")["kind"] == "tests"
    assert findings.read("docs: Why?", kind="tests", severity="minor")["kind"] == "docs"
    assert findings.read("docs: Why?", kind="tests", severity="minor")["severity"] == "minor"


@given(st.text(min_size=1).filter(str.strip))
def test_no_text_is_lost(text: str) -> None:
    found = findings.read(text)
    assert found["statement"]
    assert "".join([found["statement"], *found["paths"]]).strip() in text.replace(" @ ", "") or (
        found["paths"] or found["kind"] != "other"
    )


def test_a_place_without_its_line() -> None:
    assert findings.path_of("app/key.py:12") == "app/key.py"
    assert findings.path_of("app/key.py") == "app/key.py"
