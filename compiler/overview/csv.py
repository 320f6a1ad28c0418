"""For a spreadsheet: one table, numbers as numbers, what is not known left empty."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from factoryline.ledger.cost import PARTS
from factoryline.ledger.spending import Spent
from factoryline.overview.base import Report, Row
from factoryline.overview.cells import GROUPS


def report(report: Report, *, by: str = "cell", columns: int | None = None) -> str:
    del columns  # a spreadsheet has as many as it needs
    table = [*_artifacts(report)] if by == "cell" else GROUPS[by](report)
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(table)
    return written.getvalue().rstrip("\n")


def _artifacts(report: Report) -> Iterator[list[str]]:
    lines = [f"{name} {when}" for name in report.surfaces for when in ("first", "last")]
    yield [
        *("run", "artifact", "began", "ended"),
        *lines,
        *("rounds", "rework", "retries", "tests run", "tests", "seconds"),
        *SPENT,
        *("merged", "autonomous"),
    ]
    yield from (_row(row, report) for row in report.rows)


SPENT = (*(part.replace("_", " ") for part in PARTS), "requests", "tokens", "usd", "unknown cost")


def _row(row: Row, report: Report) -> list[str]:
    pairs = [row.lines[name] or ("", "") for name in report.surfaces]
    tests = row.tests or ("", None)
    alone = "" if row.autonomous is None else str(row.autonomous).lower()
    return [
        *(str(row.run), row.artifact, row.began, row.ended),
        *(str(count) for pair in pairs for count in pair),
        *map(str, (row.rounds, row.rework, row.retries + row.critiques)),
        *(str(tests[0]), "" if tests[1] is None else str(tests[1])),
        f"{row.seconds:.3f}",
        *_spent(row.spent),
        *(row.merged or "", alone),
    ]


def _spent(spent: Spent) -> list[str]:
    usage = [getattr(spent.usage, name) for name in (*PARTS, "requests")]
    counts = ["" if count is None else str(count) for count in usage]
    return [*counts, str(spent.known_tokens), f"{spent.known_usd:.6f}", str(spent.unknown_usd)]
