"""Every format of reports, one line each. The keys are the words of `report:` in factory.yaml."""

from __future__ import annotations

from collections.abc import Mapping

from factoryline.verification.reports import cargo, exit, go_json, jest_json, junit, tap
from factoryline.verification.reports.base import Format

FORMATS: Mapping[str, Format] = {
    "junit": junit.FORMAT,
    "jest-json": jest_json.FORMAT,
    "tap": tap.FORMAT,
    "go-json": go_json.FORMAT,
    "cargo": cargo.FORMAT,
    "exit": exit.FORMAT,
}
