"""kill -9 at any moment: no finished stage runs twice, no file is torn, the next doit goes on."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.line import BIN, UNIT, Line

MOMENTS = 24
"""How many times each line is killed before it may finish."""


def four_stages(line: Line) -> None:
    first = line.patch("limit-1", server__app_py="LIMIT = 5\n", checks__unit_txt=UNIT)
    line.patch("limit-2", on=first, server__app_py="LIMIT = 4\n")
    line.patch("page-1", webui__page_py="TITLE = 'New'\n")
    line.review("ok")
    line.spec(
        line.artifact("limit", rounds=2, reviews=["ok.yaml"])
        + line.artifact("page", reviews=["ok.yaml"])
    )


def killed(line: Line, after: float) -> bool:
    """Start doit and kill it after some seconds; whether it had ended before."""
    process = subprocess.Popen(
        [BIN / "doit"],
        cwd=line.home,
        env=line.env(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(after)
        return True
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return False


def finished(line: Line) -> dict[str, str]:
    """Every entry on disk, with when it was written; each has to be whole."""
    entries = {}
    for path in sorted((line.state / "factory-artifacts").glob("*/*.json")):
        value = json.loads(path.read_text())
        entries[f"{value['artifact']}/{value['stage']}"] = value["run"]["started"] + value["key"]
    return entries


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_many_moments(line: Line, seed: int) -> None:
    four_stages(line)
    moments = random.Random(seed)
    before: dict[str, str] = {}

    for _ in range(MOMENTS):
        ended = killed(line, moments.uniform(0.15, 0.9))
        after = finished(line)
        for name, stamp in before.items():
            assert after.get(name) == stamp, f"{name} was finished and ran again"
        before = after
        for path in (line.state / "factory-artifacts").glob("*.json"):
            json.loads(path.read_text())

        if ended:
            break
    ran = line.doit()
    assert ran.code == 0, ran
    assert len(finished(line)) == 16
    for artifact in ("limit", "page"):
        assert line.factory("ledger", artifact).code == 0, "the history is whole and chained"
        assert line.assembled(artifact)["sealed"] is True
    assert [p for p in line.state.rglob(".*.new") if ".work" not in p.parts] == []
    assert line.doit().lines() == []


@pytest.mark.long
def test_killed_while_a_test_runs_and_while_it_merges(line: Line) -> None:
    """The slow moments, hit for sure: a scope that waits, and a commit made but not recorded."""
    four_stages(line)
    line.edit('"print(1)"', '"import time; time.sleep(1)"')
    process = subprocess.Popen([BIN / "doit"], cwd=line.home, env=line.env(), stdout=-3)
    wait_for(line.state / ".work/checkouts/limit")
    process.kill()
    process.wait()
    assert line.entries("limit") == {"scout", "1-build"}
    line.edit('"import time; time.sleep(1)"', '"print(1)"')
    assert line.doit().lines()[0] == "limit:1-verify"

    merge = line.state / "factory-artifacts/page/1-merge.json"
    commit = line.git("rev-parse", "main").strip()
    for name in ("1-merge", "note"):
        (merge.parent / f"{name}.json").unlink()
    ran = line.doit()
    assert "page:1-merge  was merged before" in ran.out
    assert line.git("rev-parse", "main").strip() == commit, "it is not merged twice"


@pytest.mark.long
def test_a_builder_that_outlives_a_killed_run_is_ended_by_the_next(line: Line) -> None:
    four_stages(line)
    pid = line.folder / "pid"
    line.write(line.home / "slow.sh", f"echo $$ > {pid}; sleep 300\n")
    line.edit(
        "scout: {kind: scout}",
        'scout: {kind: command, hands: memo, run: [sh, "{home}/slow.sh"]}',
    )
    process = subprocess.Popen([BIN / "doit"], cwd=line.home, env=line.env(), stdout=-3)
    wait_for(pid)
    wait_for(line.state / ".work/logs/limit/scout-1.group")
    process.kill()
    process.wait()
    alive = ["ps", "-o", "stat=", "-p", pid.read_text().strip()]
    assert subprocess.run(alive, capture_output=True).stdout[:1] not in (b"", b"Z")
    line.write(line.home / "slow.sh", "exit 1\n")
    assert line.doit().code == 1
    assert subprocess.run(alive, capture_output=True).stdout[:1] in (b"", b"Z")


def held_up(line: Line, *options: str) -> tuple[subprocess.Popen[bytes], Path]:
    """A run whose scope goes on for minutes, once it does, and the file with the scope's id."""
    four_stages(line)
    pid = line.folder / "pid"
    line.edit(
        '"print(1)"',
        f"\"import os, time; open('{pid}', 'w').write(str(os.getpid())); time.sleep(300)\"",
    )
    command = [str(BIN / "doit"), *options]
    process = subprocess.Popen(command, cwd=line.home, env=line.env(), stdout=-3, stderr=-3)
    wait_for(pid)
    return process, pid


@pytest.mark.long
def test_a_terminated_run_takes_its_children_along(line: Line) -> None:
    process, pid = held_up(line)
    process.terminate()
    assert process.wait(20) == 128 + signal.SIGTERM
    told = subprocess.run(["ps", "-o", "stat=", "-p", pid.read_text()], capture_output=True)
    assert told.stdout.strip() in (b"", b"Z", b"Zs")
    line.edit("time.sleep(300)", "0")
    assert line.doit().code == 0, "and the lock is free"


@pytest.mark.long
def test_a_run_that_lost_a_worker_says_so_to_the_next(line: Line) -> None:
    """The other worker may be in the middle of something when the run is given up."""
    process, _ = held_up(line, "-n", "2")
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        workers = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True)
        for worker in workers.stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(worker), signal.SIGTERM)
        time.sleep(0.1)
    assert process.poll() not in (0, None)
    assert (line.state / ".work/lock").read_text() == f"process {process.pid} (doit run)"


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not (path.exists() and (path.is_dir() or path.stat().st_size)):
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.01)
