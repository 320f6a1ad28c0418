"""Google's generateContent, as gemini speaks it. The model's name stands in the path."""

from __future__ import annotations

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

NAME = "gemini"

ROLES = {"user": "user", "model": "assistant"}


def answers(path: str) -> bool:
    return path.endswith((":generateContent", ":streamGenerateContent"))


def read(path: str, body: Mapping[str, Any]) -> Asked:
    model, _, verb = path.rpartition("/")[2].partition(":")
    tools = [f for tool in body.get("tools") or () for f in tool.get("functionDeclarations", ())]
    return Asked(
        model=model,
        stream=verb == "streamGenerateContent",
        system=flat((body.get("systemInstruction") or {}).get("parts")),
        turns=merged(_turn(content) for content in body.get("contents", ())),
        tools=frozenset(tool["name"] for tool in tools),
    )


def bills(usage: Usage) -> Usage:
    return Usage(input=usage.input, cache_read=usage.cache_read, output=usage.output)


def whole(asked: Asked, answer: Answer, usage: Usage, number: int) -> Mapping[str, Any]:
    return _chunk(asked, _parts(answer), usage, number, finish="STOP")


def frames(asked: Asked, answer: Answer, usage: Usage, number: int) -> Iterable[bytes]:
    frames = Frames()
    for piece in halves(answer.text):
        frames.add(_chunk(asked, [{"text": piece}], Usage(input=usage.input), number))
    calls = [part for part in _parts(answer) if "functionCall" in part]
    frames.add(_chunk(asked, calls or [{"text": ""}], usage, number, finish="STOP"))
    return frames.sent


def refusal(refusal: Refusal) -> Mapping[str, Any]:
    kind = {401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED"}.get(refusal.status, "INTERNAL")
    return {"error": {"code": refusal.status, "message": refusal.message, "status": kind}}


def _turn(content: Mapping[str, Any]) -> Turn:
    parts = content.get("parts", ())
    answered = [part["functionResponse"] for part in parts if "functionResponse" in part]
    if answered:
        return Turn(role="tool", text="\n".join(str(one.get("response")) for one in answered))
    return Turn(role=ROLES[content.get("role", "user")], text=flat(list(parts)))


def _parts(answer: Answer) -> list[dict[str, Any]]:
    text = [{"text": answer.text}] if answer.text else []
    return [*text, *(_call(call) for call in answer.calls)]


def _call(call: Call) -> dict[str, Any]:
    return {"functionCall": {"name": call.name, "args": call.arguments}}


def _chunk(
    asked: Asked, parts: list[Any], usage: Usage, number: int, finish: str | None = None
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": parts}}
    if finish:
        candidate["finishReason"] = finish
    prompt = usage.input + usage.cache_read
    return {
        "responseId": f"r{number}",
        "modelVersion": asked.model,
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": prompt,
            "cachedContentTokenCount": usage.cache_read,
            "candidatesTokenCount": usage.output,
            "totalTokenCount": prompt + usage.output,
        },
    }
