"""A contract's schema as a list of fields that people and models read at a glance, and a skeleton.

Both are made from the same schema that validates the answer. What the list cannot say is not left
out in silence: then the schema itself follows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from factoryline.contracts.quote import fenced, line
from factoryline.diagnostics import listing, plural

Schema = Mapping[str, Any]

DEEPEST = 6
"""How many levels of fields are listed."""

TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
    "null": "null",
}

_SAID = frozenset(
    "type enum const properties required additionalProperties items anyOf oneOf allOf minLength "
    "maxLength pattern format minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems "
    "uniqueItems minProperties maxProperties".split()
)
_SILENT = frozenset(
    "$schema $id $ref $defs definitions $anchor $comment title description default examples "
    "deprecated readOnly writeOnly".split()
)
"""What does not restrict a value, or leads to what does."""


def outline(schema: Schema) -> str:
    """The fields of a hand-off, a line each, required ones first."""
    walk = _Walk(root=schema)
    lines = list(walk.fields(walk.resolved(schema), 0)) or [f"- {walk.words(schema)}"]
    if walk.resolved(schema).get("additionalProperties") is False:
        lines.append("\nA field that is not listed breaks the contract.")
    if walk.silent:
        whole = json.dumps(schema, ensure_ascii=False)
        lines.append(f"\nThe schema asks for more than this list says:\n\n{fenced(whole, 'json')}")
    return "\n".join(lines)


def skeleton(schema: Schema) -> Any:
    """The smallest value of a schema's shape; its texts stand for what has to be written."""
    return _example(_Walk(root=schema), schema, ())


@dataclass(slots=True, kw_only=True)
class _Walk:
    """Reads one schema. `silent`: whether it says something that the list does not."""

    root: Schema
    silent: bool = False
    within: list[str] = field(default_factory=list)

    def resolved(self, schema: Any) -> Schema:
        """A schema with its reference followed, within this file."""
        for _ in range(DEEPEST):
            if not isinstance(schema, Mapping):
                self.silent |= schema is False
                return {}
            reference = schema.get("$ref")
            if reference is None:
                return schema
            own = {name: part for name, part in schema.items() if name != "$ref"}
            schema = {**_pointed(self.root, str(reference)), **own}
        self.silent = True
        return {}

    def fields(self, schema: Schema, depth: int) -> Iterator[str]:
        if depth >= DEEPEST:
            self.silent = True
            return
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        first = [name for name in properties if name in required]
        for name in (*first, *(name for name in properties if name not in required)):
            yield from self.field(name, properties[name], depth, optional=name not in required)
        extra = schema.get("additionalProperties")
        if isinstance(extra, Mapping) and extra:
            yield from self.field("any other key", extra, depth, optional=True)
        for part in schema.get("allOf", ()):
            rule = part.get("description") if isinstance(part, Mapping) else None
            self.silent |= rule is None
            if rule:
                yield f"{'  ' * depth}- {line(rule)}"

    def field(self, name: str, schema: Any, depth: int, *, optional: bool) -> Iterator[str]:
        reference = str(schema.get("$ref", "")) if isinstance(schema, Mapping) else ""
        again = bool(reference) and reference in self.within
        whole = self.resolved(schema)
        shown = name if " " in name else f"`{name}`"
        said = f"{shown}{' (optional)' if optional else ''}: {self.words(whole)}."
        about = line(str(whole.get("description", "")))
        yield f"{'  ' * depth}- {said}{' ' + about if about else ''}"
        if again:
            self.silent = True
            return
        self.within.append(reference)
        yield from self.fields(whole, depth + 1)
        items = self.resolved(whole.get("items"))
        yield from self.fields(items, depth + 1)
        for choice in _choices(whole):
            yield from self.fields(self.resolved(choice), depth + 1)
        self.within.pop()

    def words(self, schema: Schema) -> str:
        """What a value is: `list of 1 to 3 texts`, `one of "a" or "b"`."""
        schema = self.resolved(schema)
        self.silent |= bool(set(schema) - _SAID - _SILENT)
        if "const" in schema:
            return f"exactly `{_json(schema['const'])}`"
        if "enum" in schema:
            return listing((f"`{_json(one)}`" for one in schema["enum"]), last="or")
        choices = _choices(schema)
        if choices:
            # Whoever fulfils one of several is told so, be it one or more that are asked for.
            return listing([self.words(choice) for choice in choices], last="or")
        names = _types(schema)
        said = listing((TYPES.get(name, name) for name in names), last="or") or "anything"
        return ", ".join([self.whole(said, schema), *_limits(schema)])

    def whole(self, said: str, schema: Schema) -> str:
        items = self.resolved(schema.get("items"))
        if said != "list" or not items:
            return said
        if items.get("properties"):
            return "list, each with the fields below"
        return f"list, each {self.words(items)}"


def _limits(schema: Schema) -> Iterator[str]:
    for low, high, noun in (
        ("minLength", "maxLength", "character"),
        ("minItems", "maxItems", "item"),
        ("minProperties", "maxProperties", "key"),
    ):
        least, most = schema.get(low), schema.get(high)
        if least == 1 and most is None:
            yield "not empty"
        elif least:
            yield f"at least {plural(least, noun)}"
        if most is not None:
            yield f"at most {plural(most, noun)}"
    for name, word in (
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("exclusiveMinimum", "more than"),
        ("exclusiveMaximum", "less than"),
    ):
        if name in schema:
            yield f"{word} {schema[name]}"
    if "pattern" in schema:
        yield f"matching `{schema['pattern']}`"
    if "format" in schema:
        yield f"a {schema['format']}"
    if schema.get("uniqueItems"):
        yield "none twice"


def _example(walk: _Walk, schema: Any, within: tuple[int, ...]) -> Any:
    whole = walk.resolved(schema)
    if "const" in whole:
        return whole["const"]
    if whole.get("enum"):
        return whole["enum"][0]
    choices = [c for c in _choices(whole) if walk.resolved(c).get("type") != "null"]
    if choices:
        return _example(walk, choices[0], within)
    kind = next((name for name in _types(whole) if name != "null"), "null")
    if len(within) > 2 * DEEPEST:
        return None
    deeper = (*within, id(whole))
    if kind == "object":
        properties = whole.get("properties", {})
        names = [name for name in whole.get("required", ()) if name in properties]
        return {name: _example(walk, properties[name], deeper) for name in names}
    if kind == "array":
        # An example of more than a few items, or characters, shows nothing new.
        count = min(3, max(1, whole.get("minItems", 1))) if whole.get("maxItems", 1) else 0
        return [_example(walk, whole.get("items"), deeper)] * count
    return _scalar(kind, whole)


def _scalar(kind: str, schema: Schema) -> Any:
    if kind == "string":
        return _text(schema)
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 0), schema.get("exclusiveMinimum", -1) + 1)
    return False if kind == "boolean" else None


def _text(schema: Schema) -> str:
    if schema.get("format") == "date":
        return "2026-01-31"
    if "pattern" in schema:
        return f"… matching {schema['pattern']}"
    return "…" * min(20, max(1, int(schema.get("minLength", 1))))


def _types(schema: Schema) -> list[str]:
    kind = schema.get("type")
    if kind is None:
        return ["object"] if "properties" in schema else ["array"] if "items" in schema else []
    return [kind] if isinstance(kind, str) else list(kind)


def _choices(schema: Schema) -> list[Any]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _pointed(root: Schema, reference: str) -> Schema:
    """What a reference within the file leads to; `#/$defs/name`."""
    value: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        value = value.get(name, {}) if isinstance(value, Mapping) else {}
    return value if isinstance(value, Mapping) else {}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
