"""factory escape: a fault that was found after the merge, recorded against the verdict."""

from __future__ import annotations

import argparse

from factoryline.commands.base import open_factory
from factoryline.errors import UserError
from factoryline.learning.calibration import ESCAPED
from factoryline.run.answer import reviewer

HELP = "record a fault that was found after the merge"
EXAMPLES = ("factory escape api-key-entry --why 'An empty key is accepted.'",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the artifact whose verdict missed it")
    parser.add_argument("--why", required=True, help="what is wrong")
    parser.add_argument("--source", default="", help="where it was found, such as an issue")
    parser.add_argument("--by", help="who says so (git's user.name otherwise)")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    name = factory.need_artifact(args.name)
    record = factory.record(name)
    verdict = record.last("verdict")
    if not factory.ledger.sealed(name) or verdict is None:
        raise UserError(
            f"{name} is not merged and sealed, so nothing could escape from its verdict",
            help=f"say it in its review: factory review {name} --request-changes --finding '…'",
        )
    with factory.writing("factory escape"):
        factory.ledger.history(name).append(
            ESCAPED,
            verdict.stage.id,
            why=args.why,
            source=args.source,
            by=args.by or reviewer(factory),
        )
    print(f"{verdict.stage}: an escape is on record; `factory calibrate` counts it")
    return 0
