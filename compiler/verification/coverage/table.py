"""Every format of coverage data, one line each. The keys are the words of a scope's `coverage:`."""

from __future__ import annotations

from collections.abc import Mapping

from factoryline.verification.coverage import coverage_py, lcov
from factoryline.verification.coverage.base import Format

FORMATS: Mapping[str, Format] = {
    "lcov": lcov.FORMAT,
    "coverage-py": coverage_py.FORMAT,
}
