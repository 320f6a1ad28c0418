"""`factory`: the command line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from factoryline import VERSION
from factoryline.boundary import guarded
from factoryline.commands.table import COMMANDS
from factoryline.diagnostics import did_you_mean, shown
from factoryline.errors import ExitCode


class _Parser(argparse.ArgumentParser):
    """A wrong word on the command line is the user's mistake, and ends as all of these do."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(ExitCode.REFUSED, f"error: {message}\n")


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """All subcommands with their arguments; with `only`, that one alone."""
    return _parsers(only)[0]


def _parsers(
    only: str | None = None,
) -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    top = _Parser(
        prog="factory",
        description="Make for agent work in a git repository. `doit` runs the line.",
    )
    top.add_argument("--version", action="version", version=f"factoryline {VERSION}")
    top.add_argument("-f", "--file", metavar="PATH", help="the factory.yaml to use")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    subs = {}
    for name in (only,) if only else COMMANDS:
        command = COMMANDS[name]
        one = "example" if len(command.EXAMPLES) == 1 else "examples"
        subs[name] = commands.add_parser(
            name,
            help=command.HELP,
            description=command.HELP,
            epilog="\n".join([f"{one}:", *(f"  {example}" for example in command.EXAMPLES)]),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(subs[name])
    return top, subs


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; returns the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    if ASKED in os.environ:
        from factoryline.commands import completion

        top, subs = _parsers()
        completion.offer(subs, top)
    if not words:
        parser().print_help(sys.stderr)
        return ExitCode.REFUSED
    first = words[0]
    if not first.startswith("-") and first not in COMMANDS:
        known = did_you_mean(first, COMMANDS)
        sys.stderr.write(f"error: there is no command `{shown(first)}`\nhelp: {known}\n")
        return ExitCode.REFUSED
    # Where the first word is a command, no other one has to be imported.
    args = parser(first if first in COMMANDS else None).parse_args(words)
    command = COMMANDS[args.command]
    home = Path(args.file).parent if args.file else Path.cwd()
    return guarded(lambda: command.run(args), log=home / "state/.work/factoryline.log")


ASKED = "_ARGCOMPLETE"
"""Set in the environment where a shell asks what may come next."""


if __name__ == "__main__":
    sys.exit(main())
