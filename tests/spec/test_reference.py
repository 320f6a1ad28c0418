"""docs/specification.md has every key of factory.yaml. FACTORYLINE_UPDATE_GOLDEN=1 writes its
tables from the schemas; read the difference before you commit it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.conftest import ROOT
from tests.spec.reference import MARK, reference, schema

PAGE = ROOT / "docs/specification.md"


def test_the_reference_is_that_of_the_schemas() -> None:
    text = PAGE.read_text(encoding="utf-8")
    words, mark, tables = text.partition(MARK)
    assert mark, "the tables stand under their mark"
    if os.environ.get("FACTORYLINE_UPDATE_GOLDEN") == "1":
        PAGE.write_text(f"{words}{MARK}\n{reference()}", encoding="utf-8")
        return
    assert tables == f"\n{reference()}"


def test_every_key_says_what_it_means() -> None:
    empty = [row for row in reference().splitlines() if row.startswith("| `") and "|  |" in row]
    assert not empty, "\n".join(empty)


@pytest.mark.parametrize("name", ["factory", "recorded-review"])
def test_every_key_has_an_example_that_holds(name: str) -> None:
    whole = schema(name)
    silent = []
    for place, node in keys(whole, ""):
        if not node.get("examples") and not node.get("enum") and "const" not in node:
            silent.append(place)
        checked = {**node, "$defs": whole["$defs"]}
        for value in node.get("examples", ()):
            wrong = list(Draft202012Validator(checked).iter_errors(value))
            assert not wrong, f"{place}: {wrong[0].message}"
    assert silent == []


def keys(node: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Every key that a person may write, with the place where its schema says what it is."""
    for name, one in node.get("properties", {}).items():
        yield f"{place}/{name}", one
        yield from keys(
            one.get("items", one) if one.get("type") == "array" else one, f"{place}/{name}"
        )
    for name, one in node.get("$defs", {}).items():
        yield from keys(one, f"{place}/{name}")
