"""factory accept: an edit that cannot matter makes nothing stale."""

from __future__ import annotations

import argparse

from factoryline.commands.base import open_factory
from factoryline.errors import UserError
from factoryline.run.accept import accept

HELP = "re-key a stale entry without running its stage, and put the reason on record"
EXAMPLES = ("factory accept api-key-entry/1-build --why 'a typing error in the goal'",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("stage", metavar="NAME/STAGE", help="the stage, such as limit/1-build")
    parser.add_argument("--why", required=True, help="the reason, for the history")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    name, _, stage_id = args.stage.replace(":", "/").partition("/")
    factory.need_artifact(name)
    if not stage_id:
        raise UserError("no stage is named", help=f"factory accept {name}/STAGE --why …")
    with factory.writing(f"factory accept {args.stage}"):
        reasons = accept(factory, name, stage_id, why=args.why)
    print(f"{name}/{stage_id} is fresh again, although {'; '.join(reasons)}")
    return 0
