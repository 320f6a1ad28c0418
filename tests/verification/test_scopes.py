"""Scopes with real, tiny programs: what a run proves, and why it proves nothing."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factoryline.diagnostics import Span, StageFailed
from factoryline.plan.model import Scope, Selection
from factoryline.spec import schema
from factoryline.verification import scopes
from factoryline.verification.coverage.coverage_py import Watch

RUNNER = """
import pathlib, sys
report, code, *cases = sys.argv[1:]
xml = {"good": "<testcase name='good'/>",
       "bad": "<testcase name='bad'><failure>it broke</failure></testcase>",
       "skipped": "<testcase name='skipped'><skipped/></testcase>"}
pathlib.Path(report).write_text(f"<testsuite>{''.join(xml[c] for c in cases)}</testsuite>")
print("ran", *cases)
sys.exit(int(code))
"""

SCOPE = Scope(
    name="unit",
    span=Span(file="factory.yaml", line=9, column=3),
    run=(sys.executable, "-c", RUNNER, "{report}", "0", "{tests}"),
    report="junit",
    cwd=".",
    env={},
    all=("good",),
    list=(),
    timeout=20.0,
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an empty checkout and one for reports and logs."""
    for name in ("checkout", "scratch"):
        (tmp_path / name).mkdir()
    return tmp_path


def check(place: Path, *tests: str, **fields: Any) -> dict[str, Any]:
    """The check of a scope; its fields are SCOPE's with `fields` in their place."""
    selection = Selection(scope=replace(SCOPE, **fields), tests=tests)
    found = scopes.verify(selection, place / "checkout", place / "scratch").check
    verdict = schema.builtin("verdict")
    wanted = verdict["properties"]["checks"]["items"] | {"$defs": verdict["$defs"]}
    assert schema.violations(found, wanted) == (), "a check fulfils the verdict's contract"
    return found


def python(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


def with_code(code: int) -> tuple[str, ...]:
    return tuple(str(code) if part == "0" else part for part in SCOPE.run)


def test_every_test_passed(place: Path) -> None:
    assert check(place, "good", "good") == {
        "scope": "unit",
        "outcome": "pass",
        "reason": "",
        "selected": ["good", "good"],
        "tests": {"run": 2, "passed": 2, "failed": 0, "skipped": 0, "flaky": 0, "known": None},
        "failures": [],
        "unnamed": 0,
        "flaky": [],
        "output": "",
        "selection": None,
        "earlier": [],
        "left": [],
    }


def test_without_tests_the_whole_scope_is_run(place: Path) -> None:
    found = check(place)
    assert found["selected"] == ["good"]
    assert found["tests"]["run"] == 1


def test_a_test_failed(place: Path) -> None:
    found = check(place, "good", "bad", run=with_code(1))
    assert (found["outcome"], found["reason"]) == ("fail", "1 of 2 tests failed")
    assert found["failures"] == [{"test": "bad", "place": "", "message": "it broke"}]
    assert found["output"] == "ran good bad"


def test_a_failed_test_counts_even_if_the_runner_is_content(place: Path) -> None:
    assert check(place, "bad")["reason"] == "1 of 1 test failed"


def test_a_runner_that_fails_although_every_test_passed(place: Path) -> None:
    found = check(place, "good", run=with_code(3))
    assert found["outcome"] == "fail"
    assert found["reason"] == "it ended with exit code 3 although every test passed"
    assert found["tests"]["passed"] == 1


def test_no_test_ran(place: Path) -> None:
    assert check(place, all=())["reason"] == "no test ran"


def test_every_test_was_skipped(place: Path) -> None:
    found = check(place, "skipped", "skipped")
    assert (found["outcome"], found["reason"]) == ("fail", "no test ran (2 skipped)")


def test_some_tests_were_skipped(place: Path) -> None:
    found = check(place, "good", "skipped")
    assert found["outcome"] == "pass"
    assert (found["tests"]["run"], found["tests"]["skipped"]) == (1, 1)


@pytest.mark.parametrize("code", [0, 2])
def test_a_report_that_was_not_written(place: Path, code: int) -> None:
    found = check(place, "good", run=python(f"raise SystemExit({code})"))
    assert found["outcome"] == "fail"
    assert found["reason"] == f"it wrote no JUnit report and ended with exit code {code}"
    assert found["tests"] is None


def test_an_old_report_is_not_taken_for_a_new_one(place: Path) -> None:
    assert check(place, "good")["outcome"] == "pass"
    assert check(place, "good", run=python("pass"))["outcome"] == "fail"


def test_a_torn_report(place: Path) -> None:
    torn = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('<testsuite><testca')"
    found = check(place, run=(*python(torn), "{report}"))
    assert found["reason"].startswith("its JUnit report is not JUnit XML: unclosed token")
    assert found["reason"].endswith("; it ended with exit code 0")


def test_a_report_that_lies_about_its_count(place: Path) -> None:
    lie = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text("
    lie += '\'<testsuite tests="9"><testcase name="a"/></testsuite>\')'
    found = check(place, run=(*python(lie), "{report}"))
    assert found["reason"] == "its JUnit report states 9 tests and lists 1"


def test_a_report_on_standard_output(place: Path) -> None:
    tap = python("print('ok 1 - a\\nnot ok 2 - b\\n1..2')")
    found = check(place, run=tap, report="tap")
    assert (found["reason"], found["tests"]["run"]) == ("1 of 2 tests failed", 2)


def test_of_many_failures_the_first_are_named(place: Path) -> None:
    found = check(place, *["bad"] * 25)
    assert (len(found["failures"]), found["unnamed"]) == (scopes.FAILURES, 5)
    assert found["reason"] == "25 of 25 tests failed"


def test_a_run_that_takes_too_long(place: Path) -> None:
    script = "import time; print('begun', flush=True); time.sleep(60)"
    found = check(place, run=python(script), timeout=0.5)
    assert found["reason"] == "it ran longer than 0.5 s and was ended"
    assert found["output"] == "begun"


def test_a_runner_that_a_signal_ended(place: Path) -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    found = check(place, run=python(script), report="exit")
    assert found["outcome"] == "fail"
    assert found["reason"] == "it was ended by the signal SIGKILL"


def test_an_exit_code_alone_counts_nothing(place: Path) -> None:
    found = check(place, run=python("print('fine')"), report="exit", all=())
    assert (found["outcome"], found["tests"], found["output"]) == ("pass", None, "")
    found = check(place, run=python("import sys; print('o'); sys.exit('bad')"), report="exit")
    assert (found["outcome"], found["reason"]) == ("fail", "it ended with exit code 1")
    assert found["output"] == "o\nbad"


def test_the_end_of_a_long_output_is_kept(place: Path) -> None:
    found = check(
        place, run=python("print('x' * 9000 + 'end'); raise SystemExit(1)"), report="exit"
    )
    assert len(found["output"]) == scopes.OUTPUT_CHARACTERS
    assert found["output"].endswith("end")


def test_a_runner_that_is_not_there_says_nothing_about_the_change(place: Path) -> None:
    with pytest.raises(StageFailed) as caught:
        check(place, run=("no-such-runner",))
    assert caught.value.message == "the scope `unit` needs `no-such-runner`, which was not found"
    assert caught.value.diagnostic.span == SCOPE.span


def test_a_folder_that_the_change_does_not_have(place: Path) -> None:
    with pytest.raises(StageFailed) as caught:
        check(place, cwd="webui")
    assert caught.value.message == (
        "the scope `unit` runs in `webui`, which the change does not have"
    )


def test_the_folder_and_the_environment(place: Path) -> None:
    (place / "checkout/webui").mkdir()
    script = (
        "import os; print(os.path.basename(os.getcwd()), os.environ['COLOUR'],"
        "os.environ['PYTHONDONTWRITEBYTECODE']); raise SystemExit(1)"
    )
    found = check(place, run=python(script), report="exit", cwd="webui", env={"COLOUR": "blue"})
    assert found["output"] == "webui blue 1"


def test_logs_are_kept(place: Path) -> None:
    check(place, "good")
    assert (place / "scratch/unit.out").read_text() == "ran good\n"


# How many tests there are.


@pytest.mark.parametrize(
    ("script", "known"),
    [
        ("print('a\\nb\\nc\\n\\n3 tests collected')", 3),
        ("print('a\\nb')", 2),
        ("print('\\nnone')", 0),
        ("pass", 0),
        ("print('a'); raise SystemExit(1)", None),
    ],
)
def test_tests_are_listed_up_to_the_first_empty_line(
    place: Path, script: str, known: int | None
) -> None:
    found = check(place, "good", list=python(script))
    assert found["tests"]["known"] == known


def test_the_whole_scope_is_listed_whatever_is_selected(place: Path) -> None:
    script = "import sys; print(*sys.argv[1:], sep='\\n')"
    found = check(place, "good", all=("good", "bad"), list=(*python(script), "{tests}"))
    assert found["tests"]["known"] == 2


@pytest.mark.long
def test_a_run_that_is_recorded_has_more_time(place: Path) -> None:
    scope = replace(SCOPE, run=python("import time; time.sleep(1)"), report="exit", timeout=0.5)
    site = place / "checkout", place / "scratch/log"
    assert scopes.attempt(scope, (), *site).done.code is None
    watch = Watch(turns=place / "scratch/turns")
    assert scopes.attempt(scope, (), *site, watch=watch).done.code == 0
