"""For a terminal: columns, numbers to the right."""

from __future__ import annotations

from collections.abc import Sequence

from factoryline.reports.base import Row
from factoryline.reports.cells import header, words

LEFT = ("artifact", "merged")


def report(rows: Sequence[Row], surfaces: Sequence[str]) -> str:
    head = header(surfaces)
    table = [head, *(words(row, surfaces) for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    lines = ["  ".join(_cell(w, head[i], widths[i]) for i, w in enumerate(line)) for line in table]
    return "\n".join(line.rstrip() for line in lines)


def _cell(word: str, column: str, width: int) -> str:
    return word.ljust(width) if column in LEFT else word.rjust(width)
