"""A plan as plain tuples and back: for the cache, which must not run code when it is read.

Objects that are shared stay shared. A reference is a list of one number, a path a list of one text;
everything else in a plan is text, a number, a tuple or a mapping.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from factoryline.diagnostics import Span
from factoryline.plan import model
from factoryline.plan.model import Plan

CLASSES: tuple[type, ...] = (
    Span,
    model.Target,
    model.Surface,
    model.Touches,
    model.Template,
    model.Contract,
    model.Agent,
    model.Variant,
    model.Cell,
    model.Scope,
    model.Selection,
    model.Flow,
    model.Source,
    model.Artifact,
    model.Plan,
)
_NUMBERS = {kind: number for number, kind in enumerate(CLASSES)}
_FIELDS = tuple(tuple(f.name for f in dataclasses.fields(kind)) for kind in CLASSES)

_LIST = "\0list"
"""The key of a mapping that stands for a list; no key of a plan begins so."""

Encoded = list[tuple[int, tuple[Any, ...]]]


def encode(whole: Any) -> Encoded:
    """Every object of a plan, or of a part of one, each after those it refers to."""
    objects: Encoded = []
    known: dict[int, int] = {}

    def put(value: Any) -> Any:
        kind = type(value)
        if kind in _NUMBERS:
            if id(value) not in known:
                number = _NUMBERS[kind]
                fields = tuple(put(getattr(value, name)) for name in _FIELDS[number])
                known[id(value)] = len(objects)
                objects.append((number, fields))
            return [known[id(value)]]
        if kind is tuple:
            return tuple(map(put, value))
        if isinstance(value, Mapping):
            return {name: put(item) for name, item in value.items()}
        if isinstance(value, list):
            return {_LIST: tuple(map(put, value))}
        if isinstance(value, Path):
            return [str(value)]
        return value

    put(whole)
    return objects


def decode(encoded: Encoded) -> Plan:
    """The plan that was encoded."""
    objects: list[Any] = []

    def get(value: Any) -> Any:
        kind = type(value)
        if kind is list:
            return objects[value[0]] if type(value[0]) is int else Path(value[0])
        if kind is tuple:
            return tuple(map(get, value))
        if kind is dict:
            if _LIST in value:
                return list(map(get, value[_LIST]))
            return {name: get(item) for name, item in value.items()}
        return value

    for number, fields in encoded:
        made: Any = object.__new__(CLASSES[number])
        for name, value in zip(_FIELDS[number], fields, strict=True):
            # The fields of a frozen object are set here and in its own __init__, nowhere else.
            object.__setattr__(made, name, get(value))
        objects.append(made)
    plan = objects[-1]
    assert isinstance(plan, Plan), "the plan is the last object"
    return plan
