"""More than one artifact at once needs evidence that the line is steady."""

from __future__ import annotations

from factoryline.diagnostics import listing
from factoryline.errors import UserError
from factoryline.learning import calibration
from factoryline.learning.calibration import Calibration
from factoryline.run.factory import Factory


def calibrated(factory: Factory) -> Calibration:
    records = (factory.record(one.name) for one in factory.plan.artifacts)
    return calibration.calibration(factory.plan, factory.ledger, records)


def lacking(factory: Factory) -> list[str]:
    """What `flow: {wip: …}` asks for and the ledger does not show; empty where nothing lacks."""
    flow = factory.plan.flow
    if flow.wip == 1 or not flow.calibrated:
        return []
    return list(calibration.lacking(factory.plan.learning, calibrated(factory)))


def need(factory: Factory) -> None:
    """Raises UserError where more is to be in progress at once than the ledger speaks for."""
    found = lacking(factory)
    if found:
        raise UserError(
            f"`wip: {factory.plan.flow.wip}` is more than the ledger speaks for: {listing(found)}",
            help="`factory calibrate` shows it all; go on with `flow: {wip: 1}`, or without "
            "evidence by `flow: {wip: …, calibrated: false}`, which every report then says",
        )
