"""factory report: the artifacts side by side, as the founding table put them."""

from __future__ import annotations

import argparse
import sys
from datetime import date

from factoryline import terminal
from factoryline.commands.base import open_factory
from factoryline.overview.base import report
from factoryline.overview.cells import GROUPS
from factoryline.overview.table import REPORTS
from factoryline.typed import typed

HELP = "put the artifacts side by side: lines, rework, tests, time, cost"
EXAMPLES = (
    "factory report",
    "factory report --stages --format markdown",
    "factory report --by month --since 2026-01-01",
    "factory report --format csv",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=sorted(REPORTS), default="text")
    parser.add_argument(
        "--by",
        choices=sorted(GROUPS),
        default="cell",
        help="what the second table is about (%(default)s unless given)",
    )
    parser.add_argument(
        "--stages", dest="by", action="store_const", const="stage", help="the same as --by stage"
    )
    parser.add_argument(
        "--since", type=_day, metavar="DATE", help="without what ended before this day"
    )
    parser.add_argument(
        "--artifact", action="append", default=[], metavar="NAME", help="this one alone; repeatable"
    )


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    only = [factory.need_artifact(name) for name in args.artifact]
    found = report(factory.plan, factory.ledger, since=args.since or "", only=only)
    if not found.rows and not found.others and args.format == "text":
        none = "no artifact has begun" if not (args.since or only) else "there is no such artifact"
        print(f"{none}; `{typed()}` runs the line")
        return 0
    columns = terminal.width(sys.stdout)
    print(REPORTS[args.format](found, by=args.by, columns=columns))
    return 0


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"{text} is not a day, such as 2026-11-01") from wrong
