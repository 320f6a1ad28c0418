"""factory status: where every artifact stands."""

from __future__ import annotations

import argparse

from factoryline.commands.base import open_factory
from factoryline.run.survey import survey

HELP = "show where every artifact stands, and what moves it on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    states = survey(factory)
    width = max((len(s.artifact) for s in states), default=0)
    for one in states:
        print(f"{one.mark}  {one.artifact:<{width}}  {one.sentence}")
        if one.command and one.kind != "due":
            print(f"   {'':<{width}}  {one.command}")
    return 0
