"""A cell edits what it may touch, something where it must, and never the factory itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from factoryline.contracts.base import Breach, Delivery
from factoryline.diagnostics import listing
from factoryline.plan.model import Plan


def check(delivery: Delivery) -> Iterator[Breach]:
    cell = delivery.cell
    own = [path for path in delivery.edits if protects(delivery.protected, path)]
    if own:
        yield Breach(
            message=f"`{cell.name}` changed the factory itself: {listing(own, limit=5)}",
            span=cell.touches_span,
            help="the ledger and factory.yaml are kept out of every artifact",
        )
    outside = [p for p in delivery.edits if p not in own and not cell.touches.allows(p)]
    if outside:
        yield Breach(
            message=f"`{cell.name}` edited {listing(outside, limit=5)}; it may touch "
            f"{cell.touches}",
            span=cell.touches_span,
            help="widen `touches`, or keep the work inside it",
        )
    if cell.hands.name == "change" and not delivery.edits:
        yield Breach(
            message=f"`{cell.name}` changed nothing",
            span=cell.span,
            help="a change without a changed line is a failure, whatever the program says",
        )


def protected_in(plan: Plan, checkout: Path) -> tuple[str, ...]:
    """The factory's own paths as a checkout names them; none where it lies elsewhere."""
    home, top = plan.home.resolve(), checkout.resolve()
    if not home.is_relative_to(top):
        return ()
    own = home.relative_to(top)
    return tuple((own / name).as_posix() for name in ("state", plan.file))


def protects(protected: Iterable[str], path: str) -> bool:
    """Whether a path is one of the protected ones or lies in one."""
    return any(path == own or path.startswith(own + "/") for own in protected)
