"""For a terminal: columns, numbers to the right."""

from __future__ import annotations

from factoryline.overview.base import Report
from factoryline.overview.cells import LEFT, Table, artifacts, cells, closing, stages


def report(report: Report, *, by_stage: bool = False) -> str:
    costs = stages(report) if by_stage else cells(report)
    return "\n\n".join([_table(artifacts(report)), _table(costs), "\n".join(closing(report))])


def _table(table: Table) -> str:
    head = table[0]
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    lines = ["  ".join(_cell(w, head[i], widths[i]) for i, w in enumerate(line)) for line in table]
    return "\n".join(line.rstrip() for line in lines)


def _cell(word: str, column: str, width: int) -> str:
    return word.ljust(width) if column in LEFT else word.rjust(width)
