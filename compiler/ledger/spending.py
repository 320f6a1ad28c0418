"""What attempts cost together: a sum that keeps what is unknown apart from what is known.

Read from the history, so that failed, rejected and killed attempts count and a restart forgets
none. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from factoryline.ledger.cost import (
    FREE,
    NO_USAGE,
    UNKNOWN,
    Cost,
    Usage,
    count,
    from_json,
    money,
)
from factoryline.ledger.history import ENDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """A sum over attempts.

    known_usd, known_tokens: of those attempts whose cost is known. unknown_usd, unknown_tokens: how
    many attempts there are of which it is not. usage: by kind, None where a part is unknown.
    seconds: their wall time.
    """

    attempts: int = 0
    known_usd: float = 0.0
    unknown_usd: int = 0
    known_tokens: int = 0
    unknown_tokens: int = 0
    usage: Usage = NO_USAGE
    seconds: float = 0.0

    @property
    def usd(self) -> float | None:
        """The sum in US dollars; None when any part of it is unknown."""
        return None if self.unknown_usd else self.known_usd

    @property
    def tokens(self) -> int | None:
        return None if self.unknown_tokens else self.known_tokens

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            attempts=self.attempts + other.attempts,
            known_usd=self.known_usd + other.known_usd,
            unknown_usd=self.unknown_usd + other.unknown_usd,
            known_tokens=self.known_tokens + other.known_tokens,
            unknown_tokens=self.unknown_tokens + other.unknown_tokens,
            usage=self.usage + other.usage,
            seconds=self.seconds + other.seconds,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "usd": self.usd,
            "tokens": self.tokens,
            "known_usd": self.known_usd,
            "unknown_usd": self.unknown_usd,
            "known_tokens": self.known_tokens,
            "unknown_tokens": self.unknown_tokens,
            "usage": self.usage.to_json(),
            "attempts": self.attempts,
            "seconds": round(self.seconds, 3),
        }


NOTHING = Spent()


def of_cost(one: Cost, seconds: float = 0.0) -> Spent:
    """What a single attempt cost."""
    usage = one.usage
    if one.tokens == 0 and usage.tokens is None:
        usage = NO_USAGE  # no token at all is none of each kind
    return Spent(
        attempts=1,
        known_usd=one.usd or 0.0,
        unknown_usd=int(one.usd is None),
        known_tokens=one.tokens or 0,
        unknown_tokens=int(one.tokens is None),
        usage=usage,
        seconds=seconds,
    )


def total(parts: Iterable[Spent]) -> Spent:
    """All of them together."""
    return sum(parts, NOTHING)


def by_stage(events: Iterable[Mapping[str, Any]], since: str = "") -> dict[str, Spent]:
    """What each stage of an artifact cost, from its history's events, in order of first attempts.

    since: ISO 8601 in UTC; earlier attempts are left out. An attempt that began and never ended was
    killed, or is at work: its cost is unknown.
    """
    books: dict[str, _Book] = {}
    for event in events:
        stage = event.get("stage")
        if stage and event["event"] in (*ENDS, "started"):
            books.setdefault(stage, _Book()).take(event, counts=event.get("at", "") >= since)
    closed = {stage: book.close() for stage, book in books.items()}
    return {stage: spent for stage, spent in closed.items() if spent != NOTHING}


def cut_short(events: Iterable[Mapping[str, Any]], stage: str) -> str | None:
    """When the newest attempt of a stage began, if it has no end; for who knows that none runs."""
    began = None
    for event in events:
        if event.get("stage") == stage and event["event"] in (*ENDS, "started"):
            began = event["at"] if event["event"] == "started" else None
    return began


@dataclass(slots=True)
class _Book:
    """Of one stage. A run of a stage is one or more attempts: the rejected ones, and the last.

    The event that ends a run has the seconds of all its attempts, also of those rejected before.
    """

    spent: Spent = field(default=NOTHING)
    running: bool = False
    rejected_seconds: float = 0.0

    def take(self, event: Mapping[str, Any], *, counts: bool) -> None:
        if event["event"] == "started":
            self._lost()
            if not event.get("repair"):
                self._settle()
            self.running = counts
            return
        seconds = (money(event.get("seconds")) or 0.0) if counts else 0.0
        if event["event"] == "rejected":
            self.rejected_seconds += seconds
            seconds = 0.0
        else:
            self.rejected_seconds = 0.0
        if not counts:
            pass
        elif event.get("told"):
            self.spent += Spent(seconds=seconds)
        else:
            self.spent += of_cost(_cost(event, running=self.running), seconds)
        self.running = False

    def close(self) -> Spent:
        self._lost()
        self._settle()
        return self.spent

    def _lost(self) -> None:
        """The attempt before did not come to an end."""
        if self.running:
            self.spent += of_cost(UNKNOWN)
        self.running = False

    def _settle(self) -> None:
        """A run that was killed between its attempts left only the seconds of the rejected."""
        self.spent += Spent(seconds=self.rejected_seconds)
        self.rejected_seconds = 0.0


def _cost(event: Mapping[str, Any], *, running: bool) -> Cost:
    """The cost on a line; older lines have `usd` and `tokens` themselves, or, failed, nothing."""
    if "cost" in event:
        try:
            return from_json(event["cost"])
        except (AttributeError, KeyError, TypeError):
            return UNKNOWN  # changed by hand; the broken chain tells of it
    if event["event"] == "failed" and not running:
        return FREE  # only what spends announces that it starts
    return Cost(reported=money(event.get("usd")), total=count(event.get("tokens")))
