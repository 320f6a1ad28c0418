"""Code that one test runs on behalf of all."""

from __future__ import annotations

import pytest
from factoryline.selection import shared_state
from factoryline.selection.outline import outline

FIRST, SECOND, OTHER = 1, 2, 4
LEXER = """\
class Lexer:
    kept = None

    @classmethod
    def get(cls):
        if cls.kept is None:
            cls.kept = cls()
            cls.kept.fill()
        return cls.kept

    def __init__(self):
        self.words = []

    def fill(self):
        self.words.append(1)


def apart():
    return 1
"""
# Line by line: who executed it, where the first test built what both use.
RAN = {6: 3, 7: 1, 8: 1, 9: 3, 12: 1, 15: 1, 19: 4}


def spread(text: str, ran: dict[int, int]) -> dict[int, int]:
    lines = {"pkg/a.py": dict(ran)}
    shared_state.spread(lines, {"pkg/a.py": outline(text)})
    return lines["pkg/a.py"]


def test_what_is_kept_on_a_class_is_built_for_all_who_ask() -> None:
    assert spread(LEXER, RAN) == {**RAN, 7: 3, 8: 3, 12: 3, 15: 3}


def test_what_is_kept_on_an_object_is_its_own() -> None:
    own = LEXER.replace("cls.kept", "self.kept")
    assert spread(own, RAN) == RAN


@pytest.mark.parametrize(
    "text",
    [
        "made = None\n\n\ndef get():\n    global made\n    if made is None:\n"
        "        made = build()\n    return made\n\n\ndef build():\n    return [1]\n",
        "made = {}\n\n\ndef get():\n    #\n    if 'x' not in made:\n"
        "        made['x'] = build()\n    return made\n\n\ndef build():\n    return [1]\n",
        "made = {}\n\n\ndef get():\n    #\n    try:\n        return made['x']\n"
        "    except KeyError:\n        made['x'] = build()\n    return 1\n\n"
        "def build():\n    return [1]\n",
    ],
)
def test_globals_and_containers_of_a_module(text: str) -> None:
    build = text[: text.index("return [1]")].count("\n") + 1
    kept = text[: text.index("build()")].count("\n") + 1
    ran = {6: FIRST | SECOND, kept: FIRST, build: FIRST}
    assert spread(text, ran)[build] == FIRST | SECOND


def test_a_function_that_is_cached_belongs_to_its_callers() -> None:
    text = (
        "from functools import cache\n\n\n@cache\ndef table():\n    return rows()\n\n\n"
        "def rows():\n    return [1]\n\n\ndef user():\n    return table()\n"
    )
    ran = {6: FIRST, 10: FIRST, 14: FIRST | SECOND}
    assert spread(text, ran) == {6: 3, 10: 3, 14: 3}


def test_a_metaclass_that_keeps_one_object_builds_those_who_name_it() -> None:
    text = (
        "class Single(type):\n    one = None\n\n    def __call__(cls):\n"
        "        if Single.one is None:\n            Single.one = super().__call__()\n"
        "        return Single.one\n\n\nclass Lexer(metaclass=Single):\n"
        "    def __init__(self):\n        self.x = 1\n"
    )
    assert spread(text, {5: 3, 6: 1, 7: 3, 12: 1})[12] == 3
