"""Our own price table: what a usage costs, with the day of which the price is. Pure but for reading
the table once; `run/stage.py` and the metering ask.

A model that no row names, or a usage of which a billed part is unknown, has no price: a guess would
be a number that looks like the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from factoryline.ledger.cost import PARTS, UNKNOWN_USAGE, Cost, Usage

OWN = "factory.yaml"
"""Stands for the day of a price where factory.yaml gives the price itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """US dollars per million tokens; None where the provider bills no such tokens."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A model's rates as of a day (ISO 8601). Requests with a prompt of more than `long` tokens are
    billed at the rates `above` as a whole."""

    rates: Rates
    as_of: str
    long: int | None = None
    above: Rates | None = None


Table = Mapping[str, Price]
"""Prices by model; a name that ends in `*` stands for all that begin so."""


def price(usage: Usage, model: str, table: Table) -> tuple[float, str] | None:
    """US dollars and the day of the price; None where either the price or the usage is unknown."""
    found = _row(model, table)
    rates = found and _rates(found, usage)
    if not found or not rates:
        return None
    total = 0.0
    for part in PARTS:
        tokens, rate = getattr(usage, part), getattr(rates, part)
        if rate is None and not tokens:
            continue  # not billed, and none that we know of
        if rate is None or tokens is None:
            return None
        total += tokens * rate / 1_000_000
    return total, found.as_of


def price_all(parts: Iterable[tuple[str, Usage]], table: Table) -> tuple[float, str] | None:
    """The sum over usages of several models or requests, and its oldest day; None if one is unknown
    or there is none."""
    found = [price(usage, model, table) for model, usage in parts]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return None
    return sum(usd for usd, _ in known), min(day for _, day in known)


def priced(cost: Cost, table: Table) -> Cost:
    """A cost with our own price for its usage, where we have one and it has none yet."""
    if cost.priced is not None or cost.usage == UNKNOWN_USAGE or len(cost.models) != 1:
        return cost
    found = price(cost.usage, cost.models[0], table)
    return replace(cost, priced=found[0], prices=found[1]) if found else cost


def table(own: Mapping[str, Any]) -> Table:
    """The prices that apply: those that factory.yaml gives for an agent, then ours."""
    return {model: _price(row, OWN) for model, row in own.items()} | {
        model: row for model, row in ours().items() if model not in own
    }


@cache
def ours() -> Table:
    """The table that comes with factoryline."""
    from factoryline.spec.nodes import read_yaml

    place = resources.files("factoryline.ledger").joinpath("prices.yaml")
    root, _ = read_yaml(place.read_text("utf-8"), "prices.yaml")
    rows: Any = root.plain()
    found: dict[str, Price] = {}
    for row in rows:
        found |= dict.fromkeys(row["models"], _price(row, str(row["as_of"])))
    return found


_PROVIDERS = ("anthropic/", "openai/", "google/", "gemini/", "models/")
_DATED = re.compile(r"(-latest|[-@]\d{8}|-\d{4}-\d{2}-\d{2})?(\[1m\])?$")
"""What follows a model's name without making it another one: a snapshot's date, a long context."""


def _row(model: str, table: Table) -> Price | None:
    """The row that means a model: its own name first, then the longest beginning."""
    bare = model
    for provider in _PROVIDERS:
        bare = bare.removeprefix(provider)
    names = (model, bare, _DATED.sub("", bare))
    exact = next((table[name] for name in names if name in table), None)
    if exact:
        return exact
    stars = [key for key in table if key.endswith("*")]
    fitting = [key for key in stars if any(name.startswith(key[:-1]) for name in names)]
    return table[max(fitting, key=len)] if fitting else None


def _rates(price: Price, usage: Usage) -> Rates | None:
    """The rates for a usage; None where it may be in part above the border, and in part not."""
    if price.above is None or price.long is None:
        return price.rates
    if usage.input is None:
        return None
    prompt = usage.input + (usage.cache_read or 0) + (usage.cache_write or 0)
    if prompt <= price.long:
        return price.rates
    return price.above if usage.requests == 1 else None


def _price(row: Mapping[str, Any], day: str) -> Price:
    above = row.get("above")
    return Price(
        rates=_of(row),
        as_of=day,
        long=above["tokens"] if above else None,
        above=_of(above) if above else None,
    )


def _of(row: Mapping[str, Any]) -> Rates:
    return Rates(
        input=row["input"],
        output=row["output"],
        cache_read=row.get("cache_read"),
        cache_write=row.get("cache_write"),
    )
