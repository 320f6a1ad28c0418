"""factory calibrate: whether the ledger speaks for more than one artifact at once."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from factoryline.commands.base import open_factory
from factoryline.diagnostics import listing, plural
from factoryline.learning.calibration import Calibration, lacking
from factoryline.run.evidence import calibrated

HELP = "show how steady contracts and verdicts are, which `wip` above 1 needs"
EXAMPLES = ("factory calibrate",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    found = calibrated(factory)
    print("\n".join(_said(found)))
    missing = list(lacking(factory.plan.learning, found))
    if missing:
        print(f"one at a time: {listing(missing)}")
    else:
        print("the ledger speaks for more than one artifact at once: `flow: {wip: 2}`")
    return 0


def _said(found: Calibration) -> Iterator[str]:
    if not found.artifacts:
        yield "no artifact is sealed yet"
        return
    yield f"over {plural(len(found.artifacts), 'sealed artifact')}: {listing(found.artifacts)}"
    yield from _table(
        ["cell", "handed on", "rejected", "failed", "rounds opened"],
        [
            [name, *map(str, (cell.finished, cell.rejected, cell.failed, cell.rounds))]
            for name, cell in found.cells.items()
        ],
    )
    yield from _table(
        ["scope", "passed", "overturned by review", "escaped after the merge"],
        [
            [name, *map(str, (one.passed, one.overturned, one.escaped))]
            for name, one in found.verifiers.items()
        ],
    )


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield ""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        first, *rest = (
            word.ljust(width) if i == 0 else word.rjust(width)
            for i, (word, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *rest])
    yield ""
