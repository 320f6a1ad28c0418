"""For programs: numbers as numbers, unknown as null."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from factoryline.overview.base import Report, Row


def report(report: Report, *, by: str = "cell", columns: int | None = None) -> str:
    del by, columns  # all is in it anyway
    total, count = report.total, report.through
    value = {
        "artifacts": [_row(row, report.surfaces) for row in report.rows],
        "cells": {name: spent.to_json() for name, spent in report.cells.items()},
        "months": {m: [row.artifact for row in rows] for m, rows in report.months.items()},
        "autonomous": report.alone,
        "uncalibrated": report.unproven or None,
        "others": {name: spent.to_json() for name, spent in report.others.items()},
        "total": total.to_json(),
        "per_merged" if report.merges else "per_sealed": {
            "artifacts": count,
            "usd": total.usd / count if count and total.usd is not None else None,
            "tokens": total.tokens / count if count and total.tokens is not None else None,
            "known_usd": total.known_usd / count if count else None,
            "known_tokens": total.known_tokens / count if count else None,
        },
    }
    return json.dumps(value, indent=2, ensure_ascii=False)


def _row(row: Row, surfaces: Sequence[str]) -> dict[str, Any]:
    lines = {name: row.lines[name] for name in surfaces}
    return {
        "run": row.run,
        "artifact": row.artifact,
        "began": row.began or None,
        "ended": row.ended or None,
        "autonomous": row.autonomous,
        "lines": {n: v and {"first": v[0], "final": v[1]} for n, v in lines.items()},
        "rounds": row.rounds,
        "rework": row.rework,
        "retries": row.retries,
        "critiques": row.critiques,
        "tests": row.tests and {"run": row.tests[0], "known": row.tests[1]},
        "seconds": round(row.seconds, 3),
        "cost": row.spent.to_json(),
        "stages": {stage: spent.to_json() for stage, spent in row.stages.items()},
        "merged": row.merged,
        "sealed": row.sealed,
    }
