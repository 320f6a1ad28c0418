"""What `cargo test` prints: several programs, and tests that print in between."""

from __future__ import annotations

import pytest
from factoryline.verification.reports.base import Unreadable
from factoryline.verification.reports.cargo import read


def printed(tests: str, *, stated: int, passed: int, failed: int = 0, ignored: int = 0) -> str:
    word = "FAILED" if failed else "ok"
    return (
        f"\nrunning {stated} tests\n{tests}\n\ntest result: {word}. {passed} passed; "
        f"{failed} failed; {ignored} ignored; 0 measured; 0 filtered out; finished in 0s\n"
    )


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        (printed("test a ... ok", stated=1, passed=1), {"a": "passed"}),
        (printed("test a - should panic ... ok", stated=1, passed=1), {"a": "passed"}),
        (printed("test a ... ignored, not now", stated=1, passed=0, ignored=1), {"a": "skipped"}),
        (printed("test src/lib.rs - f (line 3) ... ok", stated=1, passed=1), None),
        # With --nocapture and one thread the outcome stands below what the test printed.
        (printed("test a ... noise\nFAILED", stated=1, passed=0, failed=1), {"a": "failed"}),
        (printed("", stated=0, passed=0), {}),
        (
            printed("test a ... ok", stated=1, passed=1)
            + printed("test b ... FAILED", stated=1, passed=0, failed=1),
            {"a": "passed", "b": "failed"},
        ),
    ],
)
def test_lines_are_tests(text: str, outcomes: dict[str, str] | None) -> None:
    report = read(text.encode())
    expected = {"src/lib.rs - f (line 3)": "passed"} if outcomes is None else outcomes
    assert ({test.id: test.outcome for test in report.tests}, report.doubt) == (expected, "")


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        (printed("test a ... ok", stated=5, passed=5), "states 5 tests and lists 1"),
        (
            printed("test a ... ok", stated=1, passed=0, failed=1),
            "states 1 failed of 1 and lists 0",
        ),
        ("running 2 tests\ntest a ... ok\n", "stops before a test program told its result"),
        (
            "running 2 tests\ntest a ... ok\n" + printed("test b ... ok", stated=1, passed=1),
            "shows a test program that told no result",
        ),
        (printed("test a ... no newlineok", stated=1, passed=1), "states 1 test and lists 0"),
    ],
)
def test_totals_that_contradict_the_tests(text: str, doubt: str) -> None:
    assert read(text.encode()).doubt == doubt


def test_the_output_of_a_failed_test_is_its_message() -> None:
    shown = "test a ... FAILED\n\nfailures:\n\n---- a stdout ----\ntest b ... ok\nleft: 1\n\n"
    text = printed(f"{shown}\nfailures:\n    a", stated=1, passed=0, failed=1)
    [test] = read(text.encode()).tests
    assert test.message == "test b ... ok\nleft: 1"


def test_no_run() -> None:
    with pytest.raises(Unreadable, match="shows no run of tests"):
        read(b"   Compiling p v0.1.0\n")
