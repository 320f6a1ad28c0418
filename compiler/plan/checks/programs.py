"""Programs of cells: bounds that could never take effect."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.diagnostics import Diagnostic, span_of_time
from factoryline.spec.model import CellSpec, Spec


def check(spec: Spec) -> Iterator[Diagnostic]:
    for cell in spec.cells:
        yield from _idle(cell)


def _idle(cell: CellSpec) -> Iterator[Diagnostic]:
    if cell.idle and cell.idle_span and cell.timeout and cell.idle >= cell.timeout:
        yield Diagnostic(
            message=f"`{cell.name.name}` is ended after {span_of_time(cell.timeout)} anyway, so "
            f"that an `idle` of {span_of_time(cell.idle)} never takes effect",
            span=cell.idle_span,
            help="make it shorter than `timeout`, or leave it out",
            severity="warning",
            code="idle",
        )
