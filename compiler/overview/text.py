"""For a terminal: columns, numbers to the right."""

from __future__ import annotations

from collections.abc import Sequence

from factoryline.diagnostics import listing
from factoryline.overview.base import Report
from factoryline.overview.cells import GROUPS, LEFT, Table, artifacts, closing

LAST = (
    *("cache read", "cache write", "input", "output", "requests", "run", "attempts", "retries"),
    *("tokens", "time", "tests", "merged", "cost", "rework"),
)
"""What a narrow terminal does without, the first of these first."""


def report(report: Report, *, by: str = "cell", columns: int | None = None) -> str:
    costs = GROUPS[by](report)
    tables = [fitting(artifacts(report), columns), fitting(costs, columns)]
    left_out = list(dict.fromkeys(name for _, names in tables for name in names))
    said = closing(report)
    if left_out:
        said.append(f"left out at {columns} columns: {listing(left_out)}")
    return "\n\n".join([*(laid_out(table) for table, _ in tables), "\n".join(said)])


def fitting(table: Table, columns: int | None) -> tuple[Table, list[str]]:
    """A table that is no wider than `columns`, and the names of the columns that are left out.

    Lines of surfaces go last, from the right; who it is about always stays.
    """
    lines = [name for name in reversed(table[0]) if name.endswith(" lines")]
    left_out: list[str] = []
    for name in (*LAST, *lines):
        if columns is None or _width(table) <= columns:
            break
        if name in table[0]:
            at = list(table[0]).index(name)
            table = [[*line[:at], *line[at + 1 :]] for line in table]
            left_out.append(name)
    return table, left_out


def _widths(table: Table) -> Sequence[int]:
    return [max(len(line[i]) for line in table) for i in range(len(table[0]))]


def _width(table: Table) -> int:
    widths = _widths(table)
    return sum(widths) + 2 * (len(widths) - 1)


def laid_out(table: Table) -> str:
    """A table as lines, in columns."""
    head, widths = table[0], _widths(table)
    lines = ["  ".join(_cell(w, head[i], widths[i]) for i, w in enumerate(line)) for line in table]
    return "\n".join(line.rstrip() for line in lines)


def _cell(word: str, column: str, width: int) -> str:
    return word.ljust(width) if column in LEFT else word.rjust(width)
