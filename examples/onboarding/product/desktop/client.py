"""The shell's side of the API: one GET, past any proxy, since the server is on this machine."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import ProxyHandler, build_opener

OPENER = build_opener(ProxyHandler({}))


class Unreachable(Exception):
    """Nobody answered, or not with a JSON object."""


def get_json(url: str, *, timeout: float = 5.0) -> dict[str, Any]:
    try:
        with OPENER.open(url, timeout=timeout) as response:
            value = json.load(response)
    except (OSError, ValueError) as error:
        raise Unreachable(f"{url}: {error}") from error
    if not isinstance(value, dict):
        raise Unreachable(f"{url}: expected an object")
    return value
