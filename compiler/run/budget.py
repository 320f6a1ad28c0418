"""Budgets: what an artifact, and the whole factory in a day, has spent of what it may spend.

Everything is read from the histories, so that failed, rejected and killed attempts count and a
restart forgets none. Looked at before each attempt of a cell that spends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from factoryline.contracts.render import dollars, duration
from factoryline.diagnostics import Held, Span, listing, plural
from factoryline.ledger import spending
from factoryline.ledger.history import stamp
from factoryline.ledger.spending import Spent
from factoryline.plan.model import Budget, Cell
from factoryline.plan.rounds import Stage
from factoryline.run.factory import Factory

SHOWN = 5
"""How many stages or artifacts a message names; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhausted:
    """A budget with nothing left. `until` is when it is full again; None when it stays empty."""

    reason: str
    help: str
    span: Span
    until: datetime | None = None


def exhausted(factory: Factory, stage: Stage, now: datetime | None = None) -> Exhausted | None:
    """Why a stage may not spend any more; None when it may, or costs nothing anyway."""
    if not factory.plan.cell(stage.cell).facts.spends:
        return None
    return _of_artifact(factory, stage.artifact) or _of_today(factory, now or datetime.now(UTC))


def need(factory: Factory, stage: Stage) -> None:
    """Raise Held unless a stage may spend."""
    empty = exhausted(factory, stage)
    if empty:
        held = Held(empty.reason, span=empty.span, help=empty.help)
        held.until = empty.until
        raise held


def time_limit(factory: Factory, artifact: str, cell: Cell) -> float | None:
    """How long an attempt may take, in seconds: the cell's own limit, or what is left of a budget
    of minutes if that is less."""
    found = factory.plan.artifact(artifact)
    budget = found.budget if found and cell.facts.spends else None
    if budget is None or budget.minutes is None:
        return cell.timeout
    # No attempt of a second: where nothing is left, none begins.
    left = max(budget.minutes * 60 - of_artifact(factory, artifact).seconds, 1.0)
    return left if cell.timeout is None else min(cell.timeout, left)


def of_artifact(factory: Factory, artifact: str) -> Spent:
    """All that an artifact has spent."""
    return spending.total(_stages(factory, artifact).values())


def of_today(factory: Factory, now: datetime) -> Mapping[str, Spent]:
    """What each artifact has spent since midnight, also those that factory.yaml no longer has."""
    midnight = _midnight(now)
    since = stamp(midnight)
    found = {}
    for path in sorted(factory.ledger.artifacts.glob("*/history.jsonl")):
        if path.stat().st_mtime < midnight.timestamp():
            continue
        events = factory.ledger.history(path.parent.name).events()
        spent = spending.total(spending.by_stage(events, since).values())
        if spent.attempts:
            found[path.parent.name] = spent
    return found


def remainder(budget: Budget, spent: Spent) -> str:
    """`$3.10 of $5.00 and 41 of 90 minutes left`, with what could not be counted."""
    parts = [
        f"{words(max(bound - used, 0))} of {words(bound)}"
        for bound, used, words in _bounds(budget, spent)
    ]
    uncounted = _uncounted(budget, spent)
    aside = f", not counting {uncounted}" if uncounted and not budget.stops else ""
    return f"{listing(parts)} left{aside}"


def today(factory: Factory) -> list[str]:
    """`today: $3.10 of $20.00 left`, as a line for people; none without such a budget."""
    budget = factory.plan.flow.budget
    if budget is None:
        return []
    spent = spending.total(of_today(factory, datetime.now(UTC)).values())
    return [f"today: {remainder(budget, spent)}"]


def tomorrow(now: datetime) -> datetime:
    """The next midnight of this machine's zone, when the budget of a day is full again."""
    day = now.astimezone().date() + timedelta(days=1)
    return datetime.combine(day, time()).astimezone()


def _of_artifact(factory: Factory, name: str) -> Exhausted | None:
    artifact = factory.plan.artifact(name)
    budget = artifact.budget if artifact else None
    if budget is None:
        return None
    stages = _stages(factory, name)
    why = _over(budget, spending.total(stages.values()))
    if not why:
        return None
    return Exhausted(
        reason=f"{name} has spent its budget: {why} ({_on_what(budget, stages)})",
        help=f"raise `budget:` of {name} and run again; `factory ledger {name}` shows each attempt",
        span=budget.span,
    )


def _of_today(factory: Factory, now: datetime) -> Exhausted | None:
    budget = factory.plan.flow.budget
    if budget is None:
        return None
    artifacts = of_today(factory, now)
    why = _over(budget, spending.total(artifacts.values()))
    if not why:
        return None
    return Exhausted(
        reason=f"the factory has spent its budget for today: {why} ({_on_what(budget, artifacts)})",
        help="it goes on by itself tomorrow; raise `flow: {budget: …}` to go on now",
        span=budget.span,
        until=tomorrow(now),
    )


def _over(budget: Budget, spent: Spent) -> str:
    """`$5.20 of $5.00`: the bounds that are reached; empty when none is."""
    reached = [
        f"{words(used)} of {words(bound)}"
        for bound, used, words in _bounds(budget, spent)
        if used >= bound
    ]
    uncounted = _uncounted(budget, spent)
    if uncounted and budget.stops:
        return listing([*reached, f"{uncounted}, which ends it (`unknown: stop`)"])
    if reached and uncounted:
        return f"{listing(reached)}, not counting {uncounted}"
    return listing(reached)


Bound = tuple[float, float, Callable[[float], str]]
"""What may be spent, what was, and how such an amount is said."""


def _bounds(budget: Budget, spent: Spent) -> list[Bound]:
    """Each bound that a budget has, with what counts towards it."""
    usd = spent.known_usd + (budget.assumed or 0.0) * spent.unknown_usd
    bounds: list[tuple[float | None, float, Callable[[float], str]]] = [
        (budget.usd, usd, dollars),
        (budget.tokens, spent.known_tokens, _tokens),
        (budget.minutes, spent.seconds / 60, _minutes),
    ]
    return [(bound, used, words) for bound, used, words in bounds if bound is not None]


def _uncounted(budget: Budget, spent: Spent) -> str:
    """The attempts that no bound but time can see."""
    attempts = []
    if budget.usd is not None and budget.assumed is None and spent.unknown_usd:
        attempts.append(f"{plural(spent.unknown_usd, 'attempt')} of unknown cost")
    if budget.tokens is not None and spent.unknown_tokens:
        attempts.append(f"{plural(spent.unknown_tokens, 'attempt')} of unknown tokens")
    return listing(attempts)


def _on_what(budget: Budget, parts: Mapping[str, Spent]) -> str:
    """`1-build $1.50 in 2 attempts, 3 min 5 s`: what it went into, the dearest first."""
    timed = budget.minutes is not None
    counted = [
        (name, spent)
        for name, spent in parts.items()
        if timed or spent.known_usd or spent.unknown_usd or spent.known_tokens
    ]
    counted.sort(key=lambda part: (-part[1].known_usd, -part[1].seconds))
    return listing([f"{name} {_amount(spent)}" for name, spent in counted], limit=SHOWN)


def _amount(spent: Spent) -> str:
    money = "" if spent.usd is None and not spent.known_usd else f"{dollars(spent.known_usd)} in "
    return f"{money}{plural(spent.attempts, 'attempt')}, {duration(spent.seconds)}"


def _stages(factory: Factory, artifact: str) -> Mapping[str, Spent]:
    return spending.by_stage(factory.ledger.history(artifact).events())


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.astimezone().date(), time()).astimezone()


def _tokens(count: float) -> str:
    return f"{count:,.0f} tokens"


def _minutes(count: float) -> str:
    return f"{count:.2f}".rstrip("0").removesuffix(".") + " min"
