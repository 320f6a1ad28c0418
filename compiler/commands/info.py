"""factory info: one stage's dependencies, as `doit info` has them."""

from __future__ import annotations

import argparse

from factoryline.commands.base import add_names, through_doit

HELP = "what a stage depends on, and why it would run"
EXAMPLES = ("factory info api-key-entry:1-build",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_names(parser, needed=True)


def run(args: argparse.Namespace) -> int:
    return through_doit(args, ["info"])
