"""Pauses: a provider asked for time, and the artifact waits for it without using up anything.

The history is the only memory: a pause holds until its time is over, another attempt has come to
an end, or the cell that was turned away has another agent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from factoryline.ledger.history import stamp
from factoryline.plan import digest
from factoryline.plan.model import Cell
from factoryline.plan.rounds import Stage
from factoryline.run.factory import Factory

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=60)
"""Where the provider does not say: 1 minute, and twice as long each time that it says no again."""
LONGEST = timedelta(days=31)
"""What a provider may ask for; quotas of a month are the longest there are."""

_OVER = ("finished", "failed", "rejected", "reopened", "rebased")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """`stage` is not tried before `until` (UTC); `reason` is a sentence without a full stop."""

    stage: str
    until: datetime
    reason: str

    def __str__(self) -> str:
        return f"paused until {local(self.until)}: {self.reason}"


def pause(factory: Factory, stage: Stage, now: datetime | None = None) -> Pause | None:
    """The pause that a stage has to wait for, or None."""
    cell = factory.plan.cell(stage.cell, stage.artifact)
    if not cell.facts.spends:
        return None
    last = _standing(factory.ledger.history(stage.artifact).events())
    if last is None or last.get("agent") != agent_of(cell):
        return None
    try:
        until = datetime.fromisoformat(last["until"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None  # changed by hand; the broken chain tells of it
    if until <= (now or datetime.now(UTC)):
        return None
    return Pause(stage=last["stage"], until=until, reason=last.get("reason", ""))


def facts(
    factory: Factory, artifact: str, cell: Cell, asked: datetime | None, now: datetime | None = None
) -> dict[str, Any]:
    """What the history notes of a pause: until when, who was turned away, how often in a row.

    `asked` is what the provider said, if anything; what lies in the past says nothing.
    """
    now = now or datetime.now(UTC)
    last = _standing(factory.ledger.history(artifact).events())
    agent = agent_of(cell)
    times = last.get("times", 0) + 1 if last and last.get("agent") == agent else 1
    if asked is None or asked <= now:
        until = now + min(FIRST_WAIT * 2 ** min(times - 1, 10), LONGEST_WAIT)
    else:
        until = min(asked, now + LONGEST)
        times = 0
    return {"until": stamp(until + timedelta(seconds=1)), "agent": agent, "times": times}


def agent_of(cell: Cell) -> str | None:
    """What tells one agent, with its model and parameters, from another."""
    return digest.of_object(cell.agent).digest if cell.agent else None


def local(moment: datetime, now: datetime | None = None) -> str:
    """`14:05`, or `2026-11-25 14:05` when that is not today, in the zone of this machine."""
    here = moment.astimezone()
    today = (now or datetime.now(UTC)).astimezone().date()
    return f"{here:%H:%M}" if here.date() == today else f"{here:%Y-%m-%d %H:%M}"


def _standing(events: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The newest pause after which nothing came to an end."""
    last: Mapping[str, Any] | None = None
    for event in events:
        if event["event"] == "paused":
            last = event
        elif event["event"] in _OVER:
            last = None
    return last
