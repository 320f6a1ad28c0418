"""Where every artifact stands, without asking twice: a row for each, kept while its files hold.

The rows are a cache under `.work/`, like the certificate that is written when nothing is left to
do. Both hold stat signatures of all that an answer depends on; deleting or damaging them changes no
answer, only the time that it takes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence, Set
from datetime import UTC, date, datetime, timedelta

from factoryline import quick
from factoryline.plan import codec
from factoryline.plan.model import Artifact
from factoryline.plan.rounds import stage_named
from factoryline.run import budget, status
from factoryline.run.admission import resting
from factoryline.run.factory import Factory
from factoryline.run.pause import Pause
from factoryline.run.status import State
from factoryline.system import files

ROWS = "rows.index"
IDLE = ("sealed", "waiting", "queued", "paused")
"""States in which a run has nothing to do."""
SHOWN = 5
"""How many queued artifacts are named; the rest is counted."""

Row = tuple[str, list[str], list[quick.Signature | None], tuple[str, str, str, str, str]]
"""What it was computed from (a digest and files with their signatures), and the state."""


def survey(factory: Factory) -> tuple[State, ...]:
    """The state of every artifact, in the order of the line."""
    started = time.time_ns()
    rows, common = _read_rows(factory), _common(factory)
    busy = factory.ledger.in_progress()
    found: dict[str, Row] = {}
    states = []
    for artifact in factory.plan.artifacts:
        if artifact.name not in busy and not factory.ledger.sealed(artifact.name):
            # It has not begun: its state takes no file to tell.
            states.append(status.state(factory, artifact.name, busy))
            continue
        row = rows.get(artifact.name)
        shape = _shape(artifact, common) if artifact.name in busy else ""
        if not (row and row[0] == shape and _holds(row)):
            row = _row(factory, artifact, shape, busy)
        found[artifact.name] = row
        states.append(_state(row[3]))
    if found != rows:
        kept = {name: row for name, row in found.items() if quick.settled(row[2], started)}
        files.replace_quickly(factory.ledger.work / ROWS, quick.pack(kept))
    return tuple(states)


def last_words(states: Sequence[State], *, ran: int = 0, failed: bool = False) -> str:
    """What a run prints at its end: who waits for what, and how far the line is."""
    lines = []
    queued = [state for state in states if state.kind == "queued"]
    for state in states:
        said = state.kind in ("failed", "blocked") and failed
        if state.kind in ("sealed", "due", "queued") or said:
            continue
        lines.append(f"{state.mark}  {state.artifact}  {state.sentence}")
        if state.command:
            lines.append(f"   {state.command}")
    lines += [f"{state.mark}  {state.artifact}  {state.sentence}" for state in queued[:SHOWN]]
    if len(queued) > SHOWN:
        lines.append(f"~  and {len(queued) - SHOWN} more are queued")
    return "\n".join([*lines, _last_line(states, ran, failed)]) + "\n"


def pauses(factory: Factory, states: Sequence[State]) -> Iterator[Pause]:
    """The pauses of those artifacts that are paused, as far as they still hold."""
    for state in states:
        if state.kind == "paused":
            rest = resting(factory, stage_named(state.artifact, state.stage))
            if rest:
                yield rest


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
    lines += budget.today(factory)
    return "".join(f"{line}\n" for line in lines)


def certify(factory: Factory, states: Sequence[State], started: int) -> None:
    """Leave the certificate that nothing is to do, if so and if it can be known from files.

    `started` is when the states were asked for, in ns.
    """
    path = factory.plan.home / quick.CERTIFICATE
    idle = all(state.kind in IDLE for state in states)
    ignored = (factory.ledger.work / "ignored.json").exists()
    artifacts = factory.plan.artifacts
    if not idle or ignored or not all(_knowable(factory, artifact) for artifact in artifacts):
        files.remove_quickly(path)
        return
    watched = list(dict.fromkeys(_everything(factory)))
    signatures = [quick.signature(one) for one in watched]
    if None in signatures or not quick.settled(signatures, started):
        files.remove_quickly(path)
        return
    rests = tuple(pauses(factory, states))
    if len(rests) < sum(state.kind == "paused" for state in states):
        # A pause has ended since: there is something to do again.
        files.remove_quickly(path)
        return
    until = _holds_until(factory, rests)
    texts = {"run": last_words(states), "status": table(factory, states)}
    value = (watched, signatures, until, texts)
    files.replace_quickly(path, quick.pack(value))


def _last_line(states: Sequence[State], ran: int, failed: bool) -> str:
    from factoryline.diagnostics import listing, plural

    sealed = [state.artifact for state in states if state.kind == "sealed"]
    of = f"{len(sealed)} of {plural(len(states), 'artifact')} sealed"
    if ran:
        return f"ran {plural(ran, 'stage')}; {of}"
    if failed:
        return f"ran nothing to its end; {of}"
    if len(sealed) == len(states):
        are = "is" if len(sealed) == 1 else "are"
        return f"nothing to do: {listing(sealed, limit=5)} {are} sealed"
    return f"nothing to do; {of}"


def _shape(artifact: Artifact, common: str) -> str:
    """A digest of all that the specification says of an artifact in progress."""
    known = _SHAPES.get(id(artifact))
    if known is None or known[0] is not artifact:
        encoded = files.digest_bytes(quick.plain(codec.encode(artifact)))
        known = _SHAPES[id(artifact)] = (artifact, encoded)
    return f"{common} {known[1]}"


_SHAPES: dict[int, tuple[Artifact, str]] = {}
"""By id, with the artifact itself, so that its id stays its own: a run asks more than once."""


def _row(factory: Factory, artifact: Artifact, shape: str, busy: Set[str]) -> Row:
    watched = list(_own_files(factory, artifact, busy))
    signatures = [quick.signature(path) for path in watched]
    state = status.state(factory, artifact.name, busy)
    told = (state.artifact, state.kind, state.stage, state.sentence, state.command)
    # What git or the time alone can tell is asked each time.
    known = _knowable(factory, artifact) and state.kind != "paused" and not factory.plan.flow.budget
    return (shape if known else "unknowable", watched, signatures, told)


def _state(told: tuple[str, str, str, str, str]) -> State:
    artifact, kind, stage, sentence, command = told
    return State(artifact=artifact, kind=kind, stage=stage, sentence=sentence, command=command)


def _holds(row: Row) -> bool:
    return [quick.signature(path) for path in row[1]] == row[2]


def _own_files(factory: Factory, artifact: Artifact, busy: Set[str]) -> Iterator[str]:
    """The files that the state of an artifact is read from, besides the plan's own.

    A sealed artifact is its folder: whatever is added, removed or replaced in it shows there.
    """
    folder = str(factory.ledger.folder(artifact.name))
    if os.path.isdir(folder):
        yield folder
    if artifact.name in busy:
        yield from (f"{folder}/{name}" for name in sorted(os.listdir(folder)))
        named = [*artifact.reviews, *(source for round in artifact.adopt for source in round)]
        yield from (str(factory.plan.home / source.name) for source in named)


def _common(factory: Factory) -> str:
    """A digest of what every state depends on: the plan, the priors, the factory's programs."""
    watched = [*_prior_files(factory), *_programs(factory)]
    signatures = [(path, quick.signature(path)) for path in watched]
    return files.digest_json([factory.plan.digest, signatures, date.today().isoformat()])


def _programs(factory: Factory) -> Iterator[str]:
    for cell in factory.plan.line:
        yield from (str(factory.plan.home / program) for program in cell.programs)


def _prior_files(factory: Factory) -> list[str]:
    folder = factory.ledger.priors
    return [str(folder), *sorted(str(path) for path in folder.glob("*.json"))]


def _everything(factory: Factory) -> Iterator[str]:
    """All files and folders on which it depends that nothing is to do."""
    yield from (source for source in factory.plan.sources if os.path.exists(source))
    yield from (path for path in _prior_files(factory) if os.path.exists(path))
    yield from _programs(factory)
    yield str(factory.ledger.artifacts)
    busy = factory.ledger.in_progress()
    for artifact in factory.plan.artifacts:
        yield from _own_files(factory, artifact, busy)


def _knowable(factory: Factory, artifact: Artifact) -> bool:
    """Whether files tell it all; work that is adopted by a revision's name can change in git."""
    if factory.ledger.sealed(artifact.name):
        return True
    home = factory.plan.home
    return all((home / source.name).is_file() for round in artifact.adopt for source in round)


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


def _read_rows(factory: Factory) -> dict[str, Row]:
    found = quick.read(str(factory.ledger.work / ROWS))
    return found if isinstance(found, dict) else {}
