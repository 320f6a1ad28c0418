"""Where each API says what an answer used. The shapes are those of the providers' references."""

from __future__ import annotations

from typing import Any

import pytest
from factoryline.meter.apis import chat, gemini, messages, responses
from factoryline.meter.apis.base import Api, Reading, Usage
from factoryline.meter.apis.table import api_of


def read(api: Api, *values: dict[str, Any]) -> Reading:
    reading = Reading()
    for value in values:
        reading = reading.then(api.read(value))
    return reading


def usage(fresh: int, cache_read: int, cache_write: int, output: int | None) -> Usage:
    return Usage(input=fresh, cache_read=cache_read, cache_write=cache_write, output=output)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/chat/completions", "chat"),
        ("/openai/deployments/x/chat/completions?api-version=1", "chat"),
        ("/v1/embeddings", "chat"),
        ("/v1/responses", "responses"),
        ("/v1/responses/", "responses"),
        ("/v1/messages?beta=true", "messages"),
        ("/v1/projects/p/models/claude:streamRawPredict", "messages"),
        ("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "gemini"),
        ("/v1/messages/count_tokens", None),
        ("/v1/models", None),
        ("/", None),
    ],
)
def test_the_path_tells_the_api(path: str, name: str | None) -> None:
    found = api_of(path)
    assert (found.NAME if found else None) == name


def test_chat_counts_cached_tokens_within_the_prompt() -> None:
    told: dict[str, Any] = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107}
    told |= {"prompt_tokens_details": {"cached_tokens": 60}}
    reading = read(chat, {"model": "m", "usage": None}, {"model": "m", "usage": told})
    assert reading == Reading(usage=usage(40, 60, 0, 7), model="m")


def test_chat_with_a_cache_beside_the_details() -> None:
    told = {"prompt_tokens": 100, "completion_tokens": 7, "prompt_cache_hit_tokens": 90}
    assert read(chat, {"usage": told}).usage == usage(10, 90, 0, 7)


def test_chat_with_reasoning_in_the_total_alone() -> None:
    told = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 150}
    assert read(chat, {"usage": told}).usage == usage(100, 0, 0, 50)


def test_chat_without_a_usage_chunk_is_unknown() -> None:
    assert read(chat, {"model": "m", "choices": []}).usage == Usage()


def test_responses_tell_it_at_their_end() -> None:
    told = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 20},
        "output_tokens": 9,
    }
    begun = {"type": "response.created", "response": {"model": "m", "usage": None}}
    ended = {"type": "response.completed", "response": {"model": "m", "usage": told}}
    assert read(responses, begun).usage == Usage()
    assert read(responses, begun, ended) == Reading(usage=usage(50, 30, 20, 9), model="m")
    assert read(responses, {"object": "response", "usage": told}).usage == usage(50, 30, 20, 9)


def test_a_response_that_failed_says_why() -> None:
    error = {"code": "rate_limit_exceeded", "message": "Rate limit of sk-abc reached"}
    failed = {"type": "response.failed", "response": {"error": error, "usage": None}}
    assert read(responses, failed).error == "rate_limit_exceeded"
    assert read(responses, {"type": "error", "code": "server_error"}).error == "server_error"


def test_messages_tell_the_input_first_and_the_output_last() -> None:
    begun = {
        "type": "message_start",
        "message": {
            "model": "m",
            "usage": {
                "input_tokens": 3,
                "cache_creation_input_tokens": 20,
                "cache_read_input_tokens": 100,
                "output_tokens": 1,
            },
        },
    }
    assert read(messages, begun).usage == usage(3, 100, 20, None)
    ended = {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 42}}
    assert read(messages, begun, ended) == Reading(usage=usage(3, 100, 20, 42), model="m")
    again = {"type": "message_delta", "usage": {"input_tokens": 5, "output_tokens": 42}}
    assert read(messages, begun, again).usage.input == 5


def test_a_message_in_one_piece() -> None:
    value = {"type": "message", "model": "m", "usage": {"input_tokens": 3, "output_tokens": 4}}
    assert read(messages, value) == Reading(usage=usage(3, 0, 0, 4), model="m")


def test_gemini_tells_it_in_every_chunk_and_bills_the_last() -> None:
    first = {"usageMetadata": {"promptTokenCount": 50, "candidatesTokenCount": 2}}
    last = {
        "modelVersion": "gemini-2.5-flash",
        "candidates": [{"finishReason": "STOP"}],
        "usageMetadata": {
            "promptTokenCount": 50,
            "cachedContentTokenCount": 20,
            "toolUsePromptTokenCount": 4,
            "candidatesTokenCount": 5,
            "thoughtsTokenCount": 6,
        },
    }
    assert read(gemini, first).usage == usage(50, 0, 0, None)
    assert read(gemini, first, last) == Reading(
        usage=usage(34, 20, 0, 11), model="gemini-2.5-flash"
    )


def test_gemini_says_in_the_error_how_long_to_wait() -> None:
    error = {
        "code": 429,
        "status": "RESOURCE_EXHAUSTED",
        "message": "quota",
        "details": [{"@type": "RetryInfo", "retryDelay": "34.5s"}],
    }
    assert read(gemini, {"error": error}) == Reading(error="RESOURCE_EXHAUSTED", retry_after=34.5)


@pytest.mark.parametrize("api", [chat, responses, messages, gemini])
@pytest.mark.parametrize(
    "value",
    [
        {},
        {"usage": 3, "model": 4, "error": 5},
        {"usage": {"prompt_tokens": "many", "input_tokens": True}},
        {"usageMetadata": [], "candidates": [None], "message": "x", "response": []},
        {"error": {"code": "Incorrect API key provided: sk-abc", "type": None}},
        {"candidates": {"a": 1}, "error": {"details": "x"}},
    ],
)
def test_odd_answers_say_nothing(api: Api, value: dict[str, Any]) -> None:
    reading = api.read(value)
    assert reading.usage == Usage()
    assert reading.error == ""
