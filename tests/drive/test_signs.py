"""A stage that takes a while says that it runs, in the run and to who asks; ^C is on record."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.line import BIN, Line, simple


def started(line: Line, *options: str) -> subprocess.Popen[bytes]:
    """A run that is held up in its verification, with its output in the file `said`."""
    simple(line)
    line.edit('"print(1)"', '"import time; time.sleep(300)"')
    with (line.folder / "said").open("wb") as said:
        command = [str(BIN / "doit"), *options]
        return subprocess.Popen(command, cwd=line.home, env=line.env(), stdout=said, stderr=said)


def told(line: Line, pattern: str) -> str:
    """The line of the run's output that matches, as soon as it is there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = re.search(pattern, (line.folder / "said").read_text(), re.MULTILINE)
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError((line.folder / "said").read_text())


def events(line: Line) -> list[dict[str, object]]:
    text = (line.state / "factory-artifacts/limit/history.jsonl").read_text()
    return [json.loads(one) for one in text.splitlines()]


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [(), ("-n", "2", "-P", "thread")],
    ids=["alone", "threads"],
)
def test_what_runs_is_seen_and_what_is_interrupted_is_on_record(
    options: tuple[str, ...], line: Line
) -> None:
    run = started(line, *options)
    try:
        told(line, r"^>  limit:1-verify  began \d\d:\d\d:\d\d$")
        status = line.factory("status").out
        assert re.search(r"^limit/1-verify has been running for \S+ \w+; ", status, re.MULTILINE)
        assert "factory logs limit/1-verify --follow" in status
        run.send_signal(signal.SIGINT)
        assert run.wait(20) == 130
    finally:
        run.kill()
    assert told(line, "^interrupted; nothing that was finished is lost$")
    last = events(line)[-1]
    assert (last["event"], last["stage"]) == ("interrupted", "1-verify")
    assert not [e for e in events(line) if e["event"] in ("failed", "rejected")]
    assert "running" not in line.factory("status").out
    line.edit("time.sleep(300)", "0")
    assert line.doit().code == 0
    assert "interrupted" in line.factory("ledger", "limit").out
    assert not list(Path(line.state, ".work/running").glob("*"))


@pytest.mark.long
def test_what_is_quick_is_not_announced(line: Line) -> None:
    simple(line)
    out = line.doit().out
    # On a busy machine one or the other may take its time, and says so.
    slow = [one.split()[1] for one in out.splitlines() if re.search(r"\((\d+|[2-9]\.\d) s\)$", one)]
    assert [one.split()[1] for one in out.splitlines() if one.startswith(">  ")] == slow
