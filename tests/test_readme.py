"""README.md says what is so: its commands exist, and its two blocks are the ones that CI runs."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from factoryline.cli import main, parser
from factoryline.commands.table import COMMANDS

from tests.conftest import ROOT
from tests.line import Line

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("section", ["Run it", "Test it"])
def test_a_section_has_one_command(section: str) -> None:
    argv = [sys.executable, str(ROOT / ".ci/readme"), section]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("python3 -m venv .venv && ")


def test_every_command_is_documented_and_every_documented_one_exists() -> None:
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`factory ([a-z]+)", page))
    assert documented == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parser().parse_args([name, "--help"])
    assert stop.value.code == 0
    assert COMMANDS[name].HELP in capsys.readouterr().out.replace("\n", " ")


def test_factory_alone_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert [name for name in COMMANDS if f"\n    {name}" not in said.err] == []


def with_an_agent() -> str:
    """This repository's factory.yaml with the README's two lines in it, as they stand."""
    agents, build = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    text = (ROOT / "factory.yaml").read_text()
    text = re.sub(r"^  build: .*\n", build, text, flags=re.MULTILINE)
    text = re.sub(r"^    adopt:( \[\[.*|\n(      - .*\n)+)\n?", "", text, flags=re.MULTILINE)
    text = text.replace("cells:\n", agents + "\ncells:\n", 1)
    return text.replace("examples/", f"{ROOT}/examples/")


def test_the_two_lines_that_put_an_agent_in_the_build_cell(line: Line) -> None:
    """They fit; tests/agents/test_readme_lines.py runs them with the real program."""
    line.write(line.home / "factory.yaml", with_an_agent())
    ran = line.factory("check")
    assert ran.code == 0, ran.err
