"""Random edits of JSON values, and digests made right again, as a program would write them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from factoryline.ledger.history import FIRST
from factoryline.system import files

DEEP = 3000
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    0.5,
    10**30,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    "..",
    "../../../etc/passwd",
    "/etc/passwd",
    "a\0b",
    "\x1b[31m",
    "\ud800",
    "\u2028",
    "a\nb",
    "-x",
    "--help",
    "HEAD",
    "y" * 100_000,
    "sha256:" + "0" * 64,
    "2099-12-31T23:59:59Z",
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+14:00",
    "2026-11-25T10:00:00+05:30",
    "2026-11-25T10:00:00",
    "yesterday",
    [],
    {},
    [None],
    [[]],
    {"": None},
    {"a": {"b": [1]}},
)
"""What may stand where something else belongs."""


def edited(random: Random, value: Any) -> tuple[Any, str]:
    """A copy of a JSON value with one thing changed in it, and what that is."""
    value = copy.deepcopy(value)
    places = list(_places(value))
    if not places or random.random() < 0.03:
        return random.choice(ODD), "another value"
    holder, key, path = random.choice(places)
    match random.choice(("odd", "odd", "odd", "drop", "nest", "add", "double", "swap", "deep")):
        case "odd":
            holder[key] = random.choice(ODD)
            return value, f"{path} = {holder[key]!r:.60}"
        case "drop":
            del holder[key]
            return value, f"{path} dropped"
        case "nest":
            holder[key] = random.choice(([holder[key]], {"value": holder[key]}))
            return value, f"{path} nested"
        case "add" if isinstance(holder, dict):
            holder["an unknown key"] = random.choice(ODD)
            return value, f"a key beside {path}"
        case "deep":
            holder[key] = json.loads("[" * 900 + "]" * 900)
            return value, f"{path} nested deeply"
        case "swap":
            other, name, place = random.choice(places)
            holder[key] = copy.deepcopy(other[name])
            return value, f"{path} is what {place} is"
        case _ if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
            return value, f"{path} doubled"
        case _:
            holder[key] = {"text": holder[key]}
            return value, f"{path} in a mapping"


def _places(value: Any, path: str = "") -> Iterator[tuple[Any, Any, str]]:
    """Every place in a value where something stands: its holder, its key, and its path."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in list(pairs):
        yield value, key, f"{path}.{key}"
        yield from _places(item, f"{path}.{key}")


def entry_made_right(value: Any) -> Any:
    """An entry whose digests fit its content, as far as it still is one."""
    try:
        value["digest"] = files.digest_json(value["handoff"])
        digests = {name: one["digest"] for name, one in value["inputs"].items()}
        value["key"] = files.digest_json(digests)
    except (TypeError, KeyError, AttributeError, ValueError, RecursionError):
        pass
    return value


def chained(events: list[Any]) -> list[str]:
    """Lines of a history that follow from each other."""
    lines: list[str] = []
    for number, event in enumerate(events, start=1):
        if isinstance(event, dict):
            last = files.digest_bytes(lines[-1].encode(errors="replace")) if lines else FIRST
            event = {**event, "n": number, "previous": last}
        lines.append(json.dumps(event))
    return lines
