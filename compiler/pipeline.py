"""From a path to a plan, on one screen. A plan is made once and kept until a source changes."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from factoryline.errors import UserError
from factoryline.plan.model import Plan
from factoryline.skipping import quick
from factoryline.skipping.kept_plan import encode, keep, kept_plan
from factoryline.system import files, heap


def find(start: Path) -> Path:
    """The nearest factory.yaml in `start` or a folder above it. Raises UserError."""
    home = quick.find(str(start))
    if home is None:
        raise UserError(
            f"there is no factory.yaml in {start} or above it",
            help="go to a folder that has one, or begin one here: factory init",
        )
    return Path(home) / "factory.yaml"


def compile_factory(path: Path) -> Plan:
    """The plan of a factory.yaml. Raises SpecError with every problem in it."""
    with heap.staying():
        return kept_plan(path) or _made(path)


def _made(path: Path) -> Plan:
    # Reading and checking is needed when something changed, and then only.
    from factoryline.plan.resolve import resolve
    from factoryline.spec.load import load

    started = time.time_ns()
    spec = load(path)
    plan = resolve(spec)
    line = replace(plan, artifacts=(), sources=())
    plan = replace(plan, digest=files.digest_bytes(quick.plain(encode(line))))
    keep(plan, started)
    return plan
