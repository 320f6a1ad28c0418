"""factory forget: take an entry out of the record, as `doit forget` does; the history keeps it."""

from __future__ import annotations

import argparse

from factoryline.commands.base import add_names, through_doit

HELP = "remove the entry of a stage, so that it runs again; the history keeps it whole"
EXAMPLES = ("factory forget api-key-entry:1-verify",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_names(parser, needed=True)


def run(args: argparse.Namespace) -> int:
    return through_doit(args, ["forget"])
