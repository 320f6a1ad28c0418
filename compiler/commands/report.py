"""factory report: the artifacts side by side, as the founding table put them."""

from __future__ import annotations

import argparse
import sys

from factoryline import terminal
from factoryline.commands.base import open_factory
from factoryline.overview.base import report
from factoryline.overview.table import REPORTS
from factoryline.typed import typed

HELP = "put the artifacts side by side: lines, rework, tests, time, cost"
EXAMPLES = (
    "factory report",
    "factory report --stages --format markdown",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=sorted(REPORTS), default="text")
    parser.add_argument("--stages", action="store_true", help="what each stage cost, not each cell")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    found = report(factory.plan, factory.ledger)
    if not found.rows and not found.others and args.format == "text":
        print(f"no artifact has begun; `{typed()}` runs the line")
        return 0
    columns = terminal.width(sys.stdout)
    print(REPORTS[args.format](found, by_stage=args.stages, columns=columns))
    return 0
