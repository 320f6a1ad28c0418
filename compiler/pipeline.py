"""From a path to a plan, on one screen. A plan is made once and kept until a source changes."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from factoryline import quick
from factoryline.errors import UserError
from factoryline.plan import codec
from factoryline.plan.model import Plan
from factoryline.system import files, heap

CACHE = "state/.work/plan.cache"


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
        return _kept(path) or _made(path)


def _made(path: Path) -> Plan:
    # Reading and checking is needed when something changed, and then only.
    from factoryline.plan.resolve import resolve
    from factoryline.spec.load import load

    started = time.time_ns()
    spec = load(path)
    plan = resolve(spec)
    line = replace(plan, artifacts=(), sources=())
    plan = replace(plan, digest=files.digest_bytes(quick.plain(codec.encode(line))))
    _keep(plan, started)
    return plan


def _kept(path: Path) -> Plan | None:
    """The plan in the cache, if everything that it was made from is as it was."""
    found = quick.read(str(path.parent / CACHE))
    if not isinstance(found, tuple) or found[0] != str(path):
        return None
    try:
        _, sources, encoded = found
        return codec.decode(encoded) if all(quick.hold(str(path.parent), [sources])) else None
    except (IndexError, TypeError, ValueError, AssertionError):
        # Written by code of the same version with other classes, as in a checkout that moved on.
        return None


def _keep(plan: Plan, started: int) -> None:
    """Put a plan into the cache, unless a source is so new that it may have changed meanwhile."""
    signatures = [quick.signature(source) for source in plan.sources]
    folder = plan.home / "state/.work"
    if not folder.is_dir() or not quick.settled(signatures, started):
        return
    path = str(plan.home / plan.file)
    sources = ("\0".join(plan.sources), quick.fold(signatures))
    data = quick.pack((path, sources, codec.encode(plan)))
    files.replace_quickly(plan.home / CACHE, data)
