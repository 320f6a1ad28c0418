"""OpenAI's chat completions, and the many that speak like them.

A stream ends with a usage chunk only where the request asked for one; otherwise it is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factoryline.meter.apis.base import Reading, Usage, count, error_of, part, word

NAME = "chat"


def answers(path: str) -> bool:
    return path.endswith(("/chat/completions", "/completions", "/embeddings"))


def read(value: Mapping[str, Any]) -> Reading:
    return Reading(
        usage=_usage(part(value, "usage")),
        model=word(value.get("model")),
        error=error_of(value),
    )


def _usage(told: Mapping[str, Any]) -> Usage:
    prompt = count(told, "prompt_tokens")
    if prompt is None:
        return Usage()
    details = part(told, "prompt_tokens_details")
    # DeepSeek counts its cache beside the details.
    cached = count(details, "cached_tokens") or count(told, "prompt_cache_hit_tokens") or 0
    written = count(details, "cache_write_tokens") or 0
    output = count(told, "completion_tokens") or 0
    total = count(told, "total_tokens")
    # Some leave the reasoning out of the completion, and count it in the total alone.
    output = max(output, total - prompt) if total is not None else output
    return Usage(
        input=max(0, prompt - cached - written),
        cache_read=cached,
        cache_write=written,
        output=output,
    )
