"""Anthropic's messages, as claude speaks them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.provider.base import (
    Answer,
    Asked,
    Call,
    Frames,
    Refusal,
    Turn,
    Usage,
    flat,
    halves,
    merged,
)

NAME = "messages"


def answers(path: str) -> bool:
    return path.endswith("/v1/messages")


def read(path: str, body: Mapping[str, Any]) -> Asked:
    del path
    return Asked(
        model=body["model"],
        stream=bool(body.get("stream")),
        system=flat(body.get("system")),
        turns=merged(turn for message in body["messages"] for turn in _turns(message)),
        tools=frozenset(tool["name"] for tool in body.get("tools") or ()),
    )


def bills(usage: Usage) -> Usage:
    return usage


def whole(asked: Asked, answer: Answer, usage: Usage, number: int) -> Mapping[str, Any]:
    text = [{"type": "text", "text": answer.text}] if answer.text else []
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": text + [_call(call, n, number) for n, call in enumerate(answer.calls)],
        "stop_reason": "tool_use" if answer.calls else "end_turn",
        "stop_sequence": None,
        "usage": _usage(usage),
    }


def frames(asked: Asked, answer: Answer, usage: Usage, number: int) -> Iterable[bytes]:
    frames = Frames()

    def add(kind: str, **more: Any) -> None:
        frames.add({"type": kind, **more}, event=kind)

    message = whole(asked, answer, usage, number)
    begun = {**_usage(usage), "output_tokens": 1}
    add("message_start", message={**message, "content": [], "stop_reason": None, "usage": begun})
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty, key, kind = {**block, "text": ""}, "text", "text_delta"
            pieces = halves(block["text"])
        else:
            empty, key, kind = {**block, "input": {}}, "partial_json", "input_json_delta"
            pieces = halves(json.dumps(block["input"]))
        add("content_block_start", index=index, content_block=empty)
        for piece in pieces:
            add("content_block_delta", index=index, delta={"type": kind, key: piece})
        add("content_block_stop", index=index)
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    add("message_delta", delta=stop, usage={"output_tokens": usage.output})
    add("message_stop")
    return frames.sent


def refusal(refusal: Refusal) -> Mapping[str, Any]:
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(refusal.status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": refusal.message}}


def _turns(message: Mapping[str, Any]) -> Iterable[Turn]:
    """A message's turns: what a tool answered comes in a message of the user."""
    content = message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    results = [part for part in parts if part["type"] == "tool_result"]
    if results:
        yield Turn(role="tool", text=flat(parts))
    else:
        names = [part["name"] for part in parts if part["type"] == "tool_use"]
        yield Turn(role=message["role"], text="\n".join([flat(parts), *names]))


def _call(call: Call, index: int, number: int) -> dict[str, Any]:
    assert not isinstance(call.arguments, str), "a tool's input is a mapping here"
    made = {"type": "tool_use", "id": f"toolu_{number}_{index}", "name": call.name}
    return {**made, "input": dict(call.arguments)}


def _usage(usage: Usage) -> Mapping[str, Any]:
    return {
        "input_tokens": usage.input,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation_input_tokens": usage.cache_write,
        "output_tokens": usage.output,
    }
