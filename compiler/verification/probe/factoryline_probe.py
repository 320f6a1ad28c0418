"""A plugin of the project's own pytest while `coverage run` measures around it; it imports nothing
of ours. What the project's settings start besides would take the measurement away: a second tracer
(`--cov` of pytest-cov), or workers that are other processes (`-n` of pytest-xdist).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config: Any) -> Iterator[None]:
    """Before pytest-cov looks whether it has to measure."""
    known = early_config.known_args_namespace
    if getattr(known, "cov_source", None):
        known.cov_source, known.no_cov = None, True
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_cmdline_main(config: Any) -> Iterator[None]:
    """Before pytest-xdist starts its workers."""
    if getattr(config.option, "numprocesses", None) or getattr(config.option, "tx", None):
        config.option.numprocesses, config.option.tx, config.option.dist = 0, [], "no"
    yield
