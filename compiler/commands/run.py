"""factory run: doit, but an answer at once where nothing is to do."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

from factoryline.commands.base import add_names, open_factory, through_doit

HELP = "run what is stale, as far as it goes without a person, as `doit` does"
EXAMPLES = (
    "factory run",
    "factory run api-key-entry",
    "factory run -n 4 --wait",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_names(parser)
    parser.add_argument("-n", "--threads", type=int, default=0, help="how many stages at once")
    parser.add_argument(
        "--wait", action="store_true", help="stay until all that is paused has gone on too"
    )


def run(args: argparse.Namespace) -> int:
    parallel = ["-n", str(args.threads), "-P", "thread"] if args.threads else []
    code = through_doit(args, ["run", *parallel])
    while args.wait and code == 0 and _slept(args):
        code = through_doit(args, ["run", *parallel])
    return code


def _slept(args: argparse.Namespace) -> bool:
    """Wait for the first pause to end; whether there was any."""
    from factoryline.run.pause import local
    from factoryline.skipping.certificate import pauses
    from factoryline.skipping.survey import survey

    factory = open_factory(args)
    rests = pauses(factory, survey(factory).states)
    until = min((rest.until for rest in rests), default=None)
    if until is None:
        return False
    print(f"waiting until {local(until)}; ^C ends that and loses nothing", flush=True)
    time.sleep(max((until - datetime.now(UTC)).total_seconds(), 0.0))
    return True
