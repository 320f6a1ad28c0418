"""The transcript of docs/agents.md, typed: an agent builds in a repository of one's own."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from tests.acceptance.test_transcripts import REPOSITORIES, own, plain, typed
from tests.agents import programs
from tests.agents.shop import KEY, build
from tests.provider.hands import Say, Write
from tests.provider.script import Script
from tests.provider.server import Provider

pytestmark = pytest.mark.agents


def test_an_agent_builds_in_a_repository_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = [Write(path, text) for path, text in REPOSITORIES["python"].after.items()]
    program = programs.install("claude")
    node = shutil.which("node")
    assert node, "npm's programs are started by it"
    with Provider(Script([build(*edits, Say("The newest note comes first."))])) as provider:
        line = own("python", tmp_path)
        line.git("branch", "-D", "newest-first")
        surroundings = line.env()
        path = f"{program}:{Path(node).parent}:{surroundings['PATH']}"
        model = {"ANTHROPIC_BASE_URL": provider.url, "ANTHROPIC_API_KEY": KEY}
        monkeypatch.setattr(line, "env", lambda: surroundings | model | {"PATH": path})
        for command, printed in typed("agents.md"):
            name, *words = shlex.split(command)
            run = {"factory": line.factory, "doit": line.doit}.get(name)
            ran = run(*words) if run else line.run(name, *words)
            assert ran.code == 0, f"{command}\n{ran.out}{ran.err}"
            assert plain(ran.out) == printed, command
    assert line.entry("newest-first", "1-build")["run"]["by"].startswith("claude 2.")
    assert line.entry("newest-first", "1-verify")["outcome"] == "pass"
