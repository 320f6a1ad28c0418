"""Google's generateContent: every chunk tells the usage so far, the last one what is billed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from factoryline.meter.apis.base import Reading, Usage, count, error_of, part, word

NAME = "gemini"


def answers(path: str) -> bool:
    return path.endswith((":generateContent", ":streamGenerateContent"))


def read(value: Mapping[str, Any]) -> Reading:
    candidates = value.get("candidates") or []
    ended = bool(value.get("promptFeedback")) or any(
        isinstance(one, Mapping) and one.get("finishReason") for one in candidates
    )
    return Reading(
        usage=_usage(part(value, "usageMetadata"), ended=ended),
        model=word(value.get("modelVersion")),
        error=error_of(value),
        retry_after=_delay(part(value, "error")),
    )


def _usage(told: Mapping[str, Any], *, ended: bool) -> Usage:
    prompt = count(told, "promptTokenCount")
    if prompt is None:
        return Usage()
    cached = count(told, "cachedContentTokenCount") or 0
    tools = count(told, "toolUsePromptTokenCount") or 0
    said = (count(told, "candidatesTokenCount") or 0) + (count(told, "thoughtsTokenCount") or 0)
    return Usage(
        input=max(0, prompt - cached) + tools,
        cache_read=cached,
        cache_write=0,
        output=said if ended else None,
    )


def _delay(error: Mapping[str, Any]) -> float | None:
    """Seconds to wait: Google says so in the error itself, as `34.07s`, and in no header."""
    details = error.get("details")
    for detail in details if isinstance(details, list) else []:
        told = detail.get("retryDelay") if isinstance(detail, Mapping) else None
        if isinstance(told, str) and re.fullmatch(r"\d{1,9}(\.\d{1,9})?s", told):
            return float(told[:-1])
    return None
