"""Every format of reports, one line each. The keys are the words of `report:` in factory.yaml."""

from __future__ import annotations

from collections.abc import Mapping

from factoryline.verification.reports import exit, junit
from factoryline.verification.reports.base import Format

FORMATS: Mapping[str, Format] = {
    "junit": junit.FORMAT,
    "exit": exit.FORMAT,
}
