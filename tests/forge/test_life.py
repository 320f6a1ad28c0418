"""The life of an artifact on GitHub, from its pull request to its merge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forge.hosted import Hosted
from tests.forge.server import LINE, Hub


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Hosted]:
    line = Hosted(tmp_path / "line")
    yield line
    line.hub.close()


@pytest.mark.long
def test_two_rounds(line: Hosted) -> None:
    ran = line.reviewed()
    address = f"{line.hub.url}/ann/notes/pull/1"
    assert f"factory/limit, 1 patch, {address}" in ran.out
    assert ran.out.splitlines()[-3:-1] == [
        f"?  limit  1-review waits for a review of {_head(line)[:10]}",
        f"   {address}",
    ]
    pull = line.hub.facts(1)
    assert (pull["title"], pull["base"][0], pull["labels"]) == ("The limit", "main", ["server"])
    assert pull["head"] == ("factory/limit", _head(line))
    assert "## Verification" in pull["body"]
    [status] = line.hub.statuses[_head(line)]
    assert (status["state"], status["context"]) == ("success", "factoryline/verdict")

    line.hub.review(
        "bo",
        "CHANGES_REQUESTED",
        "Not yet.",
        remarks=(("server/app.py", 1, "architecture: The webui knows the limit."),),
    )
    ran = line.reviewed()
    assert ".  limit:1-review  changes requested by bo, 1 finding" in ran.out
    assert "2-build waits for a commit on `limit`: 1-review asks for changes" in ran.out
    review = line.entry("limit", "1-review")["handoff"]
    assert review["findings"] == [
        {
            "kind": "architecture",
            "severity": "major",
            "statement": "The webui knows the limit.",
            "paths": ["server/app.py:1"],
        }
    ]
    assert review["summary"] == "Not yet."

    line.hub.edit(title="The limit of a request", body=f"Please hurry.\n\n{pull['body']}")
    line.work("LIMIT = 5\n")
    ran = line.reviewed()
    assert "asked for changes of" in line.factory("status").out
    pull = line.hub.facts(1)
    assert (len(line.hub.pulls), pull["head"][1]) == (1, _head(line))
    assert pull["title"] == "The limit of a request", "a person's words stay"
    assert pull["body"].startswith("Please hurry.")
    assert "Round 2, 1 rework." in pull["body"]

    line.hub.review("bo", "APPROVED", "Good.")
    ran = line.reviewed()
    assert ".  limit:2-review  approved by bo" in ran.out
    merged = line.hub.facts(1)["merged"]
    assert f".  limit:2-merge  merged as {merged[:10]} into main, {address}" in ran.out
    assert line.git("rev-parse", "main").strip() == merged
    assert line.git("show", "-s", "--format=%s", merged).strip() == "The limit (#1)"
    assert "Factory-Artifact: limit" in line.git("show", "-s", "--format=%b", merged)
    assert line.assembled("limit")["sealed"] is True
    assert line.doit().out == "nothing to do: limit is sealed\n"


def _head(line: Hosted) -> str:
    return line.git("rev-parse", "factory/limit").strip()


WAITS: dict[str, tuple[Callable[[Hub], Any], str]] = {
    "nobody": (lambda hub: hub.url, ""),
    "its author": (
        lambda hub: hub.review(LINE, "APPROVED"),
        f": {LINE} opened it, so that their approval does not count",
    ),
    "a program": (
        lambda hub: hub.review("check[bot]", "APPROVED"),
        ": check[bot] is a program, so that its approval does not count",
    ),
    "an older commit": (
        lambda hub: hub.review("bo", "APPROVED", commit="a" * 40),
        ": bo approved aaaaaaaaaa, and not what is there now",
    ),
    "a comment": (lambda hub: hub.review("bo", "COMMENTED", "Why?"), ""),
    "dismissed": (lambda hub: hub.dismiss(hub.review("bo", "APPROVED")), ""),
    "a draft": (
        lambda hub: [act(hub) for act in (_approve, lambda it: it.edit(draft=True))],
        ": it is a draft",
    ),
    "closed": (
        lambda hub: [act(hub) for act in (_approve, lambda it: it.edit(state="closed"))],
        ": it was closed; reopen it to go on",
    ),
    "pushed to": (
        lambda hub: [act(hub) for act in (_approve, _push)],
        "which is not what was verified",
    ),
}
"""What people do, and what is said of it while nothing is decided."""


def _approve(hub: Hub) -> None:
    hub.review("bo", "APPROVED")


def _push(hub: Hub) -> None:
    tip = hub.tip("factory/limit")
    who = ("-c", "user.name=Bo", "-c", "user.email=bo@example.org")
    more = hub.git(*who, "commit-tree", f"{tip}^{{tree}}", "-p", tip, stdin="More")
    hub.git("update-ref", "refs/heads/factory/limit", more)


@pytest.mark.long
@pytest.mark.parametrize("what", WAITS)
def test_what_does_not_decide(what: str, line: Hosted) -> None:
    line.reviewed()
    act, said = WAITS[what]
    act(line.hub)
    asked = len(line.hub.asked)
    ran = line.reviewed()
    assert len(line.hub.asked) > asked, "every run looks"
    assert said in ran.out, ran.out
    assert ".  limit" not in ran.out
    assert said in line.factory("status").out
    if what == "closed":
        line.hub.edit(state="open")
        assert "2-merge" not in line.reviewed().out
        assert line.assembled("limit")["sealed"] is True


@pytest.mark.long
def test_reviews_are_looked_for_without_a_run(line: Hosted) -> None:
    line.reviewed()
    ran = line.factory("review", "--sync")
    assert (ran.code, ran.out) == (0, f"limit/1-review waits\n  {line.hub.url}/ann/notes/pull/1\n")
    line.hub.review("bo", "APPROVED")
    ran = line.factory("review", "limit", "--sync")
    assert ran.out == "limit/1-review: approved by bo\n  doit goes on from here\n"
    assert line.factory("review", "--sync").out.startswith("no review of any artifact")


@pytest.mark.long
def test_a_review_can_be_given_here_as_well(line: Hosted) -> None:
    line.reviewed()
    assert line.factory("review", "limit", "--approve", "--by", "Ann").code == 0
    line.reviewed()
    assert line.assembled("limit")["sealed"] is True
    assert line.hub.facts(1)["merged"]


@pytest.mark.long
def test_what_is_missing_is_named_before_a_run(line: Hosted) -> None:
    ran = line.factory("check", "--environment", env={"GITHUB_TOKEN": ""})
    assert "reviews come from github, and there is no token for GitHub" in ran.out + ran.err
    assert line.factory("check", "--environment").code == 0
