"""The charts of a page: Vega-Lite, made into SVG when the page is written (vl-convert).

So the page needs no chart library of its own, runs no script for it, and prints; an SVG has 5 to
30 KB where the bundle that draws it in a browser has 800. Each comes in a light and a dark version,
as an image with a sentence for who cannot see it, and its table stands behind it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN = 40
"""The newest artifacts that a chart shows; all are in its table."""

NEEDS = "pip install 'factoryline[page]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """light, dark: SVG as data addresses; empty where nothing draws them here. rows: the table."""

    title: str
    alt: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    light: str = ""
    dark: str = ""


def charts(data: Mapping[str, Any]) -> list[Chart]:
    """The charts that have something to show."""
    draw = _drawing()
    made = (make(data) for make in (_arc, _rework, _tests, _time, _money))
    return [_drawn(chart, spec, draw) for one in made if one for chart, spec in [one]]


Made = tuple[Chart, dict[str, Any]]


def _drawing() -> Any:
    try:
        import vl_convert
    except ImportError:
        return None
    return vl_convert.vegalite_to_svg


def _drawn(chart: Chart, spec: dict[str, Any], draw: Any) -> Chart:
    if draw is None:
        return chart
    light, dark = (_address(draw({**spec, **_theme(ink)})) for ink in ("#24292f", "#e6edf3"))
    return Chart(
        title=chart.title,
        alt=chart.alt,
        head=chart.head,
        rows=chart.rows,
        light=light,
        dark=dark,
    )


def _address(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


COLOURS = ("#0969da", "#bf5af2", "#d4720b", "#1a7f37", "#cf222e", "#6e7781")
"""Told apart by who does not see red and green, on white and on black."""


def _theme(ink: str) -> dict[str, Any]:
    axis = {"labelColor": ink, "titleColor": ink, "gridColor": "#8888", "domainColor": ink}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": None,
        # What a browser sets in its own font may be wider than what was measured here.
        "padding": {"left": 5, "top": 5, "bottom": 5, "right": 45},
        "config": {
            "font": "system-ui, sans-serif",
            "axis": {**axis, "tickColor": ink, "labelFontSize": 12, "titleFontSize": 12},
            "legend": {"labelColor": ink, "titleColor": ink, "labelFontSize": 12},
            "view": {"stroke": None},
            "range": {"category": list(COLOURS)},
        },
    }


def _bars(values: Sequence[Mapping[str, Any]], y: str, **encoding: Any) -> dict[str, Any]:
    return {
        "data": {"values": list(values)},
        "mark": {"type": "bar", "tooltip": False},
        "width": {"step": 26},
        "height": 190,
        "encoding": {
            "x": {"field": "artifact", "type": "nominal", "sort": None, "title": None,
                  "axis": {"labelAngle": -40, "labelLimit": 140}},
            "y": {"field": y, "type": "quantitative", "title": y},
            **encoding,
        },
    }  # fmt: skip


def _arc(data: Mapping[str, Any]) -> Made | None:
    """The founding arc: lines by surface, from each artifact's first round to its last."""
    rows = [row for row in data["rows"] if any(row["lines"].values())]
    if not rows:
        return None
    values = [
        {"artifact": row["artifact"], "surface": surface, "round": word, "lines": pair[at]}
        for row in rows[-SHOWN:]
        for surface, pair in row["lines"].items()
        if pair
        for at, word in enumerate(("first round", "last round"))
    ]
    spec = _bars(
        values,
        "lines",
        color={"field": "surface", "type": "nominal", "title": None},
        opacity={
            "field": "round",
            "type": "nominal",
            "title": None,
            "scale": {"domain": ["first round", "last round"], "range": [0.4, 1.0]},
        },
        xOffset={"field": "round", "type": "nominal", "sort": ["first round", "last round"]},
    )
    names = list(rows[0]["lines"])
    table = tuple((row["artifact"], *(_pair(row["lines"][name]) for name in names)) for row in rows)
    worst = max(rows, key=lambda row: sum(abs(p[0] - p[1]) for p in row["lines"].values() if p))
    alt = f"Lines added by surface, first and last round. Most moved in {worst['artifact']}."
    chart = Chart(
        title="Lines by surface and round", alt=alt, head=("artifact", *names), rows=table
    )
    return chart, spec


def _pair(pair: Sequence[int] | None) -> str:
    if pair is None:
        return "–"
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]} → {pair[1]}"


def _rework(data: Mapping[str, Any]) -> Made | None:
    rows = data["rows"]
    if not any(row["rework"] or row["retries"] for row in rows):
        return None
    values = [
        {"artifact": row["artifact"], "opened by": word, "rounds": row[name]}
        for row in rows[-SHOWN:]
        for word, name in (("by review", "rework"), ("by a verdict", "retries"))
    ]
    spec = _bars(values, "rounds", color={"field": "opened by", "type": "nominal", "title": None})
    most = max(row["rework"] + row["retries"] for row in rows[-SHOWN:])
    spec["encoding"]["y"] |= {"axis": {"values": list(range(0, most + 1, 1 + most // 6))}}
    total = sum(row["rework"] for row in rows)
    chart = Chart(
        title="Rounds opened by review and by verdicts",
        alt=f"{total} rounds were opened by review, in {len(rows)} artifacts.",
        head=("artifact", "rework", "retries"),
        rows=tuple((r["artifact"], str(r["rework"]), str(r["retries"])) for r in rows),
    )
    return chart, spec


def _tests(data: Mapping[str, Any]) -> Made | None:
    """Of the tests that there are: the share that the last verdict needed."""
    rows = [row for row in data["rows"] if row["tests"] and row["tests"][1]]
    if not rows:
        return None
    values = [
        {"artifact": row["artifact"], "share of tests": row["tests"][0] / row["tests"][1]}
        for row in rows[-SHOWN:]
    ]
    spec = _bars(values, "share of tests", color={"value": COLOURS[0]})
    spec["encoding"]["y"] |= {"axis": {"format": "%"}, "scale": {"domain": [0, 1]}}
    mean = sum(row["tests"][0] / row["tests"][1] for row in rows) / len(rows)
    chart = Chart(
        title="Share of the tests that ran",
        alt=f"On average {mean:.0%} of the tests ran for a verdict.",
        head=("artifact", "ran", "known"),
        rows=tuple((r["artifact"], str(r["tests"][0]), str(r["tests"][1])) for r in rows),
    )
    return chart, spec


def _by_cell(data: Mapping[str, Any], name: str, unit: str) -> tuple[list[dict[str, Any]], Any]:
    values = [
        {"artifact": cell, unit: spent[name] or 0}
        for cell, spent in data["spent"].items()
        if spent[name]
    ]
    return values, _bars(values, unit, color={"value": COLOURS[3]})


def _time(data: Mapping[str, Any]) -> Made | None:
    values, spec = _by_cell(data, "seconds", "seconds")
    if not values:
        return None
    longest = max(values, key=lambda one: float(one["seconds"]))
    chart = Chart(
        title="Time by cell",
        alt=f"{longest['artifact']} takes most of the time.",
        head=("cell", "attempts", "seconds"),
        rows=tuple(
            (cell, str(one["attempts"]), f"{one['seconds']:,.1f}")
            for cell, one in data["spent"].items()
        ),
    )
    return chart, spec


def _money(data: Mapping[str, Any]) -> Made | None:
    values, spec = _by_cell(data, "usd", "US dollars")
    if not values:
        return None
    dearest = max(values, key=lambda one: float(one["US dollars"]))
    chart = Chart(
        title="Money by cell",
        alt=f"{dearest['artifact']} costs most.",
        head=("cell", "US dollars", "tokens"),
        rows=tuple(_spent(data["spent"])),
    )
    return chart, spec


def _spent(cells: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for cell, one in cells.items():
        usd, tokens = one["usd"], one["tokens"]
        yield (
            cell,
            "unknown" if usd is None else f"{usd:,.2f}",
            "unknown" if tokens is None else f"{tokens:,}",
        )
