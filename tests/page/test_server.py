"""factory serve: news and answers for this page alone."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from factoryline.page.server import Server
from factoryline.pipeline import compile_factory
from factoryline.run.factory import Factory

from tests.line import Line, waits_for_review


@pytest.fixture
def waiting(line: Line) -> Line:
    return waits_for_review(line)


@pytest.fixture
def server(waiting: Line) -> Iterator[Server]:
    yield from serving(waiting)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """One that no test changes."""
    return waits_for_review(Line(tmp_path_factory.mktemp("waits") / "line"))


@pytest.fixture(scope="module")
def closed(kept: Line) -> Iterator[Server]:
    """A server of which all that is asked here is refused."""
    yield from serving(kept)


def serving(line: Line) -> Iterator[Server]:
    path = line.home / "factory.yaml"
    with Server(lambda: Factory(compile_factory(path)), lambda _: [">  a row"]) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(
    server: Server, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, Any]:
    line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    own = {"Content-Type": "application/json", "Origin": server.origin} if body else {}
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request(method, path, None if body is None else json.dumps(body), {**own, **more})
    reply = line.getresponse()
    text = reply.read().decode()
    line.close()
    is_json = reply.headers.get_content_type() == "application/json"
    return reply.status, json.loads(text) if is_json else text


def packet(server: Server) -> str:
    """What a person has seen who looks at the page now."""
    _, data = server.data(server.open())
    [one] = data["artifacts"]
    assert one["state"] == "waiting"
    return str(one["review"])


def test_the_page_and_its_news(server: Server) -> None:
    status, text = ask(server, "GET", f"/{server.token}/")
    assert status == 200
    assert "connect-src &#39;self&#39;" in text
    status, news = ask(server, "GET", f"/{server.token}/news")
    assert (status, news["running"], news["holder"]) == (200, [">  a row"], "")
    assert news["data"]["artifacts"][0]["name"] == "limit"
    _, again = ask(server, "GET", f"/{server.token}/news?since={news['version']}")
    assert again["data"] is None, "nothing has changed"


def test_an_approval(server: Server, waiting: Line) -> None:
    before = ask(server, "GET", f"/{server.token}/news")[1]["version"]
    body = {"name": "limit", "seen": packet(server), "decision": "approve", "findings": []}
    status, said = ask(server, "POST", f"/{server.token}/review", body)
    assert (status, said) == (200, {"said": "limit/1-review: approved by Bo"})
    review = waiting.entry("limit", "1-review")["handoff"]
    assert review["commit"] == waiting.entry("limit", "1-build")["handoff"]["commit"]
    _, news = ask(server, "GET", f"/{server.token}/news?since={before}")
    assert news["data"]["artifacts"][0]["state"] == "due", "who looks sees it at once"


@pytest.mark.long
def test_findings(server: Server, waiting: Line) -> None:
    found = [{"statement": "server/app.py:1: Name it.", "paths": ["server/app.py"]}]
    body = {"name": "limit", "seen": packet(server), "decision": "request-changes"}
    status, _ = ask(server, "POST", f"/{server.token}/review", {**body, "findings": found})
    assert status == 200
    [finding] = waiting.entry("limit", "1-review")["handoff"]["findings"]
    assert (finding["statement"], finding["paths"]) == (found[0]["statement"], ["server/app.py"])


APPROVE: dict[str, Any] = {"name": "limit", "decision": "approve", "findings": []}
SEEN = {"seen": "PACKET"}

REFUSED: dict[str, tuple[dict[str, Any], dict[str, str], int, str]] = {
    # What is sent besides, headers, the status and a word of the answer.
    "another packet": ({"seen": "sha256:0"}, {}, 409, "has changed while you looked at it"),
    "no packet": ({}, {}, 400, "that is no answer"),
    "no such artifact": ({**SEEN, "name": "other"}, {}, 409, "there is no artifact"),
    "no finding": ({**SEEN, "decision": "request-changes"}, {}, 409, "but not which"),
    "no decision": ({**SEEN, "decision": "merge"}, {}, 409, "is not valid"),
    "another site": (SEEN, {"Origin": "https://example.org"}, 403, "another site"),
    "no origin": (SEEN, {"Origin": "null"}, 403, "another site"),
    "a form": (SEEN, {"Content_Type": "text/plain"}, 415, ""),
    "another name": (SEEN, {"Host": "example.org"}, 403, "another name"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_refused_changes_nothing(why: str, closed: Server, kept: Line) -> None:
    more, headers, code, word = REFUSED[why]
    seen = packet(closed)
    body = {**APPROVE, **{k: seen if v == "PACKET" else v for k, v in more.items()}}
    status, said = ask(closed, "POST", f"/{closed.token}/review", body, **headers)
    assert (status, word in str(said)) == (code, True), said
    assert "1-review" not in kept.entries("limit")


@pytest.mark.parametrize("path", ["/", "/news", "/wrong/", "/wrong/news", "//", "/%2e%2e/"])
def test_without_the_token_nothing_is_there(path: str, closed: Server) -> None:
    status, said = ask(closed, "GET", path)
    assert status == 404
    assert closed.token not in str(said)
    assert ask(closed, "POST", f"{path}review", APPROVE)[0] == 404


def test_while_a_run_has_the_lock_nothing_is_answered(closed: Server, kept: Line) -> None:
    seen = packet(closed)
    with closed.open().writing("another run"):
        status, said = ask(closed, "POST", f"/{closed.token}/review", {**APPROVE, "seen": seen})
    assert (status, "the line is in use by" in said["error"]) == (409, True)
    assert "1-review" not in kept.entries("limit")
