"""Frozen records as plain tuples and back: for caches, which must not run code when they are read.

Objects that are shared stay shared. A reference is a list of one number, a path a list of one text;
everything else is text, a number, a tuple or a mapping.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

_LIST = "\0list"
"""The key of a mapping that stands for a list; no key of a record begins so."""

Encoded = list[tuple[int, tuple[Any, ...]]]


class Codec:
    """Encodes records of the classes that it is given; the order of the classes is the format."""

    def __init__(self, classes: Sequence[type]) -> None:
        self.classes = tuple(classes)
        self._numbers = {kind: number for number, kind in enumerate(self.classes)}
        names = [tuple(f.name for f in dataclasses.fields(kind)) for kind in self.classes]
        self._gets = tuple(_getter(fields) for fields in names)
        # The slots themselves: a frozen object's fields are set here and in its own __init__ only.
        self._sets = tuple(
            tuple(getattr(kind, name).__set__ for name in fields)
            for kind, fields in zip(self.classes, names, strict=True)
        )

    def encode(self, whole: Any) -> Encoded:
        """Every object of a record, each after those it refers to; the record is the last."""
        objects: Encoded = []
        known: dict[int, int] = {}

        plain = frozenset((str, int, type(None)))

        def put(value: Any) -> Any:
            kind = type(value)
            # Most values are plain, and the abstract classes below are slow to ask.
            if kind in plain:
                return value
            if kind in self._numbers:
                if id(value) not in known:
                    number = self._numbers[kind]
                    values = self._gets[number](value)
                    fields = tuple([v if type(v) in plain else put(v) for v in values])
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

    def decode(self, encoded: Encoded) -> Any:
        """The record that was encoded. Raises IndexError or TypeError for what is none."""
        objects: list[Any] = []
        plain = frozenset((str, int, type(None)))

        def get(value: Any) -> Any:
            kind = type(value)
            if kind in plain:
                return value
            if kind is list:
                return objects[value[0]] if type(value[0]) is int else Path(value[0])
            if kind is tuple:
                return tuple(map(get, value))
            if kind is dict:
                if _LIST in value:
                    return list(map(get, value[_LIST]))
                return {name: get(item) for name, item in value.items()}
            return value

        new = object.__new__
        for number, values in encoded:
            made: Any = new(self.classes[number])
            for put, value in zip(self._sets[number], values, strict=True):
                put(made, value if type(value) in plain else get(value))
            objects.append(made)
        return objects[-1]


def _getter(fields: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """All fields of a record at once; of one field, too, a tuple."""
    get = attrgetter(*fields)
    return get if len(fields) > 1 else lambda record: (get(record),)
