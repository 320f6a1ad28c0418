"""Whether a value has the shape that a schema of ours asks for, quickly: a yes or no.

For records, which are read by the thousand: a function made once from the schema takes a twelfth
of jsonschema's time. It looks at what readers rely on. Keys that the schema does not know pass,
since a later version may have written them. `schema.violations` says what is wrong, in sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from factoryline.spec.schema import Schema, builtin

Test = Callable[[Any], bool]

_TYPES: Mapping[str, Test] = {
    "string": lambda value: type(value) is str,
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) is int or type(value) is float,
    "boolean": lambda value: type(value) is bool,
    "object": lambda value: type(value) is dict,
    "array": lambda value: type(value) is list,
    "null": lambda value: value is None,
}
"""As `json.loads` makes them."""


@cache
def shape_of(name: str) -> Test:
    """The test for a schema of ours, by its name."""
    whole = builtin(name)
    return _test(whole, whole)


def _test(schema: Schema, whole: Schema) -> Test:
    asked = {name: schema[name] for name in _KEYWORDS if name in schema}
    if "properties" in asked or asked.get("additionalProperties") in (True, False):
        asked.pop("type", None)  # the others ask for it too
    return _both(*[_KEYWORDS[name](value, whole) for name, value in asked.items()])


def _both(*tests: Test) -> Test:
    """Whether all of these hold."""
    if not tests:
        return lambda _: True
    first, *others = tests
    if not others:
        return first
    second = _both(*others)
    return lambda value: first(value) and second(value)


def _reference(ref: str, whole: Schema) -> Test:
    found: Any = whole
    for step in ref.removeprefix("#/").split("/"):
        found = found[step]
    return _test(found, whole)


def _type(asked: Any, _: Schema) -> Test:
    if isinstance(asked, str):
        return _TYPES[asked]
    tests = [_TYPES[name] for name in asked]
    return lambda value: any(test(value) for test in tests)


def _properties(asked: Mapping[str, Schema], whole: Schema) -> Test:
    tests = tuple((name, _test(schema, whole)) for name, schema in asked.items())

    def test(value: Any) -> bool:
        if type(value) is not dict:
            return False
        return all(holds(value[name]) for name, holds in tests if name in value)

    return test


def _others(asked: Any, whole: Schema) -> Test:
    holds = _test(asked, whole) if isinstance(asked, dict) else None
    return lambda value: type(value) is dict and (holds is None or all(map(holds, value.values())))


def _items(asked: Schema, whole: Schema) -> Test:
    holds = _test(asked, whole)
    return lambda value: type(value) is list and all(map(holds, value))


def _required(asked: list[str], _: Schema) -> Test:
    wanted = frozenset(asked)
    return lambda value: wanted <= value.keys()


def _pattern(asked: str, _: Schema) -> Test:
    # To JSON Schema `$` is the end; to Python it is also before a last line break.
    search = re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", asked)).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _any_of(asked: list[Schema], whole: Schema) -> Test:
    tests = [_test(schema, whole) for schema in asked]
    return lambda value: any(test(value) for test in tests)


def _at_least(asked: float, _: Schema) -> Test:
    return lambda value: not isinstance(value, (int, float)) or value >= asked


def _at_most(asked: float, _: Schema) -> Test:
    return lambda value: not isinstance(value, (int, float)) or value <= asked


def _long_enough(asked: int, _: Schema) -> Test:
    return lambda value: not isinstance(value, (str, list)) or len(value) >= asked


_KEYWORDS: Mapping[str, Callable[[Any, Schema], Test]] = {
    "$ref": _reference,
    "type": _type,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _others,
    "items": _items,
    "pattern": _pattern,
    "anyOf": _any_of,
    "enum": lambda asked, _: lambda value: value in asked,
    "const": lambda asked, _: lambda value: value == asked,
    "minimum": _at_least,
    "maximum": _at_most,
    "minLength": _long_enough,
    "minItems": _long_enough,
}
