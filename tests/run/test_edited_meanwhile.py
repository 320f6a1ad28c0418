"""What is edited while the line runs is seen by the next run, whatever caches this one leaves."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.line import BIN, CELLS, Line

SLOW = """  slow: {kind: command, run: [sh, "{home}/slow.sh"], takes: [memo], hands: slow}
line: [scout, slow, """


@pytest.fixture
def line(line: Line) -> Line:
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    line.write(line.home / "any.json", "{}")
    line.write(line.home / "slow.sh", "sleep 0.5; echo '{}' > $FACTORY_HANDOFF\n")
    cells = CELLS.replace("line: [scout, ", SLOW)
    line.spec(line.artifact("limit"), cells=f"{cells}contracts: {{slow: {{schema: any.json}}}}\n")
    return line


def edit_while_it_runs(line: Line, old: str, new: str) -> None:
    argv = [str(BIN / "doit")]
    run = subprocess.Popen(argv, cwd=line.home, env=line.env(), stdout=subprocess.DEVNULL)
    while not (line.state / ".work/logs/limit/slow").exists():
        time.sleep(0.01)
    line.edit(old, new)
    assert run.wait(60) == 0


@pytest.mark.long
def test_a_goal_that_is_edited_meanwhile_makes_stale(line: Line) -> None:
    edit_while_it_runs(line, "goal: The limit", "goal: The upper limit")
    assert "limit:scout" in line.doit().lines()
