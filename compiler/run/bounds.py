"""A brief that fits: what may be left out of it is cut, in a fixed order, until it does.

The goal, the rules, the surfaces and the hand-off's schema are never cut. What is cut, and by how
much, is said in the brief itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LIMIT = 48_000
"""Bytes of a brief in UTF-8. One argument of a program holds 128 KiB on Linux."""

Values = dict[str, Any]
Show = Callable[[Mapping[str, Any], tuple[str, ...]], str]
"""Values, and what was cut of them, to the text of a brief."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that may be cut: the value at `place` among those that a brief is made from.

    A value is a text, or a list of texts or mappings. least: the bytes that stay in the first
    pass. keep: whether its head or its tail tells more. field: of mappings, the only one to cut.
    """

    name: str
    place: tuple[str | int, ...]
    least: int
    keep: str = "head"
    field: str = ""


def size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode("utf-8", "replace"))


def bounded(show: Show, values: Values, *, limit: int = LIMIT) -> tuple[str, tuple[str, ...]]:
    """A brief of at most `limit` bytes, and what was cut of it, a phrase each.

    Without what may be cut it may still be longer; that is for the caller to see.
    """
    said: dict[str, str] = {}
    whole, values = values, copy.deepcopy(values)
    text = show(values, ())
    for first in (True, False):
        for part in parts(values):
            least = part.least if first else 0
            while (over := size(text) - limit) > 0:
                before = _at(values, part.place)
                now = weight(before, part.field)
                # More than what is over, since that something was cut has to be said as well.
                after = cut(before, part, max(least, now - over - 300))
                if weight(after, part.field) >= now:
                    break
                _put(values, part.place, after)
                told = _said(part, _at(whole, part.place), after)
                shorter = show(values, tuple((said | {part.name: told}).values()))
                if size(shorter) >= size(text):
                    # The template does not show this value, or not more of it than its cut.
                    _put(values, part.place, before)
                    break
                text, said[part.name] = shorter, told
    return text, tuple(said.values())


def parts(values: Values) -> list[Part]:
    """All that may be cut, in the order in which it is."""
    feedback = values.get("feedback") or {}
    found = []
    if feedback:
        items = ("feedback", "items")
        found.append(
            Part(name="the output of checks", place=items, least=1500, keep="tail", field="output")
        )
    found += [
        Part(name="what earlier rounds had left", place=("earlier",), least=1000, keep="tail"),
        Part(name="the note of the artifact before", place=("lessons",), least=1000),
    ]
    for index, document in reversed(list(enumerate(values["documents"]))):
        name = f"the {document['contract']} of {document['stage']}"
        found.append(Part(name=name, place=("documents", index, "text"), least=5000))
    found.append(Part(name="the record", place=("record",), least=10_000))
    found.append(Part(name="the patch", place=("patch",), least=10_000))
    if feedback:
        found.append(Part(name=f"the feedback of {feedback['from']}", place=items, least=5000))
    found.append(Part(name="why it was sent back", place=("rejected",), least=3000))
    for index, selection in enumerate(values["artifact"]["verify"]):
        place = ("artifact", "verify", index)
        name = f"the command of {selection['scope']}"
        found.append(Part(name=name, place=(*place, "command"), least=500))
        name = f"the tests of {selection['scope']}"
        found.append(Part(name=name, place=(*place, "tests"), least=500))
    return found


def weight(value: Any, field: str = "") -> int:
    """The bytes of a value's texts, and a few for each that is listed; of one field, if given."""
    if isinstance(value, str):
        return size(value)
    if isinstance(value, list):
        own = 0 if field else 8 * len(value)
        return own + sum(weight(one[field] if field else one) for one in value)
    if isinstance(value, dict):
        return sum(map(weight, value.values()))
    return 0


def cut(value: Any, part: Part, most: int) -> Any:
    """A value of at most `most` bytes, as far as that can be: a marker of a cut stays."""
    if isinstance(value, str):
        return shortened(value, most, part.keep)
    if part.field:
        each = most // max(1, len(value))
        return [{**one, part.field: shortened(one[part.field], each, part.keep)} for one in value]
    # Long texts first, so that a list does not lose the rest of its items to one of them.
    for longest in (4000, 1000):
        if weight(value) > most:
            value = [_each(one, longest, part.keep) for one in value]
    return _items(value, most, part.keep)


def shortened(text: str, most: int, keep: str) -> str:
    """The head or the tail of a text, at most `most` bytes and a marker."""
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return text
    kept = (data[:most] if keep == "head" else data[len(data) - most :]).decode("utf-8", "ignore")
    # Half a line misleads; a line that is longer than all that is kept has to.
    whole = kept.rpartition("\n")[0] if keep == "head" else kept.partition("\n")[2]
    kept = whole if size(whole) > most // 2 else kept
    mark = "[…]"
    if kept.strip() in ("", mark):
        return mark if len(data) > len(mark.encode()) else ""
    kept = kept.removesuffix(f"\n{mark}").removeprefix(f"{mark}\n")
    return f"{kept}\n{mark}" if keep == "head" else f"{mark}\n{kept}"


def _items(value: list[Any], most: int, keep: str) -> list[Any]:
    """As many items as fit, from the front, or from the back where the oldest go first."""
    kept: list[Any] = []
    room = most
    for one in value if keep == "head" else reversed(value):
        room -= weight([one])
        if room < 0:
            break
        kept.append(one)
    return kept if keep == "head" else kept[::-1]


def _each(value: Any, longest: int, keep: str) -> Any:
    if isinstance(value, str):
        return shortened(value, longest, keep)
    if isinstance(value, list):
        return [_each(one, longest, keep) for one in value]
    if isinstance(value, dict):
        return {name: _each(one, longest, keep) for name, one in value.items()}
    return value


def _said(part: Part, before: Any, after: Any) -> str:
    kept, all = weight(after, part.field), weight(before, part.field)
    said = f"{part.name}: {kept:,} of {all:,} bytes are left"
    if isinstance(before, list) and len(after) < len(before):
        said += f", {len(after)} of {len(before)} items"
    return said


def _at(values: Any, place: Sequence[str | int]) -> Any:
    for step in place:
        values = values[step]
    return values


def _put(values: Any, place: Sequence[str | int], value: Any) -> None:
    _at(values, place[:-1])[place[-1]] = value
