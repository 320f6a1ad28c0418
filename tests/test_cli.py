"""The command line over all commands: each has examples that hold, and a shell completes it."""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from factoryline import cli
from factoryline.commands.completion import NAMES, SHELLS
from factoryline.commands.table import COMMANDS

from tests.line import BIN, Line, simple


@pytest.mark.parametrize("name", COMMANDS)
class TestEveryCommand:
    def test_has_examples_that_can_be_typed(self, name: str) -> None:
        for example in COMMANDS[name].EXAMPLES:
            inner = example.partition("$(")[2].rpartition(")")[0] or example.partition(" | ")[0]
            program, *words = shlex.split(inner)
            assert program == "factory"
            assert cli.parser().parse_args(words).command == name

    def test_shows_them(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main([name, "--help"])
        said = capsys.readouterr().out
        assert ended.value.code == 0
        for example in COMMANDS[name].EXAMPLES:
            assert f"\n  {example}\n" in said

    def test_names_are_completed(self, name: str) -> None:
        """What a person would have to look up is offered: names of all sorts."""
        parser = argparse.ArgumentParser()
        COMMANDS[name].add_arguments(parser)
        for action in parser._actions:
            if action.option_strings or action.choices or (name, action.dest) == ("new", "title"):
                continue
            assert (name, action.dest) in NAMES or ("", action.dest) in NAMES, action.dest


@pytest.mark.parametrize(
    ("word", "meant"), [("stauts", "status"), ("explian", "explain"), ("reviw", "review")]
)
def test_a_misspelt_command(word: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([word]) == 3
    said = capsys.readouterr().err
    assert said == f"error: there is no command `{word}`\nhelp: did you mean `{meant}`?\n"


def test_a_word_that_is_like_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["x\x1b[2J"]) == 3
    said = capsys.readouterr().err
    assert "known here:" in said
    assert "\x1b" not in said


def completed(line: Line, typed: str) -> list[str]:
    """What a shell is offered behind what was typed, as argcomplete hands it on."""
    offered = line.folder / "offered"
    env = {
        **line.env(),
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(offered),
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": typed,
        "COMP_POINT": str(len(typed)),
        "COMP_TYPE": "9",
    }
    subprocess.run([str(BIN / "factory")], cwd=line.home, env=env, check=False)
    return [word.strip() for word in offered.read_text().split("\n")]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("factory sta", ["status"]),
        ("factory review limit --surface ", ["server", "webui"]),
        *(
            pytest.param(typed, offered, marks=pytest.mark.long)
            for typed, offered in (
                ("factory explain ", ["limit", "limit/1-build", "limit/note"]),
                ("factory forget limit:1-b", ["limit:1-build"]),
                ("factory report --form", ["--format"]),
                ("factory report --format m", ["markdown"]),
                ("factory map ", ["style", "unit"]),
                ("factory new --adopt ", ["main"]),
                ("factory completion ", list(SHELLS)),
                ("factory prior ", ["confirm", "list", "propose", "retire", "show"]),
                ("factory prior propose x --surface ", ["server", "webui"]),
            )
        ),
    ],
)
def test_a_shell_is_offered(typed: str, offered: list[str], line: Line) -> None:
    simple(line)
    if "explain" in typed or "forget" in typed:
        line.doit()
    assert set(offered) <= set(completed(line, typed))


def test_without_a_factory_nothing_is_said(line: Line) -> None:
    assert completed(line, "factory explain ") == ["-h", "--help"]


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_shell_is_told(shell: str, line: Line, tmp_path: Path) -> None:
    told = line.factory("completion", shell)
    assert told.code == 0
    assert "factory" in told.out
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    script = line.write(tmp_path / "script", told.out)
    ran = line.run(program, str(script))
    assert (ran.code, ran.err) == (0, "")


def test_a_known_answer_imports_nothing_but_ours() -> None:
    """Each module more is a part of the few ms that a run with nothing to do takes."""
    code = (
        "import sys; before = set(sys.modules); import factoryline.start;"
        "print(*sorted(m for m in set(sys.modules) - before if not m.startswith('factoryline')))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""
