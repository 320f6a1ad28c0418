"""factory run: doit, but an answer at once where nothing is to do."""

from __future__ import annotations

import argparse

from factoryline.errors import UserError
from factoryline.plugin import Loader
from factoryline.run.engine import run_doit

HELP = "run what is stale; `doit`, without waiting for it when nothing is"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="*", help="artifacts or stages; all of them otherwise")
    parser.add_argument("-n", "--threads", type=int, default=0, help="how many stages at once")


def run(args: argparse.Namespace) -> int:
    if args.file:
        raise UserError("`factory run` works on the factory.yaml of its folder", help="go there")
    parallel = ["-n", str(args.threads), "-P", "thread"] if args.threads else []
    return run_doit(Loader(), ["run", *parallel, *(name.replace("/", ":") for name in args.name)])
