"""OpenAI's chat completions, as gptme, opencode and aider speak them."""

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

NAME = "chat"

ROLES = {"user": "user", "assistant": "assistant", "tool": "tool"}


def answers(path: str) -> bool:
    return path.endswith("/chat/completions")


def read(path: str, body: Mapping[str, Any]) -> Asked:
    del path
    messages = body.get("messages", [])
    first = [m for m in messages if m["role"] in ("system", "developer")]
    spoken = [m for m in messages if m["role"] in ROLES]
    return Asked(
        model=body["model"],
        stream=bool(body.get("stream")),
        system="\n".join(flat(m.get("content")) for m in first),
        turns=merged(Turn(role=ROLES[m["role"]], text=flat(m.get("content"))) for m in spoken),
        tools=frozenset(tool["function"]["name"] for tool in body.get("tools") or ()),
    )


def bills(usage: Usage) -> Usage:
    return Usage(input=usage.input, cache_read=usage.cache_read, output=usage.output)


def whole(asked: Asked, answer: Answer, usage: Usage, number: int) -> Mapping[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        message["tool_calls"] = [_call(call, n, number) for n, call in enumerate(answer.calls)]
    choice = {"index": 0, "message": message, "finish_reason": _finish(answer)}
    return _envelope(asked, number, "chat.completion", [choice]) | {"usage": _usage(usage)}


def frames(asked: Asked, answer: Answer, usage: Usage, number: int) -> Iterable[bytes]:
    frames = Frames()

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        frames.add(_envelope(asked, number, "chat.completion.chunk", [choice]))

    chunk({"role": "assistant", "content": ""})
    for piece in halves(answer.text):
        chunk({"content": piece})
    for index, call in enumerate(answer.calls):
        made = _call(call, index, number)
        arguments = made["function"].pop("arguments")
        chunk({"tool_calls": [{**made, "index": index}]})
        for piece in halves(arguments):
            chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    chunk({}, _finish(answer))
    last = _envelope(asked, number, "chat.completion.chunk", [])
    frames.add(last | {"usage": _usage(usage)})
    frames.add("[DONE]")
    return frames.sent


def refusal(refusal: Refusal) -> Mapping[str, Any]:
    kind = {401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(refusal.status, "server_error")
    return {"error": {"message": refusal.message, "type": kind, "code": kind, "param": None}}


def _envelope(asked: Asked, number: int, kind: str, choices: list[Any]) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number}",
        "object": kind,
        "created": 1_700_000_000 + number,
        "model": asked.model,
        "choices": choices,
    }


def _call(call: Call, index: int, number: int) -> dict[str, Any]:
    return {
        "id": f"call_{number}_{index}",
        "type": "function",
        "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
    }


def _finish(answer: Answer) -> str:
    return "tool_calls" if answer.calls else "stop"


def _usage(usage: Usage) -> Mapping[str, Any]:
    prompt = usage.input + usage.cache_read
    return {
        "prompt_tokens": prompt,
        "completion_tokens": usage.output,
        "total_tokens": prompt + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
    }
