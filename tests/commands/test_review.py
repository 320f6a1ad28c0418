"""factory review on a terminal: what waits is shown, and a person is asked."""

from __future__ import annotations

import pytest

from tests.line import Line, Ran, waits_for_review


@pytest.fixture
def waiting(line: Line) -> Line:
    return waits_for_review(line)


def test_what_is_shown_and_approved(waiting: Line) -> None:
    ran = waiting.terminal("factory", "review", "limit", keys="what\na\n")
    assert ran.code == 0, ran
    for said in (
        "The limit\n",
        "  verdict  pass: 1 test in 2 scopes\n",
        "  changed  +1 −1 server",
        "LIMIT = 4",
        "approve, ask for changes, or later? [a/c/l]",
        "1-review: approved by Bo",
    ):
        assert said in ran.out, said
    assert waiting.entry("limit", "1-review")["handoff"]["decision"] == "approve"


def test_changes_are_asked_for(waiting: Line) -> None:
    ran = waiting.terminal("factory", "review", "limit", keys="c\nName it.\nTest it.\n\n")
    assert ran.code == 0, ran
    review = waiting.entry("limit", "1-review")["handoff"]
    assert review["decision"] == "request-changes"
    assert [one["statement"] for one in review["findings"]] == ["Name it.", "Test it."]


@pytest.mark.long
def test_later_decides_nothing(waiting: Line) -> None:
    ran = waiting.terminal("factory", "review", "limit", keys="l\n")
    assert "nothing is decided; `factory review limit` asks again" in ran.out
    assert "1-review" not in waiting.entries("limit")


@pytest.mark.long
def test_without_a_terminal_it_says_what_to_type(waiting: Line) -> None:
    ran = waiting.factory("review", "limit")
    assert ran.code == 3
    assert "factory review limit --approve" in ran.err
    assert "1-review" not in waiting.entries("limit")


@pytest.mark.long
def test_a_decision_is_about_what_was_seen(waiting: Line) -> None:
    """The packet is made anew while a person reads the old one."""
    hook = waiting.write(
        waiting.folder / "pager.sh",
        "#!/bin/sh\ncat >/dev/null\n"
        "sed -i 's/title: The limit/title: Another/' factory.yaml\ndoit >/dev/null 2>&1\n",
    )
    hook.chmod(0o755)
    waiting.git("config", "core.pager", f"cd {waiting.home}; {hook}; true")
    ran = waiting.terminal("factory", "review", "limit", keys="a\n", pager="")
    assert "the packet has changed while you looked at it" in ran.out, ran
    assert "1-review" not in waiting.entries("limit")


def edited(line: Line, script: str) -> Ran:
    """`factory review limit --edit` with an editor that is a shell script; $1 is the form."""
    editor = line.write(line.folder / "editor", f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    return line.factory("review", "limit", "--edit", env={"EDITOR": str(editor)})


@pytest.mark.long
def test_a_review_in_an_editor(waiting: Line) -> None:
    said = "decision: request-changes\\nby: Cy\\nfindings: [{kind: tests, statement: Test it.}]\\n"
    ran = edited(waiting, f"head -1 $1 > $1.new; printf '{said}' >> $1.new; mv $1.new $1")
    assert ran.code == 0, ran.err
    assert "limit/1-review: changes requested by Cy, 1 finding" in ran.out
    assert not list((waiting.state / ".work").glob("review-*"))


@pytest.mark.long
def test_an_editor_that_changes_nothing_decides_nothing(waiting: Line) -> None:
    for script in ("true", ": > $1"):
        assert "nothing is decided" in edited(waiting, script).out
    assert "1-review" not in waiting.entries("limit")


@pytest.mark.long
def test_a_form_with_a_mistake_stays_for_another_try(waiting: Line) -> None:
    ran = edited(waiting, "sed -i 's/request-changes /maybe /; s/summary: \"\"/summary: Long./' $1")
    assert ran.code == 3
    assert "review-limit.yaml:2:11: error:" in ran.err
    assert "help:" in ran.err
    ran = edited(waiting, "sed -i 's/maybe/approve/' $1")
    assert ran.code == 0, ran.err
    assert waiting.entry("limit", "1-review")["handoff"]["summary"] == "Long."


@pytest.mark.long
def test_a_finding_says_its_kind_and_place(waiting: Line) -> None:
    text = "tests (minor): Test it. @ server/app.py:1"
    ran = waiting.factory("review", "limit", "--request-changes", "--finding", text, "--by", "Cy")
    assert ran.code == 0, ran.err
    [finding] = waiting.entry("limit", "1-review")["handoff"]["findings"]
    assert finding == {
        "kind": "tests",
        "severity": "minor",
        "statement": "Test it.",
        "paths": ["server/app.py:1"],
    }


@pytest.mark.long
def test_without_a_forge_there_is_nothing_to_look_at(waiting: Line) -> None:
    ran = waiting.factory("review", "--sync")
    assert (ran.code, "reviews are given here" in ran.err) == (3, True)
    assert waiting.factory("review").code == 3
