"""The words of a row, shared by the formats for people."""

from __future__ import annotations

from collections.abc import Sequence

from factoryline.contracts.render import duration
from factoryline.reports.base import Row


def header(surfaces: Sequence[str]) -> list[str]:
    lines = [f"{name} lines" for name in surfaces]
    return ["run", "artifact", *lines, "rework", "retries", "tests", "time", "cost", "merged"]


def words(row: Row, surfaces: Sequence[str]) -> list[str]:
    return [
        str(row.run),
        row.artifact,
        *(_lines(row.lines[name]) for name in surfaces),
        str(row.rework),
        str(row.retries),
        _tests(row.tests),
        duration(row.seconds),
        "unknown" if row.cost.usd is None else f"${row.cost.usd:.2f}",
        row.merged[:10] if row.merged else "sealed" if row.sealed else "in progress",
    ]


def _lines(lines: tuple[int, int] | None) -> str:
    if lines is None:
        return "–"
    first, last = lines
    return str(first) if first == last else f"{first} → {last}"


def _tests(tests: tuple[int, int | None] | None) -> str:
    if tests is None:
        return "not counted"
    ran, known = tests
    return str(ran) if known is None else f"{ran} of {known}"
