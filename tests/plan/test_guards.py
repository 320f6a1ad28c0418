"""What each kind of guard asks of a change, and what it says of one that breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from factoryline.plan import guards
from factoryline.plan.guards import Changed
from factoryline.spec import schema

PATHS = ("server/api/keys.py", "desktop/main.ts", "tests/test_keys.py")
ADDED = [
    ("server/api/keys.py", "    print(key)"),
    ("server/api/keys.py", "    return key"),
    ("tests/test_keys.py", "    print(1)"),
]
SURFACES = {"desktop": {"added": 28, "removed": 9}}
CHANGE = Changed(surfaces=SURFACES, paths=PATHS, added=lambda: ADDED)

CASES: list[tuple[dict[str, Any], bool, str]] = [
    (
        {"surface": "desktop", "at_most": 27},
        False,
        "at most 27 added lines on desktop; there are 28",
    ),
    (
        {"surface": "desktop", "at_most": 28},
        True,
        "at most 28 added lines on desktop; there are 28",
    ),
    ({"surface": "gone", "at_most": 0}, True, "at most 0 added lines on gone; there are 0"),
    (
        {"apart": ["server/**", "desktop/**"]},
        False,
        "both server/** and desktop/**; found server/api/keys.py and desktop/main.ts",
    ),
    ({"apart": ["server/**", "docs/**"]}, True, ""),
    (
        {"changes": "server/api/**", "with": "docs/api.md"},
        False,
        "no change of server/api/** without one of docs/api.md; found server/api/keys.py",
    ),
    ({"changes": "server/api/**", "with": "tests/**"}, True, ""),
    ({"changes": "shell/**", "with": "docs/**"}, True, ""),
    (
        {"never": "print("},
        False,
        "no added line with `print(`; found 2 added lines, in server/api/keys.py and "
        "tests/test_keys.py",
    ),
    (
        {"never": "print(", "in": "server/**"},
        False,
        "no added line with `print(` in server/**; found 1 added line, in server/api/keys.py",
    ),
    ({"never": "print(", "in": "desktop/**"}, True, ""),
    ({"never": "eval("}, True, ""),
]


def rule(guard: dict[str, Any]) -> dict[str, Any]:
    source = {"artifact": "wizard", "stage": "1-review", "by": "Ann", "finding": "It was so."}
    return {
        "id": "rule",
        "statement": "Keep it.",
        "surfaces": [],
        "guard": guard,
        "source": source,
    }


@pytest.mark.parametrize(("guard", "holds", "said"), CASES)
def test_a_guard(guard: dict[str, Any], holds: bool, said: str) -> None:
    assert schema.violations(rule(guard), schema.builtin("prior")) == ()
    [result] = guards.results([rule(guard)], CHANGE)
    assert (result["outcome"] == "kept") is holds
    assert said in guards.said(result)
    assert guards.words(guard) == result["asks"]
    assert (result["statement"], result["source"]) == ("Keep it.", "wizard/1-review")
    verdict = schema.builtin("verdict")["properties"]["guards"]
    assert schema.violations([result], {**verdict, "$schema": ""}) == ()


def test_every_kind_has_a_case() -> None:
    assert {kind for guard, *_ in CASES for kind in guards.KINDS if kind in guard} == {
        *guards.KINDS
    }


def test_a_rule_of_several_guards_keeps_them_all() -> None:
    both = {"surface": "desktop", "at_most": 0, "never": "eval("}
    assert [one["outcome"] for one in guards.results([rule(both)], CHANGE)] == ["broken", "kept"]


def test_a_rule_without_a_guard_is_for_people() -> None:
    bare = {name: value for name, value in rule({}).items() if name != "guard"}
    assert guards.results([bare], CHANGE) == []


def test_a_result_from_before_other_kinds_were() -> None:
    old = {"prior": "rule", "surface": "desktop", "at_most": 0, "lines": 28, "outcome": "broken"}
    assert guards.said(old) == "at most 0 added lines on desktop; there are 28"


@pytest.mark.parametrize(
    "guard", [{}, {"surface": "a"}, {"at_most": 1}, {"changes": "a"}, {"in": "a"}, {"apart": ["a"]}]
)
def test_half_a_guard_is_none(guard: dict[str, Any]) -> None:
    assert schema.violations(rule(guard), schema.builtin("prior"))
