"""Which tests failed before: by themselves, for want of the code, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.system.process import Completed
from factoryline.verification.proof.before import Before, compare, new_tests
from factoryline.verification.proof.tampering import Edit
from factoryline.verification.proof.told import before as told
from factoryline.verification.reports.base import Outcome, Report, Test
from factoryline.verification.scopes import Attempt

HERE, THERE = Path("/srv/here"), Path("/srv/there")


def case(name: str, outcome: Outcome = "passed", message: str = "", file: str = "") -> Test:
    last = name.rpartition("::")[2]
    return Test(id=name, name=last, outcome=outcome, message=message, file=file)


def attempt(*tests: Test, code: int | None = 0, out: str = "", report: bool = True) -> Attempt:
    done = Completed(argv=(), code=code, stdout=out.encode(), stderr=b"", seconds=1.0)
    return Attempt(
        done=done,
        report=Report(tests=tests) if report else None,
        trouble="" if code == 0 else "it ended badly",
        coverage=Path("none"),
    )


def held(now: Attempt, then: Attempt) -> Before:
    return compare(now, then, here=HERE, there=THERE, new={})


def ids(found: Before) -> list[tuple[str, str]]:
    return [(test.id, how) for test, how in found.failed]


def test_a_test_that_fails_before_and_one_that_never_did() -> None:
    now = attempt(case("tests.test_a::test_old"), case("tests.test_a::test_new"))
    then = attempt(
        case("tests.test_a::test_old"),
        case("tests.test_a::test_new", "failed", "assert 1 == 2"),
        code=1,
    )
    assert ids(held(now, then)) == [("tests.test_a::test_new", "failed")]


@pytest.mark.parametrize(
    "message",
    [
        "ImportError: cannot import name 'clamp' from 'app'",
        "AttributeError: module 'app' has no attribute 'clamp'",
        "TypeError: clamp is not a function",
        "Error: Cannot find module './clamp'",
        "error[E0425]: cannot find function `clamp` in this scope",
    ],
)
def test_code_that_is_not_there_is_told_apart(message: str) -> None:
    now = attempt(case("t::a"))
    assert ids(held(now, attempt(case("t::a", "failed", message), code=1))) == [("t::a", "missing")]


def test_a_file_that_cannot_be_collected_fails_all_that_is_in_it_and_no_more() -> None:
    now = attempt(
        case("tests.test_a::one"), case("tests.test_a.TestX::two"), case("tests.test_b::x")
    )
    then = attempt(case("tests.test_a", "failed", "ImportError: clamp"), code=2)
    assert ids(held(now, then)) == [
        ("tests.test_a::one", "missing"),
        ("tests.test_a.TestX::two", "missing"),
    ]


def test_a_suite_of_jest_that_cannot_be_loaded() -> None:
    now = attempt(case("adds › one", file="/srv/here/web/a.test.ts"))
    broken = case("/srv/there/web/a.test.ts", "failed", "boom", "/srv/there/web/a.test.ts")
    assert ids(held(now, attempt(broken, code=1))) == [("adds › one", "missing")]


def test_a_run_without_a_report() -> None:
    now = attempt(case("t::a"))
    conftest = attempt(code=4, report=False, out="ImportError while loading conftest")
    assert ids(held(now, conftest)) == [("t::a", "missing")]
    broken = attempt(code=127, report=False, out="no space left on device")
    assert held(now, broken).unknown == "it ended badly"
    assert held(now, attempt(code=None, report=False)).unknown
    assert held(now, attempt()).unknown == "no test ran"
    assert held(attempt(report=False), attempt(code=1)).unknown == "it counts no tests"


def test_what_fails_on_the_change_or_was_skipped_shows_nothing() -> None:
    now = attempt(case("t::a", "failed"), case("t::b", "skipped"), case("t::c"))
    then = attempt(case("t::a", "failed"), case("t::b", "failed"), case("t::c", "skipped"), code=1)
    assert ids(held(now, then)) == []


def test_of_several_with_one_name_the_one_that_failed_counts() -> None:
    now = attempt(case("t::a"), case("t::a"))
    then = attempt(case("t::a", "failed", "x"), case("t::a"), code=1)
    assert ids(held(now, then)) == [("t::a", "failed"), ("t::a", "failed")]


def test_a_new_test_that_passes_already_is_named() -> None:
    source = "def test_old():\n    assert 1 == f()\n"
    edits = [
        Edit(path="tests/test_a.py", before=source, after=source + source.replace("old", "new")),
        Edit(path="web/b.test.ts", before=None, after="describe('x', () => { \n it('adds', f) })"),
        Edit(path="app.py", before=None, after=source),
    ]
    new = new_tests(edits)
    assert new == {"tests/test_a.py": {"test_new"}, "web/b.test.ts": {"adds"}}
    now = attempt(
        case("tests.test_a::test_old"),
        case("tests.test_a::test_new[1]"),
        case("x adds", file="/srv/here/web/b.test.ts"),
    )
    then = attempt(*now.tests[:2], case("x adds", file="/srv/there/web/b.test.ts"))
    found = compare(now, then, here=HERE, there=THERE, new=new)
    assert [test.id for test in found.passing] == ["tests.test_a::test_new[1]", "x adds"]


@pytest.mark.parametrize(
    ("tests", "product", "outcome", "reason"),
    [
        (["test_a.py"], [], "fail", "nothing but tests"),
        ([], ["a.py"], "fail", "brings no test"),
        (["test_a.py"], ["a.py"], "fail", "none of them shows"),
    ],
)
def test_why_nothing_is_shown(
    tests: list[str], product: list[str], outcome: str, reason: str
) -> None:
    found = told({"unit": Before()}, tests=tests, product=product)
    assert found["outcome"] == outcome
    assert reason in found["reason"]


def test_one_scope_that_cannot_be_run_on_the_base_hides_none_that_can() -> None:
    lost = {"web": Before(unknown="its preparation failed")}
    found = told(lost, product=["a.py"])
    assert (found["outcome"], found["unknown"]) == ("unknown", ["web: its preparation failed"])
    assert "cannot be tested" in found["reason"]
    shown = told({**lost, "unit": Before(failed=((case("t::a"), "failed"),))})
    assert (shown["outcome"], shown["failed"]) == ("pass", 1)
    assert shown["unknown"] == ["web: its preparation failed"]
