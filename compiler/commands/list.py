"""factory list: the artifacts and their stages, as `doit list` has them."""

from __future__ import annotations

import argparse

from factoryline.commands.base import add_names, through_doit

HELP = "list the artifacts; with --all their stages, with --status which would run"
EXAMPLES = ("factory list --all --status",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_names(parser)
    parser.add_argument("--all", action="store_true", help="the stages too")
    parser.add_argument("--status", action="store_true", help="U up to date, R to run")


def run(args: argparse.Namespace) -> int:
    return through_doit(args, ["list", *(f"--{o}" for o in ("all", "status") if getattr(args, o))])
