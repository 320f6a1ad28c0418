"""A plan as plain tuples and back, for the cache."""

from __future__ import annotations

from typing import Any

from factoryline.diagnostics import Span
from factoryline.plan import model
from factoryline.plan.model import Plan
from factoryline.system.codec import Codec, Encoded

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
