"""What differs between two versions of a Python file, and what means the same."""

from __future__ import annotations

import pytest
from factoryline.selection.differences import alike, differences
from factoryline.selection.outline import outline

from tests.selection.trees import SOURCE


def changed(old: str, new: str) -> list[tuple[str, str]]:
    before, after = outline(old), outline(new)
    assert before is not None
    assert after is not None
    return [(delta.part.kind, delta.part.name) for delta in differences(before, after)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("return Field(text)", "return Field(text, strict)", [("function", "load")]),
        ("LIMIT = 3", "LIMIT = 4", [("value", "LIMIT")]),
        ("ordered = False", "ordered = True", [("value", "Schema.ordered")]),
        ("import os, sys", "import os, io, sys", [("import", "io")]),
        ("class Schema(Base)", "class Schema(Other)", [("class", "Schema")]),
        ("def dump", "def dumps", [("function", "Schema.dump"), ("function", "Schema.dumps")]),
        ("if LIMIT:", "if not LIMIT:", [("value", ""), ("value", "")]),
        ('"""Documentation."""', '"""Better documentation."""', []),
        ("LIMIT = 3", "LIMIT = 3  # three", []),
        ('"""A module."""\n', '"""A module."""\n\n\n\n', []),
        ("annotations\n", "annotations, generators\n", []),
    ],
)
def test_what_differs(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert SOURCE.count(old) == 1
    assert changed(SOURCE, SOURCE.replace(old, new)) == expected


ONE = "def one(x):\n    return [x, 'a']\n"
TWO = "def two():\n    return 2\n"


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (ONE, 'def one(x):\n    return [\n        x,\n        "a",\n    ]\n', {1, 2, 3, 4, 5}),
        (ONE + TWO, TWO + ONE, {1, 2, 3, 4}),
        (ONE + TWO, ONE + TWO.replace("return 2", "return 3"), {1, 2}),
        ("X = (1)\n", "X = 1\nY = 1\n", {1}),
        ("class A:\n    x = 1\n", "class B:\n    x = 1\n", set()),
        (ONE, "def one(:\n", set()),
        ("", ONE, set()),
    ],
    ids=["laid out", "moved", "one changed", "a value", "another class", "unreadable", "new"],
)
def test_lines_that_mean_what_they_meant(old: str, new: str, lines: set[int]) -> None:
    assert alike(old, new) == lines
