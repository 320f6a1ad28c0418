"""For a pull request or a page: Markdown tables."""

from __future__ import annotations

from factoryline.overview.base import Report
from factoryline.overview.cells import GROUPS, LEFT, Table, artifacts, closing


def report(report: Report, *, by: str = "cell", columns: int | None = None) -> str:
    del columns  # who renders it breaks lines
    costs = GROUPS[by](report)
    closed = "\n".join(f"- {line}" for line in closing(report))
    return "\n\n".join([_table(artifacts(report)), _table(costs), closed])


def _table(table: Table) -> str:
    head = table[0]
    rule = ["---" if column in LEFT else "---:" for column in head]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *table[1:]])
