"""The JSON of jest and vitest: its words, its totals, and what stands before it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from factoryline.verification.reports.base import Report, Unreadable
from factoryline.verification.reports.jest_json import read


def report(*statuses: str, file: str = "passed", **totals: Any) -> Report:
    failed = sum(status == "failed" for status in statuses)
    cases = [{"title": f"t{n}", "status": status} for n, status in enumerate(statuses)]
    value = {
        "numTotalTests": len(statuses),
        "numFailedTests": failed,
        "success": file == "passed",
        "testResults": [{"name": "/a.js", "status": file, "assertionResults": cases}],
    }
    return read(json.dumps(value | totals).encode())


def test_the_words_for_an_outcome() -> None:
    found = report("passed", "failed", "pending", "skipped", "disabled", "todo", file="failed")
    assert [t.outcome for t in found.tests] == ["passed", "failed", *["skipped"] * 4]


def test_a_word_that_nobody_knows_is_no_pass() -> None:
    [test] = report("splendid").tests
    assert (test.outcome, test.message) == ("failed", "it is splendid")


def test_a_file_that_breaks_outside_of_its_tests() -> None:
    found = report("passed", file="failed")
    assert [(t.id, t.outcome) for t in found.tests] == [("t0", "passed"), ("/a.js", "failed")]


@pytest.mark.parametrize(
    ("totals", "doubt"),
    [
        ({"numTotalTests": 9}, "states 9 tests and lists 1"),
        ({"numFailedTests": 1}, "states 1 failure and lists none"),
        ({"success": False}, "states that it did not succeed and lists no failure"),
    ],
)
def test_totals_that_contradict_the_tests(totals: dict[str, Any], doubt: str) -> None:
    assert report("passed", **totals).doubt == doubt


def test_what_a_wrapper_printed_before_it() -> None:
    text = '\n> app@1.0.0 test\n> jest --json\n\n{"numTotalTests": 0, "numFailedTests": 0, '
    assert read((text + '"success": true, "testResults": []}\nbye').encode()).tests == ()


@pytest.mark.parametrize("text", ['{"testResults": 3}', '{"testResults": [{}]}', "[]", "{}"])
def test_another_shape(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text.encode())
