"""What is checked, and what a breach is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from factoryline.diagnostics import Span
from factoryline.ledger.entry import Handoff
from factoryline.plan.model import Cell, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """Lines that an edit adds next to each other; `line` is the number of the first."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a program did beyond its work. `what` goes on a sentence that begins with its cell.

    breach: whether the work is not taken; else it is only told.
    """

    what: str
    help: str = ""
    breach: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a cell leaves behind.

    edits: the paths that differ from where the cell started. handoff: None while it is still to be
    made. protected: the paths of the factory itself in the target, which no change may touch.
    added: the text that the edits add.
    effects: what its program did beyond its work.
    """

    plan: Plan
    cell: Cell
    edits: tuple[str, ...]
    handoff: Handoff | None
    protected: tuple[str, ...] = ()
    added: tuple[Added, ...] = ()
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One way in which a delivery breaks its contract. `span` is the place in factory.yaml."""

    message: str
    span: Span
    help: str = ""


Check = Callable[[Delivery], Iterator[Breach]]
