"""What a changed conftest.py reaches."""

from __future__ import annotations

import pytest

from tests.selection.trees import names, select

CONFTEST = """import os

import pytest

ROOT = os.getcwd()


@pytest.fixture
def box():
    return ROOT


@pytest.fixture
def full(box):
    return [box]


@pytest.fixture
def other():
    return 1


@pytest.fixture(autouse=True)
def around():
    yield


def pytest_configure(config):
    pass
"""
TESTS = """def test_box(box): pass


def test_full(full): pass


def test_other(other): pass
"""
BASE = {
    "pkg/__init__.py": "",
    "tests/conftest.py": "",
    "tests/unit/conftest.py": CONFTEST,
    "tests/unit/test_boxes.py": TESTS,
    "tests/test_far.py": "def test_far(): pass\n",
}
ALL_BELOW = ["unit/test_boxes.py"]


def chosen(old: str, new: str) -> list[str]:
    assert CONFTEST.count(old) == 1, old
    files = {**BASE, "tests/unit/conftest.py": CONFTEST.replace(old, new)}
    return names(select(BASE, files))


@pytest.mark.parametrize(
    ("old", "new", "tests"),
    [
        ("return [box]", "return (box,)", ["test_full"]),
        ("return ROOT", "return ROOT + '/'", ["test_box", "test_full"]),
        ("os.getcwd()", "os.curdir", ["test_box", "test_full"]),
        ("    return 1\n", "    return 2\n", ["test_other"]),
    ],
)
def test_a_fixture_reaches_those_who_ask_for_it(old: str, new: str, tests: list[str]) -> None:
    assert chosen(old, new) == [f"unit/test_boxes.py::{test}" for test in tests]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    yield\n", "    yield 1\n"),
        ("    pass\n", "    print()\n"),
        ("\n\n\n@pytest.fixture\ndef box", "\nprint()\n\n\n@pytest.fixture\ndef box"),
        ("ROOT = os.getcwd()", "ROOT = os.getcwd()\ncollect_ignore = []"),
    ],
)
def test_what_pytest_itself_runs_reaches_all_below(old: str, new: str) -> None:
    assert chosen(old, new) == ALL_BELOW


def test_a_name_that_is_put_together_at_run_time_reaches_all_below() -> None:
    asking = {"tests/unit/test_more.py": "def test_m(request): request.getfixturevalue('box')\n"}
    old = {**BASE, **asking}
    new = {**old, "tests/unit/conftest.py": CONFTEST.replace("return [box]", "return (box,)")}
    assert names(select(old, new)) == [*ALL_BELOW, "unit/test_more.py"]


def test_a_comment_reaches_nobody() -> None:
    files = {**BASE, "tests/unit/conftest.py": CONFTEST + "# done\n"}
    assert select(BASE, files).widened == "no test reaches the change"
