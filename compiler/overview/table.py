"""Every format of the report, one line each."""

from __future__ import annotations

from collections.abc import Mapping

from factoryline.overview import csv, json, markdown, text
from factoryline.overview.base import Format

REPORTS: Mapping[str, Format] = {
    "text": text.report,
    "markdown": markdown.report,
    "csv": csv.report,
    "json": json.report,
}
