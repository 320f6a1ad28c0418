"""Every check of a delivery, one line each."""

from __future__ import annotations

from factoryline.contracts import outside, payload, touches, unspoken
from factoryline.contracts.base import Breach, Check, Delivery

CHECKS: tuple[Check, ...] = (
    outside.check,
    touches.check,
    payload.check,
    unspoken.check,
)


def breaches(delivery: Delivery) -> tuple[Breach, ...]:
    """Everything that is wrong with a delivery."""
    return tuple(breach for check in CHECKS for breach in check(delivery))
