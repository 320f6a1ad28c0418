"""A plugin of the project's own pytest while `coverage run` measures around it; it imports nothing
of ours. What the project's settings start besides would take the measurement away: a second tracer
(`--cov` of pytest-cov), or workers that are other processes (`-n` of pytest-xdist).

With FACTORYLINE_TURNS, a path, coverage.py is told whose turn it is, and the path takes what a map
has to know of the run. It is not there when some test had no turn.
"""

from __future__ import annotations

import json
import os
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


def pytest_configure(config: Any) -> None:
    # A pytest that a test starts has its turn within that test's.
    place = os.environ.pop("FACTORYLINE_TURNS", "")
    if place:
        config.pluginmanager.register(Turns(place), "factoryline_turns")


class Turns:
    """Whose turn it is, as coverage.py's context `nodeid|phase`; empty between tests."""

    def __init__(self, place: str) -> None:
        from coverage import Coverage, CoverageException

        self.place, self.trouble = place, CoverageException
        self.measuring = Coverage.current()
        self.cut_short: set[str] = set()

    def begin(self, context: str) -> None:
        if self.measuring is None:
            return
        try:
            self.measuring.switch_context(context)
        except self.trouble:  # somebody stopped it
            self.measuring = None

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: Any) -> Iterator[None]:
        self.begin(f"{item.nodeid}|setup")
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: Any) -> Iterator[None]:
        self.begin(f"{item.nodeid}|run")
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: Any) -> Iterator[None]:
        self.begin(f"{item.nodeid}|teardown")
        yield
        self.begin("")

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.cut_short.add(report.nodeid)

    def pytest_sessionfinish(self, session: Any) -> None:
        if self.measuring is None or session.shouldstop or session.shouldfail:
            return
        with open(self.place, "w", encoding="utf-8") as file:
            json.dump({"cut_short": sorted(self.cut_short)}, file)
