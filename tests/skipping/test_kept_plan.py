"""A plan on its way through the cache comes back as it was."""

from __future__ import annotations

import dataclasses
import inspect
import marshal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factoryline.pipeline import compile_factory
from factoryline.plan import model
from factoryline.plan.model import Plan
from factoryline.plan.resolve import resolve
from factoryline.skipping import kept_plan, quick
from factoryline.skipping.kept_plan import CACHE
from factoryline.spec.load import load

from tests.plan.example import plan_of

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(params=["example", "repository"])
def plan(tmp_path: Path, request: pytest.FixtureRequest) -> Plan:
    if request.param == "repository":
        return resolve(load(ROOT / "factory.yaml"))
    return plan_of(tmp_path / "home")


def test_round_trip(plan: Plan) -> None:
    again = kept_plan.decode(marshal.loads(marshal.dumps(kept_plan.encode(plan))))
    assert again == plan
    assert type(again.home) is type(plan.home)


def test_what_is_shared_stays_shared(plan: Plan) -> None:
    again = kept_plan.decode(kept_plan.encode(plan))
    scopes = {id(s.scope) for artifact in again.artifacts for s in artifact.verify}
    assert len(scopes) == len({s.scope.name for a in again.artifacts for s in a.verify})


def test_every_class_of_the_plan_is_known() -> None:
    classes = {
        one
        for _, one in inspect.getmembers(model, dataclasses.is_dataclass)
        if isinstance(one, type) and one.__module__ == model.__name__
    }
    missing = classes - set(kept_plan.CLASSES)
    assert not missing, f"skipping/kept_plan.py cannot put these into the cache: {missing}"


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: kept[:3],
        lambda kept: (*kept[:3], []),
        lambda kept: (*kept[:2], kept[2][:-1]),
        lambda kept: (*kept[:2], [(number, fields[:-1]) for number, fields in kept[2]]),
        lambda kept: (*kept[:2], [(99, ())]),
        lambda kept: str(kept),
    ],
    ids="short|empty|no plan|other fields|other class|other value".split("|"),
)
def test_a_cache_that_other_code_wrote_only_costs_time(
    tmp_path: Path, damage: Callable[..., Any]
) -> None:
    """A checkout of factoryline that moved on has the same version and other classes."""
    plan = plan_of(tmp_path)
    (tmp_path / CACHE).parent.mkdir(parents=True)
    time.sleep(0.06)  # what has just been written may change again unseen
    path = tmp_path / plan.file
    assert compile_factory(path) == plan
    kept = quick.read(str(tmp_path / CACHE))
    assert isinstance(kept, tuple), "a plan was kept"
    assert compile_factory(path) == plan
    (tmp_path / CACHE).write_bytes(quick.pack(damage(kept)))
    assert compile_factory(path) == plan
