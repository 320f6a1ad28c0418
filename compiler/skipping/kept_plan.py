"""A plan as plain tuples and back, and the one that is kept until a source of it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from factoryline.diagnostics import Span
from factoryline.plan import model
from factoryline.plan.model import Plan
from factoryline.skipping import quick
from factoryline.system import files
from factoryline.system.codec import Codec, Encoded

CACHE = "state/.work/plan.cache"

CLASSES: tuple[type, ...] = (
    Span,
    model.Target,
    model.Surface,
    model.Touches,
    model.Template,
    model.Contract,
    model.Endpoint,
    model.Reads,
    model.Signs,
    model.Agent,
    model.Variant,
    model.Cell,
    model.Prepare,
    model.Scope,
    model.Rule,
    model.Selection,
    model.Budget,
    model.Flow,
    model.Learning,
    model.Source,
    model.Proof,
    model.Artifact,
    model.Plan,
)
_CODEC = Codec(CLASSES)


def encode(whole: Any) -> Encoded:
    """Every object of a plan, or of a part of one, each after those it refers to."""
    return _CODEC.encode(whole)


def decode(encoded: Encoded) -> Plan:
    """The plan that was encoded."""
    plan = _CODEC.decode(encoded)
    assert isinstance(plan, Plan), "the plan is the last object"
    return plan


def kept_plan(path: Path) -> Plan | None:
    """The plan in the cache, if everything that it was made from is as it was."""
    found = quick.read(str(path.parent / CACHE))
    if not isinstance(found, tuple) or found[0] != str(path):
        return None
    try:
        _, sources, encoded = found
        return decode(encoded) if all(quick.hold(str(path.parent), [sources])) else None
    except (IndexError, TypeError, ValueError, AssertionError):
        # Written by code of the same version with other classes, as in a checkout that moved on.
        return None


def keep(plan: Plan, started: int) -> None:
    """Put a plan into the cache, unless a source is so new that it may have changed meanwhile."""
    signatures = [quick.signature(source) for source in plan.sources]
    folder = plan.home / "state/.work"
    if not folder.is_dir() or not quick.settled(signatures, started):
        return
    path = str(plan.home / plan.file)
    sources = ("\0".join(plan.sources), quick.fold(signatures))
    data = quick.pack((path, sources, encode(plan)))
    files.replace_quickly(plan.home / CACHE, data)
