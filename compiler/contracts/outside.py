"""A cell works in its work tree: not on git's own files, and not in other checkouts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from factoryline.contracts.base import Breach, Delivery, Effect
from factoryline.plan.model import Cell


def check(delivery: Delivery) -> Iterator[Breach]:
    yield from breaches(delivery.cell, delivery.effects)


def breaches(cell: Cell, effects: Iterable[Effect]) -> Iterator[Breach]:
    """What of a program's effects breaks the contract of its cell."""
    for effect in effects:
        if effect.breach:
            message = f"`{cell.name}` {effect.what}"
            yield Breach(message=message, span=cell.span, help=effect.help)
