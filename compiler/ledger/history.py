"""Every attempt of an artifact, also the failed and the rejected ones, in one appended file.

Each line carries the digest of the line before it, so that a missing or changed line shows.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from factoryline.errors import WorldError
from factoryline.system import files, secrets

ENDS = ("finished", "failed", "rejected", "paused", "killed", "interrupted")
"""The events that end an attempt."""

FIRST = "sha256:" + "0" * 64
"""What the first line is chained to."""


def now() -> str:
    """This moment, ISO 8601 in UTC, to the second."""
    return stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """A moment, aware of its zone, as it stands in the history."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_attempt(event: dict[str, Any]) -> bool:
    """Whether an event is an attempt of its own; a failure that tells of a rejection is not."""
    return event["event"] in ENDS and not event.get("told")


class History:
    """The lines of one artifact at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, stage: str = "", **facts: Any) -> None:
        """Add a line. `facts` are JSON values; an empty one is left out, and secrets are masked."""
        facts = secrets.mask_value(facts)
        lines = self._lines()
        line = {"n": len(lines) + 1, "at": now(), "event": event}
        line |= {"stage": stage} if stage else {}
        line |= {name: fact for name, fact in facts.items() if fact not in ("", None, [], {})}
        line["previous"] = files.digest_bytes(lines[-1].encode()) if lines else FIRST
        files.append_line(self.path, json.dumps(line, ensure_ascii=False))

    def events(self) -> Iterator[dict[str, Any]]:
        """Every line. Raises WorldError at the first that is no event."""
        for number, line in enumerate(self._lines(), start=1):
            event = _event(line)
            if event is None:
                raise WorldError(
                    f"{self.path}:{number}: this line is not an event of the history",
                    help=files.RESTORE,
                )
            yield event

    def attempts(self, stage: str) -> int:
        """How often a stage was tried."""
        # Most lines are of other stages, and need not be read to know it.
        told = (_event(line) for line in self._lines() if stage in line)
        return sum(e is not None and e.get("stage") == stage and is_attempt(e) for e in told)

    def broken_at(self) -> int | None:
        """The number of the first line that is not chained to the one before it, or None."""
        previous = FIRST
        for number, line in enumerate(self._lines(), start=1):
            event = _event(line)
            if event is None or event.get("previous") != previous or event.get("n") != number:
                return number
            previous = files.digest_bytes(line.encode())
        return None

    def _lines(self) -> list[str]:
        if not os.path.lexists(self.path):
            return []
        # Not splitlines(): text may hold other ends of lines, such as U+2028.
        return files.read(self.path).decode(errors="replace").removesuffix("\n").split("\n")


def _event(line: str) -> dict[str, Any] | None:
    """The event of a line, or None when it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if _is_event(value) else None


def _is_event(value: Any) -> bool:
    """Whether a value is an event as `append` writes it, in all that its readers rely on."""
    if not isinstance(value, dict):
        return False
    texts = [value.get(name, "") for name in _TEXTS]
    reasons = value.get("reasons", [])
    if not isinstance(reasons, list) or type(value.get("times", 0)) is not int:
        return False
    if not all(isinstance(text, str) for text in (*texts, *reasons)):
        return False
    return bool(value.get("event")) and _MOMENT.fullmatch(value.get("at", "")) is not None


_TEXTS = ("event", "at", "stage", "outcome", "reason", "why", "by")
_MOMENT = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
