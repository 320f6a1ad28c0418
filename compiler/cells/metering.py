"""What an attempt of an agent used, counted on the way to its provider, where `meter: true` asks.

The count is believed before the program's own word: programs leave out requests for titles and
names, and a killed one says nothing. Where an answer did not tell, the program's word stands.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from factoryline.cells.base import Job
from factoryline.cells.reading import Meaning
from factoryline.diagnostics import StageFailed
from factoryline.ledger import prices
from factoryline.ledger.cost import UNKNOWN, UNKNOWN_USAGE, Cost, Usage
from factoryline.meter import journal
from factoryline.meter.journal import Total
from factoryline.plan.model import Agent
from factoryline.system import logs

MEANINGS: Mapping[int, str] = {401: "auth", 402: "quota", 403: "auth", 429: "quota", 529: "quota"}
"""What a provider's refusal means; other errors say that it does not answer as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One attempt's count. `address` is where the program finds its provider; None: no count."""

    address: str
    env: dict[str, str] = field(default_factory=dict)
    path: Path | None = None
    prices: Mapping[str, Any] = field(default_factory=dict)

    @property
    def total(self) -> Total | None:
        return journal.total(journal.read(self.path)) if self.path else None


@contextlib.contextmanager
def counting(job: Job, agent: Agent, address: str) -> Iterator[Count]:
    """A count for the time of a block. A failure that leaves the block takes its cost along."""
    if not agent.meter:
        yield Count(address=address)
        return
    # Heavy, and only who asks for it comes here.
    from factoryline.meter.proxy import metered

    path = job.log.with_name(f"{job.log.name}.meter.jsonl")
    try:
        with metered(address, path) as meter:
            yield Count(address=meter.url, env=meter.env, path=path, prices=agent.prices)
    except StageFailed as failure:
        count = Count(address=address, path=path, prices=agent.prices)
        failure.cost = cost(count, failure.cost or UNKNOWN)
        raise


def cost_on_record(job: Job, agent: Agent, began: str) -> Cost:
    """What the count says of an attempt that was killed together with the factory.

    `began`: the moment of its beginning. An earlier attempt's count is on record already.
    """
    every = logs.attempts(job.scratch.parent, job.stage.id) if agent.meter else ()
    if not every:
        return UNKNOWN
    path = max(every, key=lambda attempt: attempt.number).path("meter.jsonl")
    moments = [datetime.fromisoformat(request.at) for request in journal.read(path)]
    if not moments or min(moments) < datetime.fromisoformat(began):
        return UNKNOWN
    return so_far(agent, path)


def so_far(agent: Agent, path: Path) -> Cost:
    """What a count says of an attempt that may still be at work."""
    return cost(Count(address="", path=path, prices=agent.prices), UNKNOWN)


def cost(count: Count, said: Cost) -> Cost:
    """What an attempt cost, by its count where that is whole, by the program's word otherwise."""
    total = count.total
    if total is None or not (total.requests or total.refused):
        return said
    if not total.unknown:
        usage = Usage(
            input=total.input,
            cache_read=total.cache_read,
            cache_write=total.cache_write,
            output=total.output,
            requests=total.requests,
        )
    elif said.usage == UNKNOWN_USAGE:
        usage = Usage(requests=total.requests)
    else:
        return said
    models = total.models or said.models
    found = None if total.unknown else _price(count)
    usd, day = found or (None, None)
    return replace(
        said, usage=usage, counted="metered", total=None, models=models, priced=usd, prices=day
    )


def _price(count: Count) -> tuple[float, str] | None:
    """Each request at the rate of its own model and length; None where one has none."""
    taken = [r for r in journal.read(count.path) if not r.refused] if count.path else []
    parts = (
        (
            request.model,
            Usage(
                **{name: getattr(request.usage, name) for name in journal.COUNTS},
                requests=1,
            ),
        )
        for request in taken
        if request.api != journal.OTHER
    )
    return prices.price_all(parts, prices.table(count.prices))


def meaning(count: Count, found: Meaning | None, *, spoke: bool) -> Meaning | None:
    """Why an attempt failed, with what the provider's last answer says of it.

    `spoke`: the program ended as if all were well. That is believed, unless its provider never gave
    it an answer.
    """
    total = count.total
    last = total.last_refusal if total else None
    if total is None or last is None or (found is None and spoke and total.requests):
        return found
    kind = MEANINGS.get(last.status or 0, "unavailable" if (last.status or 500) >= 500 else "error")
    told = f"the provider answered {last.status or 'nothing'} {last.error}".rstrip()
    words = "\n".join(filter(None, (found.words if found else "", told)))
    until = found.until if found else None
    if last.retry_after is not None:
        until = datetime.fromisoformat(last.at) + timedelta(
            seconds=last.retry_after, milliseconds=last.all or 0
        )
    return Meaning(kind=kind, words=words, until=until and until.astimezone(UTC))
