"""For programs: numbers as numbers, unknown as null."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from factoryline.reports.base import Row


def report(rows: Sequence[Row], surfaces: Sequence[str]) -> str:
    return json.dumps([_row(row, surfaces) for row in rows], indent=2, ensure_ascii=False)


def _row(row: Row, surfaces: Sequence[str]) -> dict[str, Any]:
    lines = {name: row.lines[name] for name in surfaces}
    return {
        "run": row.run,
        "artifact": row.artifact,
        "lines": {n: v and {"first": v[0], "final": v[1]} for n, v in lines.items()},
        "rounds": row.rounds,
        "rework": row.rework,
        "retries": row.retries,
        "tests": row.tests and {"run": row.tests[0], "known": row.tests[1]},
        "seconds": round(row.seconds, 3),
        "cost": {"usd": row.cost.usd, "tokens": row.cost.tokens},
        "merged": row.merged,
        "sealed": row.sealed,
    }
