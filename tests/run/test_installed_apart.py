"""factoryline in an environment of its own (pipx, uv tool): `doit` is not on the path, and tests
run with the project's interpreter.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.line import Line, Ran

HERE = sysconfig.get_paths()["purelib"]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


class Apart:
    """A repository with a virtual environment, and a branch to adopt."""

    def __init__(self, folder: Path, *, coverage: bool) -> None:
        self.line = line = Line(folder, inside=True)
        (line.home / "doit.cfg").unlink()
        self.path = folder / "bin"
        self.path.mkdir()
        (self.path / "git").symlink_to(shutil.which("git") or "git")
        self.environment(coverage=coverage)
        line.write(line.home / ".gitignore", ".venv/\n")
        line.write(line.home / "src/calc.py", "def add(a, b):\n    return a * 0\n")
        line.write(line.home / "tests/test_zero.py", "def test_zero():\n    assert True\n")
        line.write(line.home / "pyproject.toml", "")
        line.commit("calc")
        line.git("switch", "-q", "-c", "fix")
        line.write(line.home / "src/calc.py", "def add(a, b):\n    return a + b\n")
        # Only the project's own environment has this module.
        test = "import ours_alone\nfrom calc import add\n\n\ndef test_add():\n    assert add(2, 3)"
        line.write(line.home / "tests/test_calc.py", test)
        line.commit("Sums are sums")
        line.git("switch", "-q", "main")

    def environment(self, *, coverage: bool) -> None:
        place = self.line.home / ".venv"
        self.line.run(sys.executable, "-m", "venv", "--without-pip", str(place))
        packages = place / f"lib/python{VERSION}/site-packages"
        (packages / "ours_alone.py").write_text("")
        # pytest and coverage, as if they were installed here.
        (packages / "more.pth").write_text(HERE)
        if coverage:
            (packages / "coverage").symlink_to(Path(HERE, "coverage"))

    def factory(self, *words: str) -> Ran:
        ran = self.line.factory(*words, env={"PATH": str(self.path)})
        assert "doit" not in ran.out.replace("doit.cfg", "").replace("doit asks factory", ""), ran
        return ran


@pytest.mark.long
def test_factory_alone_does_everything(tmp_path: Path) -> None:
    apart = Apart(tmp_path, coverage=True)
    line = apart.line
    assert "type `factory run`" in apart.factory("init", "--adopt", "fix").out
    assert "    python: .venv/bin/python\n" in (line.home / "factory.yaml").read_text()
    line.commit("a line")
    assert apart.factory("check").code == 0
    ran = apart.factory("run")
    assert "1-verify  pass: " in ran.out, ran
    assert "100 % of 1 changed line, 1 failed before" in ran.out
    assert "R fix:note" in " ".join(apart.factory("list", "--all", "--status").out.split())
    assert "fix:1-verify" in apart.factory("info", "fix/1-verify").out
    assert apart.factory("forget", "fix/1-package").code == 0
    assert "fix:1-package" in apart.factory("run", "fix").out
    answer = apart.factory("review", "fix", "--approve", "--by", "Ann")
    assert "factory run goes on from here" in answer.out
    assert "1 of 1 artifact sealed" in apart.factory("run").out
    assert apart.factory("clean", "fix").code == 0
    assert f".venv/bin/python (for tests)  {VERSION}." in line.factory("doctor").out
    for words in (["status"], ["explain"], ["report"], ["ledger", "fix"], ["plan"]):
        assert apart.factory(*words).code == 0


@pytest.mark.long
def test_an_environment_without_coverage_counts_tests_alone(tmp_path: Path) -> None:
    apart = Apart(tmp_path, coverage=False)
    said = apart.factory("init", "--adopt", "fix").out
    assert "without coverage (`.venv/bin/python -m pip install coverage` first)" in said
    apart.line.commit("a line")
    assert "1-verify  pass: " in apart.factory("run").out


@pytest.mark.long
def test_an_interpreter_that_is_not_there_is_nobodys_fault(tmp_path: Path) -> None:
    apart = Apart(tmp_path, coverage=True)
    line = apart.line
    apart.factory("init", "--adopt", "fix")
    shutil.rmtree(line.home / ".venv")
    line.commit("a line")
    ran = apart.factory("run")
    assert ran.code == 1
    assert "the scope `tests` needs `.venv/bin/python`, which is not there" in ran.out
    assert "2-build" not in ran.out
    assert ".venv/bin/python (for tests)  missing" in line.factory("doctor").out


@pytest.mark.parametrize("words", [["list"], ["info", "a"], ["forget", "a"], ["clean", "a"]])
def test_commands_of_another_folder(words: list[str], tmp_path: Path) -> None:
    line = Line(tmp_path)
    ran = line.factory("-f", "elsewhere/factory.yaml", *words)
    assert (ran.code, ran.err.count("works on the factory.yaml of its folder")) == (3, 1)
