"""The line fits together: what a cell takes was handed before, and rounds return to the front."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from factoryline.diagnostics import Diagnostic, listing
from factoryline.plan import builtin
from factoryline.plan.kinds import KINDS
from factoryline.spec.model import CellSpec, Spec


def check(spec: Spec) -> Iterator[Diagnostic]:
    cells = {cell.name.name: cell for cell in spec.cells}
    line = [cells[ref.name] for ref in spec.line if ref.name in cells]
    yield from _order(line, {*builtin.CONTRACTS, *(c.name.name for c in spec.contracts)})
    yield from _returns(line, cells)
    yield from _merges(spec, line)
    yield from _judges(line)
    for cell in spec.cells:
        yield from _hands(cell)
        if all(cell is not other for other in line):
            yield Diagnostic(
                message=f"the cell `{cell.name.name}` is not on the line",
                span=cell.name.span,
                help="add it to `line`, or remove it",
                severity="warning",
                code="unused",
            )


def handed_by(cell: CellSpec) -> str:
    """The contract that a cell hands; empty where it is missing."""
    return KINDS[cell.kind].hands or (cell.hands.name if cell.hands else "")


def _order(line: list[CellSpec], contracts: set[str]) -> Iterator[Diagnostic]:
    handed: dict[str, CellSpec] = {}
    later = {handed_by(cell): cell for cell in line}
    for cell in line:
        takes = {ref.name: ref.span for ref in cell.takes}
        defaults = () if takes else KINDS[cell.kind].takes
        wanted = takes | dict.fromkeys((*defaults, *KINDS[cell.kind].needs), cell.name.span) | takes
        for name, span in wanted.items():
            # An unknown name is said where names are checked.
            if name == builtin.FEEDBACK or name in handed or name not in contracts:
                continue
            producer = later.get(name)
            place = f"`{producer.name.name}` does, but later" if producer else "no cell does"
            yield Diagnostic(
                message=f"`{cell.name.name}` takes `{name}`, which no earlier cell hands",
                span=span,
                help=f"{place}; on the line before it: {listing(handed) or 'nothing'}",
                code="takes",
            )
        if cell.takes:
            for name in sorted(set(KINDS[cell.kind].needs) - set(takes)):
                yield Diagnostic(
                    message=f"a cell of kind {cell.kind} needs `{name}` among what it takes",
                    span=cell.takes[0].span,
                    help=f"takes: [{', '.join([*takes, name])}]",
                    code="takes",
                )
        handed[handed_by(cell)] = cell


def _returns(line: list[CellSpec], cells: Mapping[str, CellSpec]) -> Iterator[Diagnostic]:
    names = [cell.name.name for cell in line]
    for index, cell in enumerate(line):
        known = cell.returns and cell.returns.name in cells
        if cell.returns and known and cell.returns.name not in names[:index]:
            yield Diagnostic(
                message=f"`{cell.name.name}` cannot return to `{cell.returns.name}`, "
                "which is not before it on the line",
                span=cell.returns.span,
                help=f"before it: {listing(names[:index]) or 'nothing'}",
                code="returns",
            )


def _merges(spec: Spec, line: list[CellSpec]) -> Iterator[Diagnostic]:
    handed = [handed_by(cell) for cell in line]
    if spec.flow.merge != "none" and line:
        for name in KINDS["merge"].needs:
            if name not in handed:
                yield Diagnostic(
                    message=f"the line ends with a merge, which takes `{name}`, "
                    "and no cell hands it",
                    span=spec.line[-1].span,
                    help="add a cell that does, or write `flow: {merge: none}`",
                    code="takes",
                )


def _judges(line: list[CellSpec]) -> Iterator[Diagnostic]:
    """A critic is heard by somebody; an analyst judges when all is done."""
    for index, cell in enumerate(line):
        after = [later.kind for later in line[index + 1 :]]
        if cell.kind == "critic" and not cell.returns and "review" not in after:
            yield Diagnostic(
                message=f"`{cell.name.name}` has no effect: it returns to no cell, and no review "
                "comes after it",
                span=cell.name.span,
                help="give it a `returns:`, or put it before a review",
                code="returns",
            )
        if cell.kind == "analyst" and set(after) - {"analyst"}:
            yield Diagnostic(
                message=f"`{cell.name.name}` judges the whole run, and cells come after it",
                span=cell.name.span,
                help="put it at the end of the line; it works after the merge",
                code="order",
            )


def _hands(cell: CellSpec) -> Iterator[Diagnostic]:
    fixed = KINDS[cell.kind].hands
    if cell.hands and fixed and cell.hands.name != fixed:
        yield Diagnostic(
            message=f"a cell of kind {cell.kind} hands `{fixed}`, not `{cell.hands.name}`",
            span=cell.hands.span,
            help=f"hands: {fixed}",
            code="hands",
        )
    own = {kind.hands: name for name, kind in KINDS.items() if kind.asks and kind.hands}
    if cell.hands and not fixed and cell.hands.name in own:
        yield Diagnostic(
            message=f"`{cell.hands.name}` is what a cell of kind {own[cell.hands.name]} hands",
            span=cell.hands.span,
            help=f"kind: {own[cell.hands.name]}",
            code="hands",
        )
    elif cell.hands and not fixed and cell.hands.name in builtin.MADE_BY_CODE - {"change"}:
        yield Diagnostic(
            message=f"`{cell.hands.name}` is computed by the line; no program can hand it",
            span=cell.hands.span,
            help="hand `memo`, `change`, or a contract of your own from `contracts`",
            code="hands",
        )
