"""What a run says at its end, and the certificate by which the next one says it without asking.

A certificate says that nothing is to do, and for which files that holds. It is a cache under
`.work/`: deleting or damaging it changes no answer, only the time that it takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from factoryline.diagnostics import listing, plural
from factoryline.plan.rounds import stage_named
from factoryline.run import budget
from factoryline.run.admission import resting
from factoryline.run.factory import Factory
from factoryline.run.pause import Pause
from factoryline.run.status import State
from factoryline.skipping import quick
from factoryline.skipping.survey import IDLE, Survey, common_files
from factoryline.system import files

SHOWN = 5
"""How many queued artifacts a run names; the rest is counted."""
MOST_TOLD = 20
"""The same for those that wait, or that are paused."""
NOTHING = "nothing to do: factory.yaml has no artifact yet"


def last_words(states: Sequence[State], *, ran: int = 0, failed: bool = False) -> str:
    """What a run prints at its end: who waits for what, and how far the line is."""
    told = [s for s in states if s.kind not in ("sealed", "due", "queued")]
    told = [s for s in told if not (failed and s.kind in ("failed", "blocked"))]
    lines = [line for state in told[:MOST_TOLD] for line in _told(state)]
    if len(told) > MOST_TOLD:
        lines.append(f"?  and {len(told) - MOST_TOLD} more wait; `factory status` shows them")
    queued = [state for state in states if state.kind == "queued"]
    lines += [line for state in queued[:SHOWN] for line in _told(state)]
    if len(queued) > SHOWN:
        lines.append(f"~  and {len(queued) - SHOWN} more are queued")
    return "\n".join([*lines, _last_line(states, ran, failed)]) + "\n"


def table(factory: Factory, states: Sequence[State]) -> str:
    """A line an artifact, and under it the command that moves it on, if a person has to.

    At the end what is left of the day's budget, if there is one.
    """
    width = max((len(state.artifact) for state in states), default=0)
    lines = []
    for state in states:
        lines.append(f"{state.mark}  {state.artifact:<{width}}  {state.sentence}")
        if state.command and state.kind != "due":
            lines.append(f"   {'':<{width}}  {state.command}")
    if not states:
        lines.append(NOTHING)
    lines += budget.today(factory)
    return "".join(f"{line}\n" for line in lines)


def certify(factory: Factory, survey: Survey) -> None:
    """Leave the certificate that nothing is to do, if so and if it can be known from files."""
    path = factory.plan.home / quick.CERTIFICATE
    value = _certificate(factory, survey)
    if value is None:
        files.remove_quickly(path)
    else:
        files.replace_quickly(path, quick.pack(value))


def pauses(factory: Factory, states: Sequence[State]) -> Iterator[Pause]:
    """The pauses of those artifacts that are paused, as far as they still hold."""
    for state in states:
        if state.kind == "paused":
            rest = resting(factory, stage_named(state.artifact, state.stage))
            if rest:
                yield rest


Certificate = tuple[list[tuple[str, int]], float, dict[str, str]]
"""Groups of files with their fingerprints, how long it holds at most, and what commands print."""


def _certificate(factory: Factory, survey: Survey) -> Certificate | None:
    states = survey.states
    if not survey.certain or not all(state.kind in IDLE for state in states):
        return None
    if (factory.ledger.work / "ignored.json").exists():
        return None
    shared = list(dict.fromkeys(_shared(factory, survey)))
    signatures = [quick.signature(one) for one in shared]
    # What was edited after the plan was read is not in it, however long ago that was.
    if not quick.settled(signatures, factory.asked):
        return None
    rests = tuple(pauses(factory, states))
    if len(rests) < sum(state.kind == "paused" for state in states):
        return None  # a pause has ended since: there is something to do again
    groups = [("\0".join(shared), quick.fold(signatures))]
    groups += [(row.paths, row.all) for row in survey.rows.values()]
    texts = {"run": last_words(states), "status": table(factory, states)}
    return groups, _holds_until(factory, rests), texts


def _shared(factory: Factory, survey: Survey) -> Iterator[str]:
    """What no row speaks of; what is not there yet belongs to it, since it may come."""
    yield from factory.plan.sources
    yield str(factory.ledger.artifacts)
    for name in sorted(survey.folders - survey.rows.keys()):
        yield str(factory.ledger.folder(name))
    yield from common_files(factory)


def _told(state: State) -> list[str]:
    line = f"{state.mark}  {state.artifact}  {state.sentence}"
    return [line, f"   {state.command}"] if state.command else [line]


def _last_line(states: Sequence[State], ran: int, failed: bool) -> str:
    sealed = [state.artifact for state in states if state.kind == "sealed"]
    of = f"{len(sealed)} of {plural(len(states), 'artifact')} sealed"
    if ran:
        return f"ran {plural(ran, 'stage')}; {of}"
    if failed:
        return f"ran nothing to its end; {of}"
    if not states:
        return NOTHING
    if len(sealed) == len(states):
        are = "is" if len(sealed) == 1 else "are"
        return f"nothing to do: {listing(sealed, limit=5)} {are} sealed"
    return f"nothing to do; {of}"


def _holds_until(factory: Factory, rests: Sequence[Pause]) -> float:
    """When time alone gives something to do again, in seconds since the epoch; 0 for never."""
    moments = [_next_expiry(factory)]
    moments += [rest.until.timestamp() for rest in rests]
    if factory.plan.flow.budget:
        moments.append(budget.tomorrow(datetime.now(UTC)).timestamp())
    return min((moment for moment in moments if moment), default=0.0)


def _next_expiry(factory: Factory) -> float:
    """When the first prior expires, as seconds since the epoch; 0 when none does."""
    today = date.today().isoformat()
    days = [p["expires"] for p in factory.ledger.all_priors() if p.get("expires", "") >= today]
    if not days:
        return 0.0
    return (datetime.fromisoformat(min(days)) + timedelta(days=1)).timestamp()
