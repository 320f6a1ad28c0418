"""A whole artifact, by each real program: memo accepted, file edited, tests run, tokens right."""

from __future__ import annotations

import pytest

from tests.agents.conftest import Open
from tests.agents.shop import MEMO, NAMES, build, scout

pytestmark = pytest.mark.agents

API = {
    "gptme": "chat",
    "claude": "messages",
    "codex": "responses",
    "opencode": "chat",
    "aider": "chat",
}


@pytest.mark.parametrize("name", NAMES)
def test_from_goal_to_merge(name: str, shop: Open) -> None:
    here = shop(name, scout(), build())
    ran = here.doit()
    assert ran.code == 0, ran.out + ran.err
    assert "1 of 1 artifact sealed" in ran.out

    assert here.entry("limit", "scout")["handoff"] == MEMO
    change = here.entry("limit", "1-build")["handoff"]
    assert [file["path"] for file in change["files"]] == ["checks/unit.txt", "server/app.py"]
    verdict = here.entry("limit", "1-verify")
    [check] = verdict["handoff"]["checks"]
    assert (check["outcome"], check["tests"]["run"]) == ("pass", 1)
    assert (here.product / "server/app.py").read_text() == "LIMIT = 4\n"
    here.nothing_got_out()

    books = here.provider.books
    assert {request.api for request in books.requests} == {API[name]}
    assert books.strange == [], "it asked for nothing that the provider does not know"
    briefs = [request.asked.turns for request in books.requests if not request.side]
    assert any("The limit of the server is four." in turn.text for turn in briefs[0])
    assert any(MEMO["summary"] in turn.text for turn in briefs[-1]), "the builder got the memo"

    billed = books.total(side=False)
    if name == "aider":
        # It tells all that went in, and not how much of it a cache gave.
        assert here.summed("input") == billed.input + billed.cache_read
    else:
        assert here.summed("input") == billed.input
        assert here.summed("cache_read") == billed.cache_read
    if name in ("claude", "codex"):
        assert here.summed("cache_write") == billed.cache_write
    assert here.summed("output") == billed.output
    requests = None if name in ("claude", "codex") else len(books.billed(side=False))
    assert here.summed("requests") == requests
    # gptme asks for a name for the conversation, and tells it to nobody.
    assert {request.side for request in books.requests} == (
        {True, False} if name == "gptme" else {False}
    )

    assert "limit:" not in here.doit().out, "nothing runs twice"
