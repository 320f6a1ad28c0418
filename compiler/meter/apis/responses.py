"""OpenAI's responses: the last event holds the whole response with its usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factoryline.meter.apis.base import Reading, Usage, count, error_of, part, word

NAME = "responses"


def answers(path: str) -> bool:
    return path.endswith("/responses")


def read(value: Mapping[str, Any]) -> Reading:
    # An event carries the response; unstreamed, it is the response itself.
    response = part(value, "response") or value
    kind = word(value.get("code")) if value.get("type") == "error" else ""
    return Reading(
        usage=_usage(part(response, "usage")),
        model=word(response.get("model")),
        error=error_of(response) or kind,
    )


def _usage(told: Mapping[str, Any]) -> Usage:
    whole = count(told, "input_tokens")
    if whole is None:
        return Usage()
    details = part(told, "input_tokens_details")
    cached = count(details, "cached_tokens") or 0
    written = count(details, "cache_write_tokens") or 0
    return Usage(
        input=max(0, whole - cached - written),
        cache_read=cached,
        cache_write=written,
        output=count(told, "output_tokens"),
    )
