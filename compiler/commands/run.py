"""factory run: doit, but an answer at once where nothing is to do."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

from factoryline.commands.base import open_factory
from factoryline.errors import UserError
from factoryline.plugin import Loader
from factoryline.run.engine import run_doit

HELP = "run what is stale; `doit`, without waiting for it when nothing is"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="*", help="artifacts or stages; all of them otherwise")
    parser.add_argument("-n", "--threads", type=int, default=0, help="how many stages at once")
    parser.add_argument(
        "--wait", action="store_true", help="stay until all that is paused has gone on too"
    )


def run(args: argparse.Namespace) -> int:
    if args.file:
        raise UserError("`factory run` works on the factory.yaml of its folder", help="go there")
    parallel = ["-n", str(args.threads), "-P", "thread"] if args.threads else []
    names = [name.replace("/", ":") for name in args.name]
    code = _once([*parallel, *names])
    while args.wait and code == 0 and _slept(args):
        code = _once([*parallel, *names])
    return code


def _once(arguments: list[str]) -> int:
    loader = Loader()
    try:
        return run_doit(loader, ["run", *arguments])
    finally:
        # Whoever waits between two runs keeps nobody from the line.
        if loader.lock:
            loader.lock.drop()


def _slept(args: argparse.Namespace) -> bool:
    """Wait for the first pause to end; whether there was any."""
    from factoryline.run.certificate import pauses
    from factoryline.run.pause import local
    from factoryline.run.survey import survey

    factory = open_factory(args)
    rests = pauses(factory, survey(factory).states)
    until = min((rest.until for rest in rests), default=None)
    if until is None:
        return False
    print(f"waiting until {local(until)}; ^C ends that and loses nothing", flush=True)
    time.sleep(max((until - datetime.now(UTC)).total_seconds(), 0.0))
    return True
