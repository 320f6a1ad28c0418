"""The hand-off has the shape that its contract's JSON Schema asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from factoryline.contracts.base import Breach, Delivery
from factoryline.spec import schema


def check(delivery: Delivery) -> Iterator[Breach]:
    if delivery.handoff is None:
        return
    contract = delivery.cell.hands
    value = dict(delivery.handoff)
    for violation in (*_unwritable(value), *schema.violations(value, contract.schema)):
        yield Breach(
            message=f"the {contract.name} breaks its contract: {violation}",
            span=delivery.cell.span,
            help=violation.help,
        )


def _unwritable(value: Any, path: schema.Path = ()) -> Iterator[schema.Violation]:
    """Text that JSON can hold and a file in UTF-8 cannot: half of a surrogate pair."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _unwritable(name, (*path, name))
            yield from _unwritable(part, (*path, name))
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield from _unwritable(part, (*path, index))
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            yield schema.Violation(path=path, message="this is not Unicode text")
