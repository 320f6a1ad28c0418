"""The hand-off has the shape that its contract's JSON Schema asks for."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.contracts.base import Breach, Delivery
from factoryline.spec import schema


def check(delivery: Delivery) -> Iterator[Breach]:
    if delivery.handoff is None:
        return
    contract = delivery.cell.hands
    for violation in schema.violations(dict(delivery.handoff), contract.schema):
        yield Breach(
            message=f"the {contract.name} breaks its contract: {violation}",
            span=delivery.cell.span,
            help=violation.help,
        )
