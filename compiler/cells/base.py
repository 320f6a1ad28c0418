"""What a cell gets, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from factoryline.learning.priors import Prior
from factoryline.ledger.cost import FREE, Cost, Usage
from factoryline.ledger.entry import Entry, Handoff
from factoryline.ledger.query import Record
from factoryline.ledger.store import Ledger
from factoryline.plan.digest import Input, Inputs
from factoryline.plan.model import Artifact, Cell, Plan
from factoryline.plan.rounds import Stage
from factoryline.system.git import Git, Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a program needs to go on where it ended, and what it said of all of it so far."""

    session: str = ""
    usage: Usage | None = None
    usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One attempt of a stage.

    repository: the target. tree: the artifact's work tree, at the commit `start`.
    base: the commit of the base branch that the artifact is built on.
    taken: the newest entry for each contract that the cell takes.
    consumed: every input of the stage, by name.
    feedback: what the last round left to mend; earlier: what the rounds before it had left.
    brief: what the cell is told; cuts: what had to be left out of it.
    rejected: why the attempt before this one was sent back. conversation: the one it was in.
    protected: the factory's own paths in the target.
    scratch: a folder for the brief, the hand-off and reports; never committed.
    log: where this attempt's streams go, without an ending.
    """

    plan: Plan
    artifact: Artifact
    cell: Cell
    stage: Stage
    ledger: Ledger
    record: Record
    repository: Git
    tree: Git
    base: str
    start: str
    taken: Mapping[str, Entry]
    consumed: Inputs
    feedback: Mapping[str, Any] | None
    earlier: tuple[Mapping[str, Any], ...]
    priors: tuple[Prior, ...]
    lessons: tuple[str, ...]
    protected: tuple[str, ...]
    scratch: Path
    log: Path = Path()
    brief: str = ""
    cuts: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    conversation: Conversation | None = None

    def handoff(self, contract: str) -> Handoff:
        """What the cell takes under a contract's name."""
        return self.taken[contract].handoff


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A cell's work. `handoff` is None where the edits are the work and git tells the rest.

    documents: further files for the ledger, by their ending, such as `packet.md`.
    trouble: what a program did instead of handing something on; empty when it did.
    refused: the tools that the program was not allowed to use; conversation: where it can go on.
    grounds: what each check of a verdict rests on. summary: half a line for people.
    author, message: of the commit, where they are given.
    """

    handoff: Handoff | None = None
    outcome: str = "done"
    trouble: str = ""
    refused: tuple[str, ...] = ()
    conversation: Conversation | None = None
    grounds: Sequence[Mapping[str, Any]] = ()
    summary: str = ""
    cost: Cost = FREE
    by: str = "factoryline"
    documents: Mapping[str, str] = field(default_factory=dict)
    author: Signature | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The stage waits for a person. `command` is what answers it.

    refused: whether a verdict or a merge said no before it, so that the run did not end well.
    """

    reason: str
    command: str
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A stage of which somebody asks whether it is fresh.

    before: the entries before it on the way. entry: what it left the last time, if anything.
    target: opens the repository.
    """

    plan: Plan
    artifact: Artifact
    cell: Cell
    stage: Stage
    before: Sequence[Entry]
    entry: Entry | None
    target: Callable[[], Git]


class Kind(Protocol):
    """A module of this folder that is a kind of cell; plan/kinds.py has what is fixed about it."""

    def run(self, job: Job) -> Result | Waiting:
        """Do the work, or say for whom it waits."""

    def consumed(self, asked: Asked) -> dict[str, Input]:
        """Its inputs from outside of factory.yaml and the ledger; for kinds with `outside`."""
