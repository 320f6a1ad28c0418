"""Machines without UTF-8: containers, cron, continuous integration."""

from __future__ import annotations

import pytest
from factoryline.commands.table import COMMANDS

from tests.line import Line, simple

BARE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
ASCII = {"PYTHONIOENCODING": "ascii"}

WORDS: dict[str, list[str]] = {
    # What each command is asked here.
    "accept": ["limit/scout", "--why", "näher"],
    "calibrate": [],
    "check": [],
    "clean": ["limit"],
    "completion": ["bash"],
    "diff": ["limit"],
    "doctor": [],
    "escape": ["limit", "--why", "näher", "--by", "Jörg"],
    "explain": [],
    "forget": ["limit/1-package"],
    "history": [],
    "info": ["limit:scout"],
    "init": [],
    "ledger": ["limit"],
    "list": ["--all", "--status"],
    "logs": ["limit/1-verify"],
    "map": [],
    "new": ["Größer", "--goal", "Über 4"],
    "note": ["limit", "--remark", "näher", "--by", "Jörg"],
    "page": [],
    "plan": [],
    "rebase": ["limit", "--why", "näher"],
    "reopen": ["limit", "--why", "näher"],
    "replay": ["main..main", "--into", "größer"],
    "report": [],
    "prior": ["list"],
    "review": ["limit", "--show"],
    "run": [],
    "status": [],
    "watch": [],
}


ENDLESS = {"serve"}
"""Commands that run until somebody ends them."""


def umlauts(line: Line) -> Line:
    simple(line)
    line.edit("title: The limit", "title: Größe → groß")
    line.edit("goal: The limit of", "goal: Über − the limit of")
    return line


@pytest.mark.long
@pytest.mark.parametrize("env", [BARE, ASCII], ids=["C", "ascii"])
def test_a_run_needs_no_utf_8(env: dict[str, str], line: Line) -> None:
    ran = umlauts(line).doit(env=env)
    assert "1 of 1 artifact sealed" in ran.out, ran
    assert "+1 -1 server" in ran.out, "a sign that the terminal has"
    assert "Über − the limit" in (line.state / "factory-artifacts/limit/1-packet.md").read_text()
    assert line.git("show", "-s", "--format=%s", "main").strip() == "Größe → groß"


@pytest.mark.long
@pytest.mark.parametrize("env", [BARE, ASCII], ids=["C", "ascii"])
def test_no_command_needs_utf_8(env: dict[str, str], line: Line) -> None:
    umlauts(line).doit()
    for name in COMMANDS:
        for words in (["--help"],) if name in ENDLESS else (WORDS[name], ["--help"]):
            ran = line.factory(name, *words, env=env)
            assert "bug in factoryline" not in ran.out + ran.err, (name, ran)
            assert "UnicodeEncodeError" not in ran.out + ran.err, (name, ran)
