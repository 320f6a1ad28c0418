"""factory rebase: let an artifact start from the base as it is now."""

from __future__ import annotations

import argparse

from factoryline.commands.base import open_factory
from factoryline.errors import UserError
from factoryline.run.repin import repin
from factoryline.typed import typed

HELP = "move an artifact on to the base as it is now"
EXAMPLES = ("factory rebase api-key-entry",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="an artifact in progress")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    name = factory.need_artifact(args.name)
    with factory.writing(f"factory rebase {name}"):
        record = factory.record(name)
        if record.sealed:
            raise UserError(f"{name} is sealed", help=f"factory reopen {name} --why …")
        if not record.begun:
            raise UserError(
                f"{name} has not begun; it will start from the base as it is then",
                help=f"{typed(name)} begins it",
            )
        factory.ledger.history(name).append("rebased")
        repin(factory, record, reason="rebased")
    print(f"{name} starts from the base as it is now; {typed()} goes on from here")
    return 0
