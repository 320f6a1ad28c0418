"""OpenAI's responses, as codex speaks them: always streamed."""

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

NAME = "responses"


def answers(path: str) -> bool:
    return path.endswith("/responses")


def read(path: str, body: Mapping[str, Any]) -> Asked:
    del path
    items = body.get("input") or []
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    system = [flat(body.get("instructions"))]
    turns: list[Turn] = []
    for item in items:
        kind = item.get("type", "message")
        if kind == "message" and item["role"] in ("developer", "system"):
            system.append(flat(item["content"]))
        elif kind == "message":
            turns.append(Turn(role=item["role"], text=flat(item["content"])))
        elif kind.endswith("_output"):
            turns.append(Turn(role="tool", text=flat(item.get("output"))))
        elif kind.endswith("_call"):
            turns.append(Turn(role="assistant", text=str(item.get("name"))))
    return Asked(
        model=body["model"],
        stream=bool(body.get("stream")),
        system="\n".join(system),
        turns=merged(turns),
        tools=frozenset(tool.get("name", tool["type"]) for tool in body.get("tools") or ()),
    )


def bills(usage: Usage) -> Usage:
    return usage


def whole(asked: Asked, answer: Answer, usage: Usage, number: int) -> Mapping[str, Any]:
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1_700_000_000 + number,
        "status": "completed",
        "model": asked.model,
        "output": _items(answer, number),
        "usage": _usage(usage),
    }


def frames(asked: Asked, answer: Answer, usage: Usage, number: int) -> Iterable[bytes]:
    frames = Frames()

    def add(kind: str, **more: Any) -> None:
        frames.add({"type": kind, **more}, event=kind)

    done = whole(asked, answer, usage, number)
    add("response.created", response={**done, "status": "in_progress", "output": [], "usage": None})
    for index, item in enumerate(_items(answer, number)):
        if item["type"] == "message":
            add("response.output_item.added", output_index=index, item={**item, "content": []})
            for piece in halves(answer.text):
                add(
                    "response.output_text.delta",
                    output_index=index,
                    item_id=item["id"],
                    delta=piece,
                )
        add("response.output_item.done", output_index=index, item=item)
    add("response.completed", response=done)
    return frames.sent


def refusal(refusal: Refusal) -> Mapping[str, Any]:
    kind = {401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(refusal.status, "server_error")
    return {"error": {"message": refusal.message, "type": kind, "code": kind, "param": None}}


def _items(answer: Answer, number: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if answer.text:
        content = [{"type": "output_text", "text": answer.text, "annotations": []}]
        items.append(
            {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": content}
        )
    return items + [_call(call, index, number) for index, call in enumerate(answer.calls)]


def _call(call: Call, index: int, number: int) -> dict[str, Any]:
    named = {"call_id": f"call_{number}_{index}", "name": call.name, "status": "completed"}
    if isinstance(call.arguments, str):
        return {"type": "custom_tool_call", "id": f"ctc_{number}_{index}", **named} | {
            "input": call.arguments
        }
    return {"type": "function_call", "id": f"fc_{number}_{index}", **named} | {
        "arguments": json.dumps(call.arguments)
    }


def _usage(usage: Usage) -> Mapping[str, Any]:
    whole_input = usage.input + usage.cache_read + usage.cache_write
    return {
        "input_tokens": whole_input,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write,
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": whole_input + usage.output,
    }
