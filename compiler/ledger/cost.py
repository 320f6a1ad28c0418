"""What one attempt cost: tokens by kind, money by report and by our own price table.

Unknown is a value (None) and never 0: it makes a sum unknown, not smaller. Programs report what
they know, the metering proxy counts what went by, `ledger/prices.py` puts a price on it; here it is
decided which of these counts. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Source = Literal["metered", "priced", "reported", "unknown"]
"""Where an amount of money comes from: our prices for metered usage, our prices for the usage that
a program reported, the program's own word, or nowhere."""

PARTS = ("input", "cache_read", "cache_write", "output")
"""The kinds of tokens, each with a price of its own."""


MOST_TOKENS, MOST_USD = 10**15, 1e9
"""What an attempt may be said to have used; more than that is no count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens by kind, and requests; None is unknown.

    input: what was sent and is in neither of the other two. cache_read, cache_write: what was read
    from and written to the provider's cache. output: what came back, thinking included.
    """

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    requests: int | None = None

    @property
    def tokens(self) -> int | None:
        """All of them. A cache that is not spoken of held none; the others have to be known."""
        if self.input is None or self.output is None:
            return None
        return self.input + self.output + (self.cache_read or 0) + (self.cache_write or 0)

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input=_plus(self.input, other.input),
            cache_read=_plus(self.cache_read, other.cache_read),
            cache_write=_plus(self.cache_write, other.cache_write),
            output=_plus(self.output, other.output),
            requests=_plus(self.requests, other.requests),
        )

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (*PARTS, "requests")}


NO_USAGE = Usage(input=0, cache_read=0, cache_write=0, output=0, requests=0)
UNKNOWN_USAGE = Usage()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an attempt cost. Every amount may be None, which is unknown and not 0.

    usage: tokens by kind, counted by `counted`: the program itself or the metering proxy.
    reported: US dollars by the program's own word. priced: US dollars for `usage` by our prices,
    which are of the day `prices` (ISO 8601) or factory.yaml's own. total: tokens, where only their
    sum is known. models: what the usage was of, as far as known.
    """

    usage: Usage = UNKNOWN_USAGE
    counted: Literal["reported", "metered"] | None = None
    reported: float | None = None
    priced: float | None = None
    prices: str | None = None
    total: int | None = None
    models: tuple[str, ...] = field(default=())

    @property
    def usd(self) -> float | None:
        """The money that counts.

        Our own price comes first: programs make up prices for models that they do not know, and
        some leave out requests. What we have no price for is as the program says.
        """
        return self.reported if self.priced is None else self.priced

    @property
    def source(self) -> Source:
        """Where `usd` comes from."""
        if self.priced is not None:
            return "metered" if self.counted == "metered" else "priced"
        return "unknown" if self.reported is None else "reported"

    @property
    def tokens(self) -> int | None:
        counted = self.usage.tokens
        return self.total if counted is None else counted

    def to_json(self) -> dict[str, Any]:
        """`usd` and `tokens`, and under them what they are made of, where something is known."""
        value: dict[str, Any] = {"usd": self.usd, "tokens": self.tokens}
        if self in (FREE, UNKNOWN):
            return value
        value["source"] = self.source
        if self.usage != UNKNOWN_USAGE:
            value["usage"] = self.usage.to_json()
        finer = {
            "counted": self.counted,
            "reported": self.reported,
            "priced": self.priced,
            "prices": self.prices,
        }
        value |= {name: one for name, one in finer.items() if one is not None}
        return value | ({"models": list(self.models)} if self.models else {})


FREE = Cost(reported=0.0, total=0)
"""No model was asked."""
UNKNOWN = Cost()


def from_json(value: Any) -> Cost:
    """A cost from an entry or a line of the history; older ones hold `usd` and `tokens` alone.

    Raises KeyError, TypeError or AttributeError when it is none.
    """
    priced = money(value.get("priced"))
    told = value.get("usage", {})
    usage = Usage(**{name: count(told.get(name)) for name in (*PARTS, "requests")})
    return Cost(
        usage=usage,
        counted=value.get("counted"),
        reported=money(value.get("reported", value["usd"] if priced is None else None)),
        priced=priced,
        prices=value.get("prices"),
        total=count(value["tokens"]) if usage.tokens is None else None,
        models=tuple(value.get("models", ())),
    )


def by_report(usage: Usage | None, usd: float | None, model: str | None) -> Cost:
    """A cost by a program's own word; numbers that make no sense are unknown."""
    parts = {name: count(getattr(usage, name)) for name in (*PARTS, "requests")} if usage else {}
    told = Usage(**parts)
    return Cost(
        usage=told,
        counted=None if told == UNKNOWN_USAGE else "reported",
        reported=money(usd),
        models=(model,) if model else (),
    )


def from_program(value: Any) -> Cost:
    """A cost as a program left it in its FACTORY_COST file; what makes no sense is unknown.

    `{"usd": 0.12, "tokens": 3400}`, and if it knows more `"usage": {"input": …, "output": …}` with
    the fields of `Usage`, and `"model": "…"`.
    """
    if not isinstance(value, Mapping):
        return UNKNOWN
    given = value.get("usage")
    given = given if isinstance(given, Mapping) else {}
    usage = Usage(**{name: count(given.get(name)) for name in (*PARTS, "requests")})
    model = value.get("model")
    return Cost(
        usage=usage,
        counted=None if usage == UNKNOWN_USAGE else "reported",
        reported=money(value.get("usd")),
        total=count(value.get("tokens")) if usage.tokens is None else None,
        models=(model,) if isinstance(model, str) and model else (),
    )


def count(value: object) -> int | None:
    """A number of tokens or requests out of someone else's JSON; None when it is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MOST_TOKENS else None


def money(value: object) -> float | None:
    """US dollars out of someone else's JSON; None when they are none."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        amount = float(value)
    except OverflowError:
        return None
    return amount if 0 <= amount <= MOST_USD else None


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
