"""factory logs: what programs printed, attempt by attempt, also while they run."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.cells.test_agent import scouted_by
from tests.line import BIN, Line

SAYS = """
print(json.dumps({"role": "assistant", "content": "I scout."}))
print("to whom it may concern", file=sys.stderr)
"""


@pytest.mark.long
def test_each_attempt_has_its_log(line: Line) -> None:
    assert scouted_by(line, SAYS).code == 1
    shown = line.factory("logs", "limit")
    base = line.state / ".work/logs/limit/scout"
    assert shown.out == (
        f"== limit/scout, attempt 2: {base}-2.out\nassistant: I scout.\n! to whom it may concern\n"
    ), shown
    raw = line.factory("logs", "limit/scout", "--attempt", "1", "--raw")
    assert raw.out.splitlines()[1] == '{"role": "assistant", "content": "I scout."}'
    listed = line.factory("logs").out.splitlines()
    assert [row.split()[:3] for row in listed] == [
        ["limit/scout", "attempt", "1"],
        ["limit/scout", "attempt", "2"],
    ]


@pytest.mark.long
def test_a_message_names_the_log_and_the_command(line: Line) -> None:
    ran = scouted_by(line, "sys.exit(3)")
    assert "logs/limit/scout-1.out and .err, or `factory logs limit/scout`" in ran.out, ran


@pytest.mark.long
def test_what_the_programs_of_a_verdict_printed(line: Line) -> None:
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    line.spec(
        line.artifact("limit"),
        scopes="""
scopes:
  unit: {run: ["{python}", RUNNER, "{report}", "{tests}"], report: junit, all: [checks/unit.txt]}
  style: {run: ["{python}", -c, "print('too long'); exit(1)"], report: exit}
""",
        flow="{retries: 0}",
    )
    ran = line.doit()
    assert (
        "\n   style: it ended with exit code 1\n     too long\n   factory logs limit/1-v" in ran.out
    )
    shown = line.factory("logs", "limit/1-verify")
    path = line.state / ".work/logs/limit/1-verify/style.out"
    assert shown.out == f"== limit/1-verify, style: {path}\ntoo long\n", shown
    [row] = line.factory("logs").out.splitlines()
    assert row.split() == ["limit/1-verify", "style", "9", "bytes"]


@pytest.mark.long
def test_what_is_not_there(line: Line) -> None:
    scouted_by(line, SAYS)
    ran = line.factory("logs", "limit/1-build")
    assert (ran.code, ran.err) == (3, "error: limit/1-build has no log\nhelp: there is: scout\n")
    ran = line.factory("logs", "limit/scout", "--attempt", "9")
    assert "limit/scout has no log of attempt 9\nhelp: there is: scout 1, scout 2" in ran.err
    assert line.factory("logs", "nobody").code == 3


@pytest.mark.long
def test_a_running_program_is_followed_to_its_end(line: Line) -> None:
    script = """
import time
gate = pathlib.Path(os.environ["FACTORY_WORKTREE"]).parents[1] / "gate"
print("first", flush=True)
while not gate.exists(): time.sleep(0.02)
print("last")
leave(MEMO)
"""
    scouted_by(line, "sys.exit(1)")
    path = line.home / "reader.py"
    head = path.read_text().removesuffix("sys.exit(1)")
    path.write_text(head + script)
    doit = subprocess.Popen([BIN / "doit", "limit:scout"], cwd=line.home, env=line.env(), stdout=-3)
    log = line.state / ".work/logs/limit/scout-2.out"
    deadline = time.monotonic() + 30
    while not log.exists() or not log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    follow = subprocess.Popen(
        [BIN / "factory", "logs", "limit", "--follow"],
        cwd=line.home,
        env=line.env(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert follow.stdout is not None
    assert follow.stdout.readline().startswith("== limit/scout, attempt 2")
    assert follow.stdout.readline() == "first\n"
    (line.state / ".work/gate").touch()
    assert follow.stdout.read() == "last\n"
    assert (follow.wait(10), doit.wait(30)) == (0, 0)
    follow.stdout.close()
