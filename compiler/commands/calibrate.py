"""factory calibrate: whether the ledger speaks for more than one artifact at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from factoryline import terminal
from factoryline.commands.base import open_factory
from factoryline.diagnostics import listing, plural
from factoryline.learning.calibration import Calibration, lacking
from factoryline.overview.text import laid_out
from factoryline.run.evidence import calibrated

HELP = "show how steady contracts and verdicts are, which `wip` above 1 needs"
EXAMPLES = ("factory calibrate",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    found = calibrated(factory)
    print(terminal.present("\n".join(_said(found)), sys.stdout))
    missing = list(lacking(factory.plan.learning, found))
    if missing:
        print(terminal.present(f"one at a time: {listing(missing)}", sys.stdout))
    else:
        print("the ledger speaks for more than one artifact at once: `flow: {wip: 2}`")
    return 0


def _said(found: Calibration) -> Iterator[str]:
    if not found.artifacts:
        yield "no artifact is sealed yet"
        return
    yield f"over {plural(len(found.artifacts), 'sealed artifact')}: {listing(found.artifacts)}"
    cells = [["cell", "handed on", "rejected", "failed", "rounds opened"]]
    for name, cell in found.cells.items():
        counts = (cell.finished, cell.rejected, cell.failed, cell.rounds)
        cells.append([name, *map(str, counts)])
    scopes = [["scope", "passed", "overturned", "escaped"]]
    for name, one in found.verifiers.items():
        scopes.append([name, *map(str, (one.passed, one.overturned, one.escaped))])
    yield f"\n{laid_out(cells)}\n\n{laid_out(scopes)}\n"
