"""factory serve: the page, kept live during a run, with reviews answered on it."""

from __future__ import annotations

import argparse
import sys

from factoryline import terminal
from factoryline.commands.base import open_factory
from factoryline.drive.live import Rows
from factoryline.drive.signs import marked
from factoryline.page.server import Server
from factoryline.run.factory import Factory

HELP = "keep the page live in your browser, and answer reviews on it"
EXAMPLES = ("factory serve --open",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="on loopback; any free one otherwise")
    parser.add_argument("--open", action="store_true", help="show it in your browser")


def run(args: argparse.Namespace) -> int:
    open_factory(args)
    with Server(lambda: open_factory(args), _Running(), args.port) as server:
        text = f">  {server.address}\n   only this machine can open it; ^C ends it"
        print(terminal.present(text, sys.stdout), flush=True)
        if args.open:
            import webbrowser

            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("ended")
    return 0


class _Running:
    """The rows of what is at work; how long a cell usually takes is asked once for a plan."""

    def __init__(self) -> None:
        self._rows: tuple[str, Rows] | None = None

    def __call__(self, factory: Factory) -> list[str]:
        if self._rows is None or self._rows[0] != factory.plan.digest:
            self._rows = factory.plan.digest, Rows(factory)
        return self._rows[1].of(marked(factory.ledger.work / "running"))
