"""For a pull request or a page: a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence

from factoryline.reports.base import Row
from factoryline.reports.cells import header, words
from factoryline.reports.text import LEFT


def report(rows: Sequence[Row], surfaces: Sequence[str]) -> str:
    head = header(surfaces)
    rule = ["---" if column in LEFT else "---:" for column in head]
    table = [head, rule, *(words(row, surfaces) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in table)
