"""What people and agents add to a post-run note after it was written. It shapes no stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

REMARKED = "remarked"
"""The event of a history that holds a remark."""

HEAD = "\n## Remarks\n"


def placed(note: str, events: Iterable[Mapping[str, Any]]) -> str:
    """A note with all remarks at its end, in place of those that it has."""
    said = [event for event in events if event["event"] == REMARKED]
    note = note.partition(HEAD)[0].rstrip("\n") + "\n"
    if not said:
        return note
    lines = (f"- {one['at'][:10]}, {one['by']}: {_indented(one['why'])}" for one in said)
    return "\n".join([note.rstrip("\n"), HEAD, *lines, ""])


def _indented(text: str) -> str:
    """A remark of several lines as one item of a list."""
    return "\n  ".join(text.strip().splitlines())
