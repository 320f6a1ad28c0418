"""A Python file as parts."""

from __future__ import annotations

import pytest
from factoryline.selection.outline import outline

from tests.selection.trees import SOURCE


def parts(text: str) -> list[tuple[str, str]]:
    whole = outline(text)
    assert whole is not None
    return [(part.kind, part.name) for part in whole.parts]


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
