"""TAP: points, plans, directives, subtests; and what runners print in between."""

from __future__ import annotations

import pytest
from factoryline.verification.reports.base import Unreadable
from factoryline.verification.reports.tap import DEPTH, read


@pytest.mark.parametrize(
    ("tap", "outcomes"),
    [
        ("1..2\nok 1 - a\nnot ok 2 - b", {"a": "passed", "b": "failed"}),
        ("ok\nnot ok\n1..2", {"test 1": "passed", "test 2": "failed"}),
        ("ok 1 a # SKIP no disk\n1..1", {"a": "skipped"}),
        ("not ok 1 - a # TODO later\n1..1", {"a": "skipped"}),
        ("ok 1 - a \\# skip is no word here\n1..1", {"a # skip is no word here": "passed"}),
        ("ok 1 - größe ☃\n1..1", {"größe ☃": "passed"}),
        ("1..0 # SKIP nothing to do", {}),
        ("# a remark\nnoise\n  ok, said the program\nok 1 - a\n1..1", {"a": "passed"}),
        # A point with subtests stands for them.
        ("    ok 1 - b\n    1..1\nok 1 - a\n1..1", {"b": "passed"}),
        ("    not ok 1 - b\n    1..1\nnot ok 1 - a\n1..1", {"b": "failed"}),
        ("    ok 1 - b\n    1..1\nnot ok 1 - a\n1..1", {"b": "passed", "a": "failed"}),
        (
            "        not ok 1 - c\n        1..1\n    not ok 1 - b\n    1..1\nnot ok 1 - a\n1..1",
            {"c": "failed"},
        ),
        ("    not ok 1 - b # TODO\n    1..1\nok 1 - a\n1..1", {"b": "skipped"}),
        # node counts a file without a test as one that passed.
        ("ok 1 - /code/empty.test.js\n1..1", {}),
        ("not ok 1 - /code/broken.test.js\n1..1", {"/code/broken.test.js": "failed"}),
    ],
)
def test_points_are_tests(tap: str, outcomes: dict[str, str]) -> None:
    report = read(tap.encode())
    assert ({test.id: test.outcome for test in report.tests}, report.doubt) == (outcomes, "")


@pytest.mark.parametrize(
    ("tap", "doubt"),
    [
        ("1..3\nok 1 - a", "plans 3 tests and shows 1"),
        ("1..1\nok 1 - a\nok 2 - b", "plans 1 test and shows 2"),
        ("    1..4\n    ok 1 - b\nok 1 - a\n1..1", "plans 4 tests and shows 1"),
        ("ok 1 - a\n1..1\n# fail 2", "states 2 failures and lists none"),
        ("ok 1 - a\nBail out! no disk\n1..1", "was given up by its runner"),
    ],
)
def test_a_stream_that_contradicts_itself(tap: str, doubt: str) -> None:
    assert read(tap.encode()).doubt == doubt


def test_why_the_runner_gave_up() -> None:
    [test] = read(b"Bail out! no disk\n1..1").failed
    assert (test.id, test.message) == ("Bail out!", "no disk")


@pytest.mark.parametrize("tap", ["ok 1 - a", "ok 1 - a\n  ---\n  error: 'x'\n1..1", ""])
def test_a_stream_without_its_end(tap: str) -> None:
    with pytest.raises(Unreadable):
        read(tap.encode())


def test_what_stands_below_a_point_belongs_to_it() -> None:
    block = "  ---\n  error: 'ok 2 - not a test'\n  not ok: 1\n  ...\n"
    [first, second] = read(f"not ok 1 - a\n{block}ok 2 - b\n1..2".encode()).tests
    assert "ok 2 - not a test" in first.message
    assert second.message == ""


def test_subtests_without_end_are_passed_over() -> None:
    deep = "".join(f"{'    ' * depth}ok 1\n" for depth in reversed(range(DEPTH * 3)))
    assert read(f"{deep}1..1".encode()).run == 1


def test_ten_thousand_tests() -> None:
    tap = "".join(f"ok {n} - test {n}\n  ---\n  duration_ms: 1\n  ...\n" for n in range(10_000))
    assert read(f"{tap}1..10000".encode()).run == 10_000
