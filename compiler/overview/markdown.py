"""For a pull request or a page: Markdown tables."""

from __future__ import annotations

from factoryline.overview.base import Report
from factoryline.overview.cells import LEFT, Table, artifacts, cells, closing, stages


def report(report: Report, *, by_stage: bool = False, columns: int | None = None) -> str:
    del columns  # who renders it breaks lines
    costs = stages(report) if by_stage else cells(report)
    closed = "\n".join(f"- {line}" for line in closing(report))
    return "\n\n".join([_table(artifacts(report)), _table(costs), closed])


def _table(table: Table) -> str:
    head = table[0]
    rule = ["---" if column in LEFT else "---:" for column in head]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *table[1:]])
