"""A contract's schema as a list of fields, and its smallest value."""

from __future__ import annotations

from typing import Any

import pytest
from factoryline.contracts.fields import outline, skeleton
from factoryline.plan import builtin
from factoryline.spec import schema
from hypothesis import given
from hypothesis import strategies as st


def test_required_fields_come_first_with_their_types_and_limits() -> None:
    assert outline(
        {
            "type": "object",
            "properties": {
                "note": {"type": "string", "maxLength": 80, "description": "In short."},
                "risk": {"enum": ["low", "high"], "description": "How\nmuch."},
                "steps": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 3,
                    "items": {"$ref": "#/$defs/step"},
                },
                "share": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]},
            },
            "required": ["risk", "steps"],
            "additionalProperties": False,
            "$defs": {
                "step": {
                    "type": "object",
                    "properties": {"do": {"type": "string", "minLength": 1}},
                    "required": ["do"],
                }
            },
        }
    ).split("\n") == [
        '- `risk`: `"low"` or `"high"`. How much.',
        "- `steps`: list, each with the fields below, at least 1 item, at most 3 items.",
        "  - `do`: text, not empty.",
        "- `note` (optional): text, at most 80 characters. In short.",
        "- `share` (optional): number, at least 0 or null.",
        "",
        "A field that is not listed breaks the contract.",
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"properties": {"a": {"not": {"const": 1}}}},
        {"properties": {"a": False}},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"properties": {"a": {"$ref": "#"}}},
        {"patternProperties": {"^x": {"type": "string"}}},
        {"allOf": [{"required": ["a"]}]},
    ],
)
def test_what_the_list_cannot_say_is_shown_whole(more: dict[str, Any]) -> None:
    whole = {"type": "object", **more}
    said = outline(whole)
    assert "The schema asks for more than this list says" in said
    assert next(iter(more)) in said


def test_a_rule_with_a_description_is_said() -> None:
    rule = {"if": {}, "then": {}, "description": "Whoever objects says why."}
    said = outline({"type": "object", "allOf": [rule]})
    assert said == "- Whoever objects says why."


@pytest.mark.parametrize("name", ["memo", "critique", "analysis"])
def test_the_smallest_value_of_a_contract_fulfils_it(name: str) -> None:
    assert schema.violations(skeleton(schema.builtin(name)), schema.builtin(name)) == ()


@pytest.mark.parametrize("name", [*builtin.CONTRACTS, "factory", "entry"])
def test_any_schema_can_be_told(name: str) -> None:
    assert outline(schema.builtin(name)).startswith("- ")
    assert skeleton(schema.builtin(name))


LEAVES = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 3},
        {"type": "integer", "minimum": 4},
        {"type": "number", "exclusiveMinimum": 1},
        {"type": ["null", "boolean"]},
        {"enum": ["a", 1, None]},
        {"const": [1]},
        {"type": "string", "format": "date"},
        {},
    ]
)


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = inner.map(lambda one: {"type": "array", "items": one, "minItems": 2})
    choices = inner.map(lambda one: {"anyOf": [{"type": "null"}, one]})
    mappings = st.dictionaries(st.sampled_from("abc"), inner).map(
        lambda fields: {"type": "object", "properties": fields, "required": sorted(fields)[:2]}
    )
    return st.one_of(lists, choices, mappings)


@given(st.recursive(LEAVES, _wider, max_leaves=8))
def test_the_smallest_value_fulfils_its_schema(made: Any) -> None:
    assert schema.violations(skeleton(made), made) == ()
    assert outline(made)
