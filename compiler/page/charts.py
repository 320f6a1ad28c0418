"""The charts of a page: Vega-Lite, made into SVG when the page is written (vl-convert).

So the page needs no chart library of its own, runs no script for it, and prints; an SVG has 5 to
30 KB where the bundle that draws it in a browser has 800. Each comes in a light and a dark version,
as an image with a sentence for who cannot see it, and its table stands behind it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from factoryline.overview.cells import in_rounds

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
    table = tuple(
        (row["artifact"], *(in_rounds(row["lines"][name]) for name in names)) for row in rows
    )
    worst = max(rows, key=lambda row: sum(abs(p[0] - p[1]) for p in row["lines"].values() if p))
    alt = f"Lines added by surface, first and last round. Most moved in {worst['artifact']}."
    chart = Chart(
        title="Lines by surface and round", alt=alt, head=("artifact", *names), rows=table
    )
    return chart, spec


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


def _time(data: Mapping[str, Any]) -> Made | None:
    return _by_cell(data, "Time by cell", "seconds", "seconds", "{} takes most of the time.")


def _money(data: Mapping[str, Any]) -> Made | None:
    return _by_cell(data, "Money by cell", "usd", "US dollars", "{} costs most.")


def _by_cell(data: Mapping[str, Any], title: str, name: str, unit: str, alt: str) -> Made | None:
    spent = {cell: one for cell, one in data["spent"].items() if one[name]}
    if not spent:
        return None
    values = [{"artifact": cell, unit: one[name]} for cell, one in spent.items()]
    chart = Chart(
        title=title,
        alt=alt.format(max(spent, key=lambda cell: float(spent[cell][name]))),
        head=("cell", "attempts", unit, "tokens"),
        rows=tuple(
            (cell, str(one["attempts"]), _number(one[name], ",.2f"), _number(one["tokens"], ","))
            for cell, one in data["spent"].items()
        ),
    )
    return chart, _bars(values, unit, color={"value": COLOURS[3]})


def _number(value: float | None, form: str) -> str:
    return "unknown" if value is None else format(value, form)
