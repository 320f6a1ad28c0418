"""factory clean: remove an artifact's work tree, as `doit clean` does; the record stays."""

from __future__ import annotations

import argparse

from factoryline.commands.base import add_names, through_doit

HELP = "remove the work tree of an artifact; the record stays"
EXAMPLES = ("factory clean --dry-run api-key-entry",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_names(parser, needed=True)
    parser.add_argument("-n", "--dry-run", action="store_true", help="say what would go")


def run(args: argparse.Namespace) -> int:
    return through_doit(args, ["clean", *(["-n"] if args.dry_run else [])])
