"""The scripted provider says what it is told, in each API's words, and its books are right."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.conftest import ROOT
from tests.provider.base import Answer, Fault, Refusal, Slow, Stalled, Torn, Usage
from tests.provider.hands import Look, Say, Shell, Write
from tests.provider.script import Part, Script, Step
from tests.provider.server import Provider

USAGE = Usage(input=100, cache_read=20, cache_write=3, output=7)

Body = dict[str, Any]


def chat(*said: str, tools: tuple[str, ...] = ("save", "shell", "complete")) -> Body:
    roles = ("user", "assistant")
    return {
        "model": "m",
        "messages": [{"role": "system", "content": "You work."}]
        + [{"role": roles[n % 2], "content": text} for n, text in enumerate(said)],
        "tools": [{"type": "function", "function": {"name": name}} for name in tools],
    }


def responses(*said: str) -> Body:
    roles = ("user", "assistant")
    items = [
        {"type": "message", "role": roles[n % 2], "content": [{"type": "input_text", "text": text}]}
        for n, text in enumerate(said)
    ]
    tools = [{"type": "function", "name": "exec_command"}, {"type": "web_search"}]
    return {"model": "m", "instructions": "You work.", "input": items, "tools": tools}


def messages(*said: str) -> Body:
    roles = ("user", "assistant")
    turns = [{"role": roles[n % 2], "content": text} for n, text in enumerate(said)]
    tools = [{"name": "Write"}, {"name": "Bash"}, {"name": "Read"}]
    return {"model": "m", "system": "You work.", "messages": turns, "tools": tools}


def gemini(*said: str) -> Body:
    roles = ("user", "model")
    turns = [{"role": roles[n % 2], "parts": [{"text": text}]} for n, text in enumerate(said)]
    tools = [{"functionDeclarations": [{"name": "write_file"}, {"name": "run_shell_command"}]}]
    return {"contents": turns, "tools": tools, "systemInstruction": {"parts": [{"text": "You"}]}}


def said_in_chat(events: list[Body]) -> tuple[str, list[str], Body]:
    deltas = [event["choices"][0]["delta"] for event in events if event["choices"]]
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    names = [call["function"]["name"] for call in calls if "id" in call]
    arguments = "".join(call["function"]["arguments"] for call in calls if "id" not in call)
    text = "".join(delta.get("content") or "" for delta in deltas)
    return text, [*names, *([arguments] if arguments else [])], events[-1]["usage"]


def said_in_responses(events: list[Body]) -> tuple[str, list[str], Body]:
    text = "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta")
    items = [e["item"] for e in events if e["type"] == "response.output_item.done"]
    calls = [item for item in items if item["type"] == "function_call"]
    shown = [word for call in calls for word in (call["name"], call["arguments"])]
    return text, shown, events[-1]["response"]["usage"]


def said_in_messages(events: list[Body]) -> tuple[str, list[str], Body]:
    deltas = [e["delta"] for e in events if e["type"] == "content_block_delta"]
    starts = [e["content_block"] for e in events if e["type"] == "content_block_start"]
    names = [block["name"] for block in starts if block["type"] == "tool_use"]
    arguments = "".join(delta.get("partial_json", "") for delta in deltas)
    usage = events[0]["message"]["usage"] | next(e["usage"] for e in events if "usage" in e)
    text = "".join(delta.get("text", "") for delta in deltas)
    return text, [*names, *([arguments] if arguments else [])], usage


def said_in_gemini(events: list[Body]) -> tuple[str, list[str], Body]:
    parts = [p for e in events for p in e["candidates"][0]["content"]["parts"]]
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    shown = [word for call in calls for word in (call["name"], json.dumps(call["args"]))]
    return "".join(p.get("text", "") for p in parts), shown, events[-1]["usageMetadata"]


APIS = {
    "chat": ("/v1/chat/completions", chat, said_in_chat),
    "responses": ("/v1/responses", responses, said_in_responses),
    "messages": ("/v1/messages?beta=true", messages, said_in_messages),
    "gemini": ("/v1beta/models/m:streamGenerateContent?alt=sse", gemini, said_in_gemini),
}

WORDS = {
    "chat": {"prompt_tokens": 120, "completion_tokens": 7},
    "responses": {"input_tokens": 123, "output_tokens": 7},
    "messages": {"input_tokens": 100, "cache_creation_input_tokens": 3, "output_tokens": 7},
    "gemini": {"promptTokenCount": 120, "cachedContentTokenCount": 20, "candidatesTokenCount": 7},
}


@pytest.fixture
def play() -> Iterator[Callable[..., Provider]]:
    """A provider that plays parts, until the test is over."""
    running: list[Provider] = []

    def start(*parts: Part) -> Provider:
        running.append(Provider(Script(parts)).__enter__())
        return running[-1]

    yield start
    for provider in running:
        provider.__exit__()


def ask(provider: Provider, path: str, body: Body, *, stream: bool = True) -> list[Body]:
    """The events of an answer, or the one value of an answer that is not streamed."""
    data = json.dumps(body | ({"stream": True} if stream else {})).encode()
    with urllib.request.urlopen(provider.url + path, data=data, timeout=10) as answer:
        text = answer.read().decode()
    if not stream:
        return [json.loads(text)]
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


@pytest.mark.parametrize("api", APIS)
def test_a_text_and_its_tokens(api: str, play: Callable[..., Provider]) -> None:
    path, body, said = APIS[api]
    provider = play(Part("TASK", [Answer(text="Grüße — done", usage=USAGE)]))
    text, calls, usage = said(ask(provider, path, body("TASK: do it")))
    assert (text, calls) == ("Grüße — done", [])
    assert WORDS[api].items() <= usage.items()
    (request,) = provider.books.requests
    assert request.whole
    assert "TASK: do it" in request.asked.text
    assert "You" in request.asked.system
    assert provider.books.total().output == 7


@pytest.mark.parametrize("api", APIS)
def test_an_edit_in_the_tools_on_offer(api: str, play: Callable[..., Provider]) -> None:
    path, body, said = APIS[api]
    provider = play(Part("TASK", [Write("a b.txt", "x\n"), Say("Done.")]))
    text, (name, arguments), _ = said(ask(provider, path, body("TASK")))
    assert text == ""
    assert name in ("save", "exec_command", "Write", "write_file")
    assert "a b.txt" in arguments
    # The conversation itself says how far it has come.
    assert said(ask(provider, path, body("TASK", "I write.", "It is written.")))[0] == "Done."


@pytest.mark.parametrize("api", ["chat", "responses", "messages"])
def test_an_answer_that_is_not_streamed(api: str, play: Callable[..., Provider]) -> None:
    path, body, _ = APIS[api]
    provider = play(Part("TASK", [Answer(text="Hello", usage=USAGE)]))
    (value,) = ask(provider, path, body("TASK"), stream=False)
    assert "Hello" in json.dumps(value)
    assert WORDS[api].items() <= value["usage"].items()


def test_a_program_without_tools_gets_all_edits_at_once(play: Callable[..., Provider]) -> None:
    steps: list[Step] = [Look("a.py"), Write("a.py", "x = 1\n"), Shell("pytest"), Say("Done.")]
    provider = play(Part("TASK", steps))
    text, _, _ = said_in_chat(ask(provider, "/v1/chat/completions", chat("TASK", tools=())))
    assert text == "a.py\n```\nx = 1\n```\n\nDone."


def test_the_last_brief_chooses_the_part(play: Callable[..., Provider]) -> None:
    provider = play(Part("SCOUT", [Say("a memo")]), Part("BUILD", [Say("a change")]))
    path = "/v1/chat/completions"
    assert said_in_chat(ask(provider, path, chat("SCOUT", "a memo", "BUILD")))[0] == "a change"
    assert said_in_chat(ask(provider, path, chat("SCOUT")))[0] == "a memo"
    assert "no part" in said_in_chat(ask(provider, path, chat("?")))[0]


def test_a_step_may_look_at_the_brief(play: Callable[..., Provider]) -> None:
    provider = play(Part("TASK", [lambda asked: Say(asked.turns[-1].text.partition("in ")[2])]))
    assert said_in_messages(ask(provider, "/v1/messages", messages("TASK in /a")))[0] == "/a"


def test_a_title_is_beside_the_task(play: Callable[..., Provider]) -> None:
    provider = play(Part("TASK", [Say("Done.")], faults=[Refusal(status=500)]))
    body = chat("TASK", tools=())
    body["messages"][0]["content"] = "Generate a title."
    ask(provider, "/v1/chat/completions", body)
    assert [request.side for request in provider.books.requests] == [True]
    assert provider.books.billed(side=False) == ()


@pytest.mark.parametrize("api", APIS)
def test_a_refusal_costs_nothing_and_comes_once(api: str, play: Callable[..., Provider]) -> None:
    path, body, said = APIS[api]
    fault = Refusal(status=429, message="later", retry_after=17)
    provider = play(Part("TASK", [Say("Done.")], faults=[fault]))
    with pytest.raises(HTTPError) as told:
        ask(provider, path, body("TASK"))
    with told.value as error:
        assert (error.code, error.headers["retry-after"]) == (429, "17")
        assert b"later" in error.read()
    assert provider.books.total() == Usage()
    assert said(ask(provider, path, body("TASK")))[0] == "Done."
    assert len(provider.books.requests) == 2


@pytest.mark.parametrize("api", APIS)
def test_a_stream_that_breaks_off_is_billed(api: str, play: Callable[..., Provider]) -> None:
    path, body, _ = APIS[api]
    step = Answer(text="Done.", usage=USAGE)
    provider = play(Part("TASK", [step], faults=[Torn(after=1)]))
    with pytest.raises(http.client.IncompleteRead):
        ask(provider, path, body("TASK"))
    (request,) = provider.books.billed()
    assert not request.whole
    assert provider.books.total().input == 100


@pytest.mark.parametrize("fault", [Stalled(after=1, seconds=0.4), Slow(seconds=0.4)])
def test_a_stream_that_stands_still(fault: Fault, play: Callable[..., Provider]) -> None:
    provider = play(Part("TASK", [Say("Done.")], faults=[fault]))
    data = json.dumps(chat("TASK") | {"stream": True}).encode()
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(provider.url + "/v1/chat/completions", data=data, timeout=0.2).read()


def test_what_is_no_api_is_noted(play: Callable[..., Provider]) -> None:
    provider = play()
    for path in ("/v1/nothing", "/v1/nowhere"):
        with pytest.raises(HTTPError) as told:
            urllib.request.urlopen(provider.url + path, timeout=10)
        told.value.close()
    assert provider.books.strange == ["GET /v1/nothing", "GET /v1/nowhere"]
    host = provider.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("HEAD", "/")
    assert connection.getresponse().status == 200
    connection.close()


def test_by_hand() -> None:
    argv = [sys.executable, "-m", "tests.provider", "--say", "Hello."]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().split()[0]
        data = json.dumps(chat("anything") | {"stream": True}).encode()
        with urllib.request.urlopen(url + "/v1/chat/completions", data=data, timeout=10) as answer:
            assert b"Hel" in answer.read()
        assert "1 chat m [complete save shell]" in process.stdout.readline()
        process.terminate()
