from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from urllib.request import Request, urlopen

from server.app import App
from server.config import load_config
from server.listen import Listener
from tests.browser import browse, value
from tests.stub_provider import StubProvider


def test_health_needs_no_provider(empty_config: Path) -> None:
    assert value(browse(empty_config).get("/api/v2/health")) == {"status": "ok"}


def test_status_names_provider_and_model_but_not_the_key(config: Path) -> None:
    response = browse(config).get("/api/v2/status")
    assert value(response)["provider"] == "openai"
    assert value(response)["model"] == "gpt-4o-mini"
    assert b"sk-test" not in response.body


def test_a_message_is_answered_and_kept(config: Path, provider: StubProvider) -> None:
    browser = browse(config)
    posted = browser.post("/api/v2/messages", {"text": "Hello"})
    assert posted.status == 201
    assert [message["text"] for message in value(posted)["messages"]] == [
        "Hello",
        "You said: Hello",
    ]
    assert provider.keys == ["sk-test"]
    listed = value(browser.get("/api/v2/conversations"))["conversations"]
    assert listed == [{"id": value(posted)["id"], "title": "Hello"}]


def test_a_conversation_goes_on(config: Path, provider: StubProvider) -> None:
    browser = browse(config)
    id = value(browser.post("/api/v2/messages", {"text": "One"}))["id"]
    browser.post("/api/v2/messages", {"text": "Two", "conversation_id": id})
    shown = value(browser.get(f"/api/v2/conversations/{id}"))
    assert len(shown["messages"]) == 4
    assert len(provider.questions[1]["messages"]) == 3


def test_without_a_provider_there_is_no_answer(empty_config: Path) -> None:
    browser = browse(empty_config)
    assert browser.post("/api/v2/messages", {"text": "Hello"}).status == 503
    assert value(browser.get("/api/v2/conversations")) == {"conversations": []}


def test_a_failing_provider_leaves_no_trace(config: Path, provider: StubProvider) -> None:
    provider.status = 401
    browser = browse(config)
    response = browser.post("/api/v2/messages", {"text": "Hello"})
    assert (response.status, value(response)["error"]) == (502, "openai answered with status 401.")
    assert value(browser.get("/api/v2/conversations")) == {"conversations": []}


def test_bad_requests_are_refused(config: Path) -> None:
    browser = browse(config)
    assert browser.get("/api/v2/nothing").status == 404
    assert browser.get("/api/v2/messages").status == 405
    assert browser.get("/api/v2/conversations/unknown").status == 404
    assert browser.post("/api/v2/messages", {"text": " "}).status == 400
    assert browser.post("/api/v2/messages", ["text"]).status == 400
    assert browser.submit("/api/v2/messages", text="Hello").status == 415


def test_foreign_sites_are_refused(config: Path) -> None:
    browser = browse(config)
    assert browser.get("/api/v2/conversations", host="parley.example:80").status == 403
    posted = browser.post("/api/v2/messages", {"text": "Hi"}, origin="http://parley.example")
    assert posted.status == 403


def test_the_listener_speaks_http(config: Path) -> None:
    with Listener(App(load_config(config, {}))) as listener:
        Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        request = Request(
            f"http://127.0.0.1:{listener.server_port}/api/v2/messages",
            data=b'{"text": "Hello"}',
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request) as response:
            assert json.load(response)["title"] == "Hello"
        listener.shutdown()
