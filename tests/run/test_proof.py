"""Verdicts with their proof, from the command line: what is shown, and the bad days."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.line import CELLS, COVERED, Line

SCOPES = COVERED.replace("FOLDER", "tests")

STYLE = """  style: {run: ["{python}", -c, "print(1)"], report: exit}\n"""

APP = "def double(x):\n    return 2 * x\n"
TEST = "from server.calc import double\n\n\ndef test_double():\n    assert double(2) == 4\n"
HALF = "\n\ndef half(x):\n    if x < 0:\n        return 0\n    return x // 2\n"
TEST_HALF = TEST.replace("import double", "import double, half") + (
    "\n\ndef test_half():\n    assert half(5) == 2\n"
)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    line = Line(tmp_path)
    line.write(line.product / "server/calc.py", APP)
    line.write(line.product / "tests/test_calc.py", TEST)
    line.commit("calc")
    return line


def verdict(line: Line, proof: str, *, jobs: int = 1, **files: str) -> tuple[str, dict[str, Any]]:
    """What is told of the verdict on one change, and its proof."""
    line.patch("calc-1", **files)
    line.review("ok")
    line.spec(
        line.artifact("calc", reviews=["ok.yaml"], more=f"    proof: {proof}\n").replace(
            ", {scope: style}", ", {scope: style}" if jobs > 1 else ""
        ),
        cells=CELLS.replace("checks/**", "'**'").replace(
            "kind: verify", f"kind: verify, jobs: {jobs}"
        ),
        scopes=SCOPES + STYLE,
    )
    ran = line.doit("calc:1-package")
    _, found, said = ran.out.partition("1-verify")
    said = said if found else ran.out + ran.err
    proven: dict[str, Any] = line.entry("calc", "1-verify")["handoff"]["proof"]
    return said, proven


@pytest.mark.long
def test_all_three_proofs_of_one_change(line: Line) -> None:
    said, proof = verdict(
        line,
        "{fails_before: true, covers: 0.7, mutants: 3}",
        jobs=2,  # each scope in a checkout that is gone when the proof is made
        server__calc_py=APP + HALF,
        tests__test_calc_py=TEST_HALF,
    )
    assert "pass: 2 tests in 2 scopes, 75 % of 4 changed lines, 2 failed before, " in said
    assert proof["before"]["missing"] == 2
    assert proof["covers"]["uncovered"] == [{"path": "server/calc.py", "lines": "7"}]
    assert proof["mutants"]["tried"] == 3
    survivors = {(one["line"], one["executed"]) for one in proof["mutants"]["survivors"]}
    assert survivors <= {(6, True), (7, False), (8, True)}
    packet = (line.state / "factory-artifacts/calc/1-packet.md").read_text()
    assert "- changed lines: 3 of 4 run by the selected tests (70 % are asked for)" in packet
    assert "  - not run: server/calc.py:7" in packet
    assert "- without the change: 2 selected tests failed, 2 of them since the code" in packet


@pytest.mark.long
def test_a_test_that_always_passes(line: Line) -> None:
    said, proof = verdict(
        line,
        "{fails_before: true}",
        server__calc_py=APP + HALF,
        tests__test_calc_py=TEST + "\n\ndef test_half():\n    assert double\n",
    )
    assert "fail: 2 tests in 1 scope, 25 % of 4 changed lines, 0 failed before  (" in said
    assert "\n   every " in said
    assert proof["before"]["passing"] == ["tests.test_calc::test_half"]


@pytest.mark.long
def test_what_was_merely_laid_out_anew_or_moved_asks_for_no_test(line: Line) -> None:
    wide = "def wide(x):\n    if x:\n        return [x, 'a']\n    return None\n\n\n"
    line.write(line.product / "server/calc.py", APP + "\n\n" + wide + HALF)
    line.commit("more that no test executes")
    formatted = wide.replace("[x, 'a']", '[\n            x,\n            "a",\n        ]')
    said, proof = verdict(
        line,
        "{covers: 1.0}",
        server__calc_py=formatted + HALF + APP.replace("2 * x", "x + x"),
    )
    assert "pass: 1 test in 1 scope, 100 % of 2 changed lines" in said
    assert proof["covers"]["uncovered"] == []


@pytest.mark.long
def test_a_changed_file_that_no_test_imports(line: Line) -> None:
    said, proof = verdict(
        line,
        "{covers: 0.5}",
        server__calc_py=APP + HALF,
        server__other_py="X = 1\n",
        tests__test_calc_py=TEST_HALF,
    )
    assert "no selected test loads `server/other.py`" in said
    assert proof["covers"]["absent"] == ["server/other.py"]


@pytest.mark.long
def test_tests_deleted_skipped_and_loosened_are_shown_to_review(line: Line) -> None:
    more = "\n\ndef test_{}():\n    assert double(3) == 6\n"
    line.write(line.product / "tests/test_more.py", TEST + more.format("b") + more.format("c"))
    line.commit("more")
    said, proof = verdict(
        line,
        "{}",
        server__calc_py=APP.replace("2 * x", "4"),
        tests__test_more_py=TEST.replace("test_double", "test_c").replace("== 4", "> 0")
        + "\n\nimport pytest\n\n\n@pytest.mark.skip\ndef test_b():\n    assert double(3) == 6\n",
    )
    assert "100 % of 1 changed line, 3 findings in tests (2 hiding a failure)" in said
    found = proof["tests"]["findings"]
    assert [(one["kind"], one["test"], one["as_it_was"]) for one in found] == [
        ("deleted", "test_double", "passes"),
        ("loosened", "test_c", "fails"),
        ("skipped", "test_b", "fails"),
    ]
    packet = (line.state / "factory-artifacts/calc/1-packet.md").read_text()
    assert (
        "- [ ] tests/test_more.py:12: skipped: `test_b` got `pytest.mark.skip`; **as it" in packet
    )


@pytest.mark.long
def test_the_proof_shapes_the_verdict_alone(line: Line) -> None:
    verdict(line, "{covers: 0.5}", server__calc_py=APP + HALF, tests__test_calc_py=TEST_HALF)
    line.edit("proof: {covers: 0.5}", "proof: {covers: 0.6}")
    stale = [one for one in line.factory("explain", "calc").out.splitlines() if "stale" in one]
    assert [one.split()[0] for one in stale][:1] == ["calc/1-verify"]


def test_tests_that_fail_and_leave_no_coverage_data_are_all_that_is_to_mend(line: Line) -> None:
    """As vitest does; that the data is missing is nothing a builder could mend."""
    report = "<testsuite><testcase name='it'><failure>no</failure></testcase></testsuite>"
    script = f'import sys; open(sys.argv[1], "w").write("{report}"); sys.exit(1)'
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    line.spec(
        line.artifact("limit", more="    proof: {covers: 0.8}\n").replace(", {scope: style}", ""),
        cells=CELLS,
        scopes=f"""
scopes:
  unit:
    run: ["{{python}}", -c, {json.dumps(script)}, "{{report}}", "{{coverage}}"]
    report: junit
    coverage: lcov
""",
        flow="{retries: 0}",
    )
    ran = line.doit()
    _, _, told = ran.out.partition("limit:1-verify  fail: ")
    assert told.splitlines()[1:3] == ["   unit: 1 of 1 test failed", "     it: no"], ran
    assert told.splitlines()[3] == "   factory logs limit/1-verify", told
    assert line.entry("limit", "1-verify")["handoff"]["proof"]["covers"]["outcome"] == "unknown"
