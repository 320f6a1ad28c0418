"""A Python file as parts, and what differs between two versions."""

from __future__ import annotations

import pytest
from factoryline.verification.selection.outline import alike, differences, outline

SOURCE = '''"""A module."""
from __future__ import annotations
import os, sys as system
from .fields import Field

LIMIT = 3
if LIMIT:
    EXTRA = LIMIT

@wrapped(LIMIT)
def load(text, *, strict=True):
    """Documentation."""
    return Field(text)

class Schema(Base):
    ordered = False

    class Meta:
        register = True

    def dump(self):
        return self.ordered
'''


def parts(text: str) -> list[tuple[str, str]]:
    whole = outline(text)
    assert whole is not None
    return [(part.kind, part.name) for part in whole.parts]


def changed(old: str, new: str) -> list[tuple[str, str]]:
    before, after = outline(old), outline(new)
    assert before is not None
    assert after is not None
    return [(delta.part.kind, delta.part.name) for delta in differences(before, after)]


def test_the_parts_of_a_file() -> None:
    assert parts(SOURCE) == [
        ("import", "os"),
        ("import", "system"),
        ("import", "Field"),
        ("value", "LIMIT"),
        ("value", ""),
        ("value", "EXTRA"),
        ("function", "load"),
        ("class", "Schema"),
        ("value", "Schema.ordered"),
        ("class", "Schema.Meta"),
        ("value", "Schema.Meta.register"),
        ("function", "Schema.dump"),
    ]


def test_what_a_part_uses_and_where_it_stands() -> None:
    whole = outline(SOURCE)
    assert whole is not None
    (load,) = whole.by_name["load"]
    assert {"wrapped", "LIMIT", "text", "strict", "Field"} <= load.uses
    assert (load.first, load.body, load.last) == (10, 12, 13)
    (schema,) = whole.by_name["Schema"]
    assert schema.uses == {"Base"}


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


@pytest.mark.parametrize("text", ["def f(:\n", "\0", "x = (" * 3000])
def test_what_cannot_be_parsed_has_no_outline(text: str) -> None:
    assert outline(text) is None


def test_an_empty_file_has_no_parts() -> None:
    assert parts("") == []


def test_type_checking_blocks_never_run() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import heavy\n"
    assert parts(text) == [("import", "TYPE_CHECKING")]


def test_marks_that_name_fixtures_count_as_use() -> None:
    whole = outline('@pytest.mark.usefixtures("server")\ndef test_a(): pass\n')
    assert whole is not None
    assert "server" in whole.parts[0].uses
