"""factory note: the post-run note of an artifact, and remarks that people add to it."""

from __future__ import annotations

import argparse

from factoryline.commands.base import open_factory
from factoryline.errors import UserError
from factoryline.run.answer import reviewer
from factoryline.run.notes import add_remark, note_path
from factoryline.system import files

HELP = "show the post-run note of an artifact, or add a remark to it"
EXAMPLES = (
    "factory note api-key-entry",
    "factory note api-key-entry --remark 'The proxy was slow that day.'",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="a sealed artifact")
    parser.add_argument("--remark", metavar="TEXT", help="what to add; nothing becomes stale by it")
    parser.add_argument("--by", help="who says so (git's user.name otherwise)")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    name = factory.need_artifact(args.name)
    path = note_path(factory, name)
    if not (factory.ledger.sealed(name) and path.exists()):
        raise UserError(
            f"{name} has no note yet", help=f"it gets one at its end; `factory explain {name}`"
        )
    if args.remark is None:
        print(files.read(path).decode("utf-8", "replace").rstrip())
        return 0
    if not args.remark.strip():
        raise UserError("the remark is empty", help="say it with --remark '…'")
    by = args.by or reviewer(factory)
    with factory.writing(f"factory note {name}"):
        add_remark(factory, name, args.remark, by)
    print(f"added to {path.relative_to(factory.plan.home)}")
    return 0
