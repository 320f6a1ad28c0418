"""The way of one stage, from doit's action to the entry on disk: short, and nothing asked twice."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from factoryline.drive.tasks import execute
from factoryline.pipeline import compile_factory
from factoryline.run.factory import Factory

from tests.line import Line, simple

MODULES = 10
"""The most of `drive` and `run` that a stage passes through, besides its cell."""

STAGES = ("scout", "1-build", "1-verify", "1-package", "1-review", "1-merge", "note")


def traced(work: Callable[[], object]) -> Counter[str]:
    """How often each function of ours is called."""
    calls = Counter[str]()

    def called(frame: FrameType, event: str, _: Any) -> None:
        module = str(frame.f_globals.get("__name__", ""))
        if event == "call" and module.startswith("factoryline."):
            calls[f"{module.removeprefix('factoryline.')}.{frame.f_code.co_name}"] += 1

    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_it_is_short_and_asks_once(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    simple(line)
    for name, value in line.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(line.home)
    factory = Factory(compile_factory(line.home / "factory.yaml"))
    for number, stage in enumerate(STAGES, start=1):
        calls = traced(lambda stage=stage: execute(factory, "limit", stage))  # type: ignore[misc]
        assert stage in line.entries("limit")
        way = {name.rpartition(".")[0] for name in calls if name.startswith(("drive.", "run."))}
        assert len(way) <= MODULES, f"{stage}: {sorted(way)}"
        assert calls["run.freshness.standing"] == 1
        assert calls["run.freshness.inputs"] == number, "those before it, and its own"
        assert calls["run.attempt.attempt"] == calls["run.stage.record"] == 1
