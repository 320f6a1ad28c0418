"""The lines at which two versions of a function part."""

from __future__ import annotations

import ast

import pytest
from factoryline.selection import divergence

OLD = '''\
def check(text, *rest):
    """What it does."""
    if text:
        text = text.strip()
        text = text.lower()
    elif rest:
        return rest
    for part in text:
        if part == "x":
            continue
        print(
            part,
        )
    try:
        return open(text)
    except OSError:
        pass
    return None
'''


def parts(old: str, new: str) -> set[int]:
    assert OLD.count(old) == 1, old
    return set(divergence.parting(ast.parse(OLD).body[0], ast.parse(OLD.replace(old, new)).body[0]))


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("What it does", "What it did", set()),
        ("part,\n        )", "part)", set()),
        ("text.lower()", "text.upper()", {5}),
        ("if text:\n        text =", "if not text:\n        text =", {3}),
        # Who comes to a new statement executes the one after it, in the same block.
        ("        text = text.lower()\n", "        log()\n        text = text.lower()\n", {5}),
        ("    for part", "    log()\n    for part", {8}),
        ("        print(", "        log()\n        print(", {11, 12, 13}),
        # At the end of a block there is none; then the one before it.
        ("text.lower()\n", "text.lower()\n        log()\n", {5}),
        ("        return rest\n", "        return rest\n    else:\n        log()\n", {6}),
        ("        text = text.strip()\n", "", {4}),
        ("            part,\n", "            part, part\n", {11, 12, 13}),
        ("except OSError", "except ValueError", {14}),
        ("        pass\n", "        raise\n", {17}),
        ("    return None", "    return 1", {18}),
    ],
)
def test_who_has_to_notice(old: str, new: str, lines: set[int]) -> None:
    assert parts(old, new) == lines


def test_a_body_of_nothing_but_documentation() -> None:
    old, new = 'def f():\n    """Doc."""\n', 'def f():\n    """Doc."""\n    return 1\n'
    assert divergence.parting(ast.parse(old).body[0], ast.parse(new).body[0]) == {2}


def test_inside_what_is_defined_inside() -> None:
    old = "def f():\n    def g():\n        return 1\n    return g\n"
    new = old.replace("return 1", "return 2")
    assert divergence.parting(ast.parse(old).body[0], ast.parse(new).body[0]) == {3}


def test_statements_that_have_some_lines() -> None:
    node = ast.parse(OLD).body[0]
    assert divergence.mentioning(node, frozenset({1, 12})) == {11, 12, 13}
    assert divergence.mentioning(node, frozenset({8})) == {8}
