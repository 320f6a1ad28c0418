"""The settings that projects have for pytest and coverage.py take no measurement away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from factoryline.verification.coverage.coverage_py import settings

from tests.line import Line

PROJECT = "[tool.pytest.ini_options]\npythonpath = ['src']\naddopts = '{}'\n"

MORE = "[tool.coverage.run]\n{}\n"

SETTINGS = {
    "plain": PROJECT.format(""),
    "pytest-cov": PROJECT.format("--cov=src --cov-fail-under=99 --cov-branch"),
    "xdist": PROJECT.format("-n 2"),
    "both": PROJECT.format("-n 2 --cov=src --cov-report=xml:cov.xml"),
    "warnings": PROJECT.format("-W error -x --maxfail=1"),
    "omit": PROJECT.format("") + MORE.format("omit = ['src/*']"),
    "source": PROJECT.format("") + MORE.format("source = ['elsewhere']\nparallel = true"),
    "patch": PROJECT.format("") + MORE.format("patch = ['subprocess']\nbranch = true"),
    "report": PROJECT.format("") + "[tool.coverage.report]\nfail_under = 100\n",
}


def mended(folder: Path, settings: str) -> Line:
    """A repository of that project, a branch `fix`, and the line that `factory init` makes."""
    line = Line(folder, inside=True)
    (line.home / "doit.cfg").unlink()
    line.write(line.home / "pyproject.toml", settings)
    line.write(line.home / "src/calc.py", "def add(a, b):\n    return a - b\n")
    line.write(line.home / "tests/test_zero.py", "def test_zero():\n    assert True\n")
    line.commit("calc")
    line.git("switch", "-q", "-c", "fix")
    line.write(line.home / "src/calc.py", "def add(a, b):\n    return a + b\n")
    test = "from calc import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n"
    line.write(line.home / "tests/test_calc.py", test)
    line.commit("Sums are sums")
    line.git("switch", "-q", "main")
    assert line.factory("init", "--adopt", "fix").code == 0
    line.commit("a line")
    return line


HAS = ("3.13.0", "gevent-24.2.1.dist-info", "pytest-8.3.4.dist-info")


@pytest.mark.parametrize(
    ("project", "traced", "monitors", "said"),
    [
        ("", ["*/a.py"], True, ["core = sysmon", "include =", "    */a.py"]),
        ("", ["*/a.py"], False, ["include =", "    */a.py"]),
        ("", [], True, []),
        (
            "[run]\nplugins = a\n    b\nomit = x\n",
            ["*/a.py"],
            True,
            ["plugins = a,b", "include =", "    */a.py"],
        ),
        (
            "[run]\nconcurrency = thread,greenlet\n",
            ["*/a.py"],
            True,
            ["concurrency = thread", "core = sysmon", "include =", "    */a.py"],
        ),
        (
            "[run]\nconcurrency = gevent\n",
            ["*/a.py"],
            True,
            ["concurrency = gevent", "include =", "    */a.py"],
        ),
    ],
)
def test_what_is_measured_and_how(
    project: str, traced: list[str], monitors: bool, said: list[str], tmp_path: Path
) -> None:
    (tmp_path / ".coveragerc").write_text(project)
    env = settings(
        tmp_path, tmp_path / "log", {"PYTHONPATH": "src"}, traced, monitors=monitors, installed=HAS
    )
    assert Path(env["COVERAGE_RCFILE"]).read_text().splitlines() == ["[run]", *said]
    assert env["PYTHONPATH"].startswith("src:")


@pytest.mark.long
@pytest.mark.parametrize("kind", SETTINGS)
def test_settings_of_a_project_take_nothing_away(kind: str, tmp_path: Path) -> None:
    line = mended(tmp_path, SETTINGS[kind])
    ran = line.doit()
    assert ran.code == 0, ran
    verdict = json.loads((line.home / "state/factory-artifacts/fix/1-verify.json").read_text())
    covers = verdict["handoff"]["proof"]["covers"]
    assert (covers["outcome"], covers["lines"], covers["executed"]) == ("pass", 1, 1)


@pytest.mark.long
def test_a_measurement_that_failed_is_no_fault_of_the_change(tmp_path: Path) -> None:
    line = mended(tmp_path, SETTINGS["plain"])
    line.edit('-m, pytest, -q, "{tests}"', '-m, pytest, -q, -p, stops, "{tests}"')
    line.write(
        line.home / "src/stops.py", "import coverage\n\ncoverage.Coverage.current().stop()\n"
    )
    line.edit("env: {PYTHONPATH: src}", "env: {PYTHONPATH: src}  # and the plugin")
    line.commit("a plugin")
    ran = line.doit()
    assert ran.code == 1
    assert "the scope `tests` passes, but measuring it failed: its data" in ran.out, ran
    assert line.factory("status").out.count("1-verify failed 1 time and is due again") == 1
