"""factory plan: what factory.yaml means, for people, as data or as a drawing."""

from __future__ import annotations

import argparse

from factoryline.commands.base import open_factory
from factoryline.emit.graphs.base import graph
from factoryline.emit.graphs.table import FORMATS

HELP = "show the plan: cells, scopes, and the stages each artifact is expected to go through"
EXAMPLES = (
    "factory plan",
    "factory plan --format mermaid api-key-entry",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="one artifact (all otherwise)")
    parser.add_argument("--format", choices=sorted(FORMATS), default="text")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    only = factory.plan.artifact(factory.need_artifact(args.name)) if args.name else None
    print(FORMATS[args.format](graph(factory.plan, only)))
    return 0
