"""A change holds no secret. What it adds is looked through, and told by place, never by value."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.contracts.base import Breach, Delivery
from factoryline.diagnostics import listing
from factoryline.system import secrets


def check(delivery: Delivery) -> Iterator[Breach]:
    places = [
        f"{one.path}:{one.line + line} ({what})"
        for one in delivery.added
        for line, what in secrets.found_in(one.text.encode(errors="surrogateescape"))
    ]
    if places:
        yield Breach(
            message=f"the change contains what looks like a secret: {listing(places, limit=5)}",
            span=delivery.cell.span,
            help="read it from the environment; a token that is made up for a test says so with "
            "`pragma: allowlist secret` on its line",
        )
