"""Anthropic's messages: the input is told at the start of a stream, the output at its end.

`input_tokens` leaves the caches out already. Clouds offer the same under `:rawPredict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factoryline.meter.apis.base import Reading, Usage, count, error_of, part, word

NAME = "messages"


def answers(path: str) -> bool:
    return path.endswith(("/messages", ":rawPredict", ":streamRawPredict"))


def read(value: Mapping[str, Any]) -> Reading:
    message = part(value, "message") or value
    begins = value.get("type") == "message_start"
    return Reading(
        usage=_usage(part(message, "usage"), begins=begins, ends=not begins),
        model=word(message.get("model")),
        error=error_of(value),
    )


def _usage(told: Mapping[str, Any], *, begins: bool, ends: bool) -> Usage:
    if not told:
        return Usage()
    fresh = count(told, "input_tokens")
    # At its start a message tells all of its input: a cache that is not named had no part in it.
    absent = 0 if begins or fresh is not None else None
    read, written = (
        count(told, name) for name in ("cache_read_input_tokens", "cache_creation_input_tokens")
    )
    return Usage(
        input=fresh,
        cache_read=absent if read is None else read,
        cache_write=absent if written is None else written,
        # What stands at the start is the first token or so, and not what is billed.
        output=count(told, "output_tokens") if ends else None,
    )
