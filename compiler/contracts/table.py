"""Every check of a delivery, one line each."""

from __future__ import annotations

from factoryline.contracts import no_secret, outside, payload, touches
from factoryline.contracts.base import Breach, Check, Delivery

CHECKS: tuple[Check, ...] = (
    outside.check,
    touches.check,
    payload.check,
    no_secret.check,
)


def breaches(delivery: Delivery) -> tuple[Breach, ...]:
    """Everything that is wrong with a delivery."""
    return tuple(breach for check in CHECKS for breach in check(delivery))
