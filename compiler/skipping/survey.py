"""Where every artifact stands, without asking twice: a row for each, kept while its files hold.

The rows are a cache under `.work/`. They hold stat signatures of all that a state depends on;
deleting or damaging them changes no answer, only the time that it takes.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from weakref import WeakKeyDictionary

from factoryline.plan.model import Artifact
from factoryline.run import status
from factoryline.run.factory import Factory
from factoryline.run.status import State
from factoryline.skipping import quick
from factoryline.system import files

ROWS = "rows.index"
IDLE = ("sealed", "waiting", "queued", "paused")
"""States in which a run has nothing to do."""


class Row(NamedTuple):
    """Where an artifact stood, and what that was read from.

    shape: of what factory.yaml says of it; empty for a sealed one, whatever it says.
    paths: its folder and files, relative to the home, with NUL between them.
    folder, all: the fingerprints of the folder alone and of all of them.
    again: whether git or time may tell something else the next time.
    told: the fields of the state.
    """

    shape: str
    paths: str
    folder: int
    all: int
    again: bool
    told: tuple[str, str, str, str, str]

    @property
    def state(self) -> State:
        artifact, kind, stage, sentence, command = self.told
        return State(artifact=artifact, kind=kind, stage=stage, sentence=sentence, command=command)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The state of every artifact, in the order of the line, and a row for each that has begun.

    folders: of artifacts, begun or not, with a row or without, in the plan or not any more.
    common: of what all states depend on. certain: whether every row is of files that can be told
    from what they become next.
    """

    states: tuple[State, ...]
    rows: Mapping[str, Row]
    busy: Set[str]
    folders: Set[str]
    common: str
    certain: bool


_LAST: WeakKeyDictionary[Factory, Survey] = WeakKeyDictionary()
"""What was found when each factory was asked last."""


def survey(factory: Factory) -> Survey:
    """Where all artifacts stand. Asked again of the same factory, it looks at what has moved.

    What this process writes shows in an artifact's folder. What others change in place while it
    works shows the next time, since rows keep what was there before it was read.
    """
    started, common = time.time_ns(), _common(factory)
    before = _LAST.get(factory)
    if before and before.common == common:
        known = before.rows
        held = _still(factory, known)
    else:
        known = _read_rows(factory, common)
        held = _still(factory, known, whole=True)
    found = _asked(factory, held, common, started)
    if found.rows != known:
        rows = {name: tuple(row) for name, row in found.rows.items()}
        files.replace_quickly(factory.ledger.work / ROWS, quick.pack((common, rows)))
    _LAST[factory] = found
    return found


def common_files(factory: Factory) -> Iterator[str]:
    """The files and folders that all states depend on, besides the plan's own."""
    yield from _prior_files(factory)
    yield from _programs(factory)


def _asked(factory: Factory, held: Mapping[str, Row], common: str, started: int) -> Survey:
    """The states, those of `held` rows as they are known and all others anew."""
    ledger = factory.ledger
    folders = ledger.folders()
    open_rows = (name for name, row in held.items() if row.told[1] != "sealed")
    busy = frozenset([*open_rows, *filter(ledger.begun, folders - held.keys())])
    rows: dict[str, Row] = {}
    states, certain = [], True
    for artifact in factory.plan.artifacts:
        name = artifact.name
        row = held.get(name)
        if row is None and (name in busy or (name in folders and ledger.sealed(name))):
            row, settled = _row(factory, artifact, busy, started)
            certain = certain and settled and (_knowable(factory, artifact) or not row.shape)
            if settled:
                rows[name] = row
        elif row is not None:
            rows[name] = row
        # One that has not begun takes no file to tell.
        states.append(row.state if row else status.state(factory, name, busy))
    return Survey(
        states=tuple(states),
        rows=rows,
        busy=busy,
        folders=folders,
        common=common,
        certain=certain,
    )


def _still(factory: Factory, rows: Mapping[str, Row], *, whole: bool = False) -> Mapping[str, Row]:
    """The rows whose files are as they were; the folder alone is asked unless `whole`."""
    shapes = {artifact.name: ("", artifact.shape) for artifact in factory.plan.artifacts}
    asked = [
        (name, row)
        for name, row in rows.items()
        if not row.again and row.shape in shapes.get(name, ())
    ]
    groups = (
        (r.paths, r.all) if whole else (r.paths.partition("\0")[0], r.folder) for _, r in asked
    )
    holding = quick.hold(str(factory.plan.home), groups)
    return {name: row for (name, row), holds in zip(asked, holding, strict=True) if holds}


def _row(factory: Factory, artifact: Artifact, busy: Set[str], started: int) -> tuple[Row, bool]:
    """The row of an artifact that has begun, and whether its files have settled."""
    home = f"{factory.plan.home}/"
    paths = list(_own_files(factory, artifact, busy))
    signatures = [quick.signature(home + path) for path in paths]
    state = status.state(factory, artifact.name, busy)
    sealed = state.kind == "sealed"
    again = not sealed and (
        not _knowable(factory, artifact)
        # Another artifact may let it go on, or somebody elsewhere.
        or state.kind in ("paused", "asking", "queued")
        or factory.plan.flow.budget is not None
    )
    row = Row(
        shape="" if sealed else artifact.shape,
        paths="\0".join(paths),
        folder=quick.fold(signatures[:1]),
        all=quick.fold(signatures),
        again=again,
        told=(state.artifact, state.kind, state.stage, state.sentence, state.command),
    )
    return row, quick.settled(signatures, started)


def _own_files(factory: Factory, artifact: Artifact, busy: Set[str]) -> Iterator[str]:
    """What the state of an artifact is read from, relative to the home, its folder first.

    A sealed artifact is its folder: whatever is added, removed or replaced in it shows there.
    """
    place = _place(factory, artifact.name)
    yield place
    if artifact.name in busy:
        names = sorted(os.listdir(factory.ledger.folder(artifact.name)))
        # Rendered documents and patches are written for others: no state is read from them.
        read = (name for name in names if name.endswith((".json", ".jsonl")))
        yield from (f"{place}/{name}" for name in read)
        named = [*artifact.reviews, *(source for round in artifact.adopt for source in round)]
        yield from (source.name for source in named)
        first = next(iter(factory.record(artifact.name).entries), None)
        previous = first.pins.get("previous") if first else None
        if previous:
            yield _place(factory, previous)


def _place(factory: Factory, name: str) -> str:
    """An artifact's folder, relative to the home."""
    return factory.ledger.folder(name).relative_to(factory.plan.home).as_posix()


def _knowable(factory: Factory, artifact: Artifact) -> bool:
    """Whether files tell it all; work that is adopted by a revision's name can change in git."""
    home, base = factory.plan.home, artifact.base
    if base and not re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", base.name):
        return False
    return all((home / source.name).is_file() for round in artifact.adopt for source in round)


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


def _read_rows(factory: Factory, common: str) -> Mapping[str, Row]:
    """The kept rows; when something that all depend on has changed, those of sealed artifacts."""
    found = quick.read(str(factory.ledger.work / ROWS))
    try:
        known, kept = found if isinstance(found, tuple) else ("", {})
        rows = {name: Row(*values) for name, values in kept.items()}
    except (TypeError, ValueError, AttributeError):
        return {}  # they are not ours
    same = known == common
    return rows if same else {name: row for name, row in rows.items() if not row.shape}
