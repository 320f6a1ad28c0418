"""factory reopen: take a sealed artifact up again."""

from __future__ import annotations

import argparse

from factoryline.commands.base import open_factory
from factoryline.errors import UserError
from factoryline.run.repin import repin
from factoryline.typed import typed

HELP = "take a sealed artifact up again, on the base as it is now"
EXAMPLES = ("factory reopen api-key-entry --why 'the merge was reverted'",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the sealed artifact")
    parser.add_argument("--why", required=True, help="the reason, for the history")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    name = factory.need_artifact(args.name)
    with factory.writing(f"factory reopen {name}"):
        record = factory.record(name)
        if not record.sealed:
            raise UserError(f"{name} is not sealed", help=f"`factory explain {name}` says more")
        factory.ledger.history(name).append("reopened", reason=args.why)
        repin(factory, record, reason=f"reopened: {args.why}")
    print(f"{name} is open again; {typed()} goes on from here")
    return 0
