"""Where artifacts stand, as values: `status` finds a state, `survey` all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

MARKS = {
    "sealed": "=",
    "waiting": "?",
    "paused": "z",
    "queued": "~",
    "blocked": "!",
    "failed": "!",
    "due": ".",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`kind` is a key of MARKS; `stage` is where it stands, empty when nowhere."""

    artifact: str
    kind: str
    stage: str
    sentence: str
    command: str = ""

    @property
    def mark(self) -> str:
        return MARKS[self.kind]


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
