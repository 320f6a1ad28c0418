"""factory status: where every artifact stands."""

from __future__ import annotations

import argparse
import time

from factoryline.commands.base import open_factory
from factoryline.run.survey import certify, survey, table

HELP = "show where every artifact stands, and what moves it on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    started = time.time_ns()
    states = survey(factory)
    print(table(factory, states), end="")
    if factory.ledger.work.is_dir():
        certify(factory, states, started)
    return 0
