"""JSON Schema violations as sentences with a path, for any schema and any value."""

from __future__ import annotations

from typing import Any

import pytest
from factoryline.spec.nodes import read_yaml
from factoryline.spec.schema import diagnose, schema_problem, violations


def said(value: object, schema: dict[str, Any]) -> list[str]:
    return [str(violation) for violation in violations(value, schema)]


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"type": "string"}, 3, "this is a whole number; it must be text"),
        ({"type": "integer"}, 2.5, "this is a number; it must be a whole number"),
        ({"type": "integer"}, True, "this is true or false; it must be a whole number"),
        ({"type": "number"}, "3", "this is text; it must be a number"),
        ({"type": "object"}, [], "this is a list; it must be a mapping"),
        ({"type": "array"}, {}, "this is a mapping; it must be a list"),
        ({"type": "boolean"}, None, "this is empty; it must be true or false"),
        ({"type": ["string", "null"]}, 1, "this is a whole number; it must be text or empty"),
        ({"enum": ["a", "b", "c"]}, "x", "`x` is not one of `a`, `b` or `c`"),
        ({"enum": ["a", None, True]}, "x", "`x` is not one of `a`, `null` or `true`"),
        ({"const": 1}, 2, "this must be `1`, not `2`"),
        ({"const": "a"}, ["a"], 'this must be `a`, not `["a"]`'),
        ({"pattern": "^a$"}, "b", "`b` is not a valid value here"),
        ({"minimum": 1}, 0, "`0` is out of range: at least 1"),
        ({"maximum": 9}, 10, "`10` is out of range: at most 9"),
        ({"minLength": 2}, "", "this is empty"),
        ({"minLength": 2}, "a", "this needs at least 2 characters"),
        ({"maxLength": 1}, "ab", "this needs at most 1 character"),
        ({"minItems": 1}, [], "this is empty"),
        ({"minItems": 2}, [1], "this needs at least 2 items"),
        ({"maxItems": 1}, [1, 2], "this needs at most 1 item"),
        ({"minProperties": 1}, {}, "this is empty"),
        ({"maxProperties": 1}, {"a": 1, "b": 2}, "this needs at most 1 key"),
        ({"uniqueItems": True}, ["a", "b", "a"], "`a` stands twice in this list"),
        ({"multipleOf": 2}, 3, "3 is not a multiple of 2"),
        (
            {"enum": ["x"]},
            "a" * 100,
            f"`{'a' * 57}...` is not one of `x`",
        ),
    ],
)
def test_every_keyword_has_a_sentence(schema: dict[str, Any], value: object, sentence: str) -> None:
    assert said(value, schema) == [f"the value: {sentence}"]


MEMO = {
    "type": "object",
    "properties": {
        "files": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string", "description": "Where it lies."}},
                "required": ["path"],
                "additionalProperties": False,
            },
        }
    },
}


def test_a_path_leads_to_the_culprit() -> None:
    assert said({"files": [{"path": "a"}, {"path": 1}]}, MEMO) == [
        "files[1].path: this is a whole number; it must be text"
    ]
    assert said({"files": [{}]}, MEMO) == ["files[0]: `path` is missing"]
    assert said({"files": [{"path": "a", "pth": "b"}]}, MEMO) == [
        "files[0].pth: `pth` is not known here"
    ]
    assert said([{"path": 1}], {"items": MEMO["properties"]["files"]["items"]}) == [  # type: ignore[index]
        "[0].path: this is a whole number; it must be text"
    ]


def test_help_guesses_or_describes() -> None:
    unknown, missing = violations({"files": [{"pth": "a"}]}, MEMO)
    assert {unknown.help, missing.help} == {"did you mean `path`?", "path: Where it lies."}
    [wrong] = violations({"files": [{"path": 1}]}, MEMO)
    assert wrong.help == 'write "1". Where it lies.'
    [guess] = violations("juni", {"enum": ["junit", "exit"], "description": "What is told."})
    assert guess.help == "did you mean `junit`?"
    [far] = violations("tap", {"enum": ["junit", "exit"], "description": "What is told."})
    assert far.help == "What is told."


def test_every_unknown_key_is_said() -> None:
    schema = {"properties": {"a": {}}, "additionalProperties": False}
    assert said({"a": 1, "b": 2, "c": 3}, schema) == [
        "b: `b` is not known here",
        "c: `c` is not known here",
    ]


def test_keys_that_a_pattern_allows_are_known() -> None:
    schema = {"patternProperties": {"^x-": {}}, "additionalProperties": False}
    assert said({"x-a": 1, "b": 2}, schema) == ["b: `b` is not known here"]


def test_every_missing_key_is_said() -> None:
    schema = {"required": ["a", "it's", "c"]}
    assert [sentence.partition(": ")[2] for sentence in said({"a": 1}, schema)] == [
        "`it's` is missing",
        "`c` is missing",
    ]


def test_a_bad_key_is_said_at_the_key() -> None:
    schema = {"properties": {"scopes": {"propertyNames": {"pattern": "^[a-z]+$"}}}}
    [violation] = violations({"scopes": {"good": 1, "Bad One": 2}}, schema)
    assert violation.path == ("scopes", "Bad One")
    assert violation.at_key
    [violation] = violations({"Bad": 1}, schema["properties"]["scopes"])
    assert violation.path == ("Bad",)


def test_a_valid_value_has_no_violation() -> None:
    assert said({"files": [{"path": "a"}]}, MEMO) == []
    assert said(2.0, {"type": "integer"}) == [], "to JSON Schema this is a whole number"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("files: [{path: 1}]\n", "1:16"),  # the value
        ("files: [{path: a, pth: b}]\n", "1:19"),  # the key
        ("files: [{}]\n", "1:9"),  # where it is missing
        ("files:\n- path:\n", "2:3"),  # an empty value is looked for at its key
        ("files: [{path: [1]}]\n", "1:16"),
    ],
)
def test_a_violation_of_a_file_has_its_place(text: str, place: str) -> None:
    root, problems = read_yaml(text, "memo.yaml")
    assert problems == []
    assert [str(problem.span) for problem in diagnose(root, MEMO)] == [f"memo.yaml:{place}"]


def test_a_bad_key_of_a_file_has_its_place() -> None:
    schema = {"propertyNames": {"maxLength": 3}, "properties": {"in": {"propertyNames": False}}}
    root, _ = read_yaml("in: {some: 1}\nlonger: 2\n", "it.yaml")
    assert sorted(str(problem.span) for problem in diagnose(root, schema)) == [
        "it.yaml:1:6",
        "it.yaml:2:1",
    ]


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "object"}, ""),
        ({"type": "objekt"}, "at `type`: 'objekt' is not valid"),
        ({"properties": {"a": {"minimum": "1"}}}, "at `properties/a/minimum`: "),
        ({"required": "a"}, "at `required`: "),
        ([], "at `/`: "),
        ({"$ref": "#/$defs/a"}, "`#/$defs/a` leads nowhere"),
        ({"$ref": "https://example.org/other.json"}, "leads nowhere"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#"}}}, ""),
        ({"items": {"$ref": "#it"}, "$defs": {"a": {"$anchor": "it"}}}, ""),
    ],
)
def test_a_schema_is_one_and_leads_somewhere(schema: object, problem: str) -> None:
    found = schema_problem(schema)
    assert problem in found
    assert bool(problem) == bool(found)
