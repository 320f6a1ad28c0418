"""factory status: where every artifact stands."""

from __future__ import annotations

import argparse
import sys

from factoryline import terminal
from factoryline.commands.base import open_factory
from factoryline.drive.signs import at_work
from factoryline.learning.priors import idle
from factoryline.skipping.certificate import certify, table
from factoryline.skipping.survey import survey
from factoryline.system import locks

HELP = "show where every artifact stands, and what moves it on"
EXAMPLES = ("factory status",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    found = survey(factory)
    print(terminal.present(table(factory, found.states), sys.stdout), end="")
    for prior, reason in idle(factory.plan, factory.ledger):
        print(f"the prior {prior['id']} reaches no artifact: {reason}")
    holder = locks.holder(factory.ledger.work / "lock")
    if holder:
        print(f"the line is in use by {holder}; a stage shows here when it is done")
        for sentence in at_work(factory.ledger.work / "running"):
            print(sentence)
    if factory.ledger.work.is_dir():
        certify(factory, found)
    return 0
