"""The words of a report, shared by the formats for people: two tables and the last lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from factoryline.contracts.render import amount, dollars, duration
from factoryline.diagnostics import listing, plural
from factoryline.ledger import spending
from factoryline.ledger.cost import PARTS
from factoryline.ledger.spending import Spent
from factoryline.overview.base import Report, Row

Table = Sequence[Sequence[str]]
"""Lines of words; the first is the head."""

ZERO = ("0", "$0.00", "–")
"""What says nothing where it stands in a whole column."""

LEFT = ("artifact", "cell", "stage", "surface", "month", "scope", "merged")
"""The columns of words; the others are numbers."""


def telling(table: Table) -> Table:
    """A table without the columns that are zero for everybody."""
    head, *rows = table
    told = [i for i in range(len(head)) if not rows or any(row[i] not in ZERO for row in rows)]
    return [[line[i] for i in told] for line in table]


def artifacts(report: Report) -> Table:
    """What each artifact came to."""
    lines = [f"{name} lines" for name in report.surfaces]
    head = ["run", "artifact", *lines, "rework", "retries", "tests", "time", "tokens", "cost"]
    return telling([[*head, "merged"], *(_row(row, report.surfaces) for row in report.rows)])


def cells(report: Report) -> Table:
    """What each cell cost."""
    head = ["cell", *SPENT]
    return telling([head, *([name, *_spent(spent)] for name, spent in report.cells.items())])


def stages(report: Report) -> Table:
    """What each stage of each artifact cost."""
    head = ["stage", *SPENT]
    found = (
        [f"{row.artifact}/{stage}", *_spent(spent)]
        for row in report.rows
        for stage, spent in row.stages.items()
    )
    return telling([head, *found])


def surfaces(report: Report) -> Table:
    """What became of each surface: lines added in the first rounds, and in the last."""
    table = [["surface", "artifacts", "lines at first", "lines at last"]]
    for name in report.surfaces:
        pairs = [pair for row in report.rows if (pair := row.lines[name]) and any(pair)]
        first, last = (sum(pair[i] for pair in pairs) for i in (0, 1))
        table.append([name, str(len(pairs)), str(first), str(last)])
    return table


def months(report: Report) -> Table:
    """What each month brought, by the day on which an artifact's last stage ended."""
    word = "merged" if report.merges else "sealed"
    table = [["month", "artifacts", word, "rework", "retries", "time", "tokens", "cost"]]
    for month, rows in report.months.items():
        spent = spending.total(row.spent for row in rows)
        table.append(
            [
                *(month, str(len(rows)), str(sum(map(report.came_through, rows)))),
                str(sum(row.rework for row in rows)),
                str(sum(row.retries for row in rows)),
                duration(sum(row.seconds for row in rows)),
                *_tokens_and_cost(spent),
            ]
        )
    return telling(table)


GROUPS: Mapping[str, Callable[[Report], Table]] = {
    "cell": cells,
    "stage": stages,
    "surface": surfaces,
    "month": months,
}
"""What the second table of a report can be about."""


def closing(report: Report) -> list[str]:
    """What everything cost, and what that makes for each artifact that came through."""
    total, count = report.total, report.through
    word = "merged" if report.merges else "sealed"
    lines = [
        f"all: {amount(total)} in {plural(total.attempts, 'attempt')}, {duration(total.seconds)}"
    ]
    if report.unproven:
        lines.append(f"not calibrated: up to {report.unproven} artifacts at once, without evidence")
    if report.others:
        gone = ", ".join(f"{name} {amount(spent)}" for name, spent in report.others.items())
        lines.append(f"of it on artifacts that are no more: {gone}")
    if not count:
        return [*lines, f"per {word} artifact: none is {word} yet"]
    unknown = []
    if total.unknown_usd:
        unknown.append(f"{plural(total.unknown_usd, 'attempt')} of unknown cost")
    if total.unknown_tokens:
        unknown.append(f"{plural(total.unknown_tokens, 'attempt')} of unknown tokens")
    aside = f", not counting {listing(unknown)}" if unknown else ""
    # What is free is known too, but beside attempts that nobody knows it would read as their price.
    unpriced = total.unknown_usd and not total.known_usd
    money = "an unknown amount" if unpriced else dollars(total.known_usd / count)
    uncounted = total.unknown_tokens and not total.known_tokens
    tokens = "unknown" if uncounted else f"{total.known_tokens // count:,}"
    each = f"{money} and {tokens} tokens"
    lines.append(f"per {word} artifact ({count}): {each}{aside}")
    if report.alone:
        lines.append(f"{word} without a commit of a person: {report.alone} of {count}")
    return lines


SPENT = (
    "attempts",
    "time",
    *(part.replace("_", " ") for part in PARTS),
    "requests",
    "tokens",
    "cost",
)


def _spent(spent: Spent) -> list[str]:
    usage = [getattr(spent.usage, name) for name in (*PARTS, "requests")]
    return [
        str(spent.attempts),
        duration(spent.seconds),
        *("unknown" if count is None else f"{count:,}" for count in usage),
        *_tokens_and_cost(spent),
    ]


def _tokens_and_cost(spent: Spent) -> list[str]:
    """`12,300 + 1 unknown`, `$0.42 + 2 unknown`: what is known, and how many attempts are not."""
    pairs = (
        (f"{spent.known_tokens:,}", spent.known_tokens, spent.unknown_tokens),
        (dollars(spent.known_usd), spent.known_usd, spent.unknown_usd),
    )
    return [
        said if not unknown else f"{said} + {unknown} unknown" if known else "unknown"
        for said, known, unknown in pairs
    ]


def _row(row: Row, surfaces: Sequence[str]) -> list[str]:
    return [
        str(row.run),
        row.artifact,
        *(in_rounds(row.lines[name]) for name in surfaces),
        str(row.rework),
        str(row.retries),
        _tests(row.tests),
        duration(row.seconds),
        *_tokens_and_cost(row.spent),
        row.merged[:10] if row.merged else "sealed" if row.sealed else "in progress",
    ]


def in_rounds(lines: Sequence[int] | None) -> str:
    """`25`, or `391 → 28` where the last round has other lines than the first."""
    if lines is None:
        return "–"
    first, last = lines
    return str(first) if first == last else f"{first} → {last}"


def _tests(tests: tuple[int, int | None] | None) -> str:
    if tests is None:
        return "not counted"
    ran, known = tests
    return str(ran) if known is None else f"{ran} of {known}"
