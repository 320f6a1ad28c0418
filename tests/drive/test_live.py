"""What is at work is seen: drawn on a terminal, told in lines elsewhere, by watch too."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
from factoryline.drive.live import Rows, clock, last_line
from factoryline.pipeline import compile_factory
from factoryline.run.factory import Factory

from tests.line import BIN, Line, simple

SLOW = (
    "import time\nfor i in range(4):\n    print('test', i, 'of 4', flush=True)\n    time.sleep(1)\n"
)


@pytest.fixture
def slow(line: Line) -> Line:
    """A line whose verification takes four seconds, and says how far it is."""
    simple(line)
    program = line.write(line.folder / "slow.py", SLOW)
    line.edit('-c, "print(1)"', str(program))
    return line


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0:00"), (42.9, "0:42"), (725, "12:05"), (3723, "1:02:03"), (-1, "0:00")],
)
def test_a_clock(seconds: float, said: str) -> None:
    assert clock(seconds) == said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo\n", "two"),
        ("one\n\n  \n", "one"),
        ("half a li", "half a li"),
        ("a\x1b[2Jb\n", "[2Jb"),
        (
            '{"type": "assistant", "message": {"content": [{"type": "text", "text": "I look."}]}}',
            "I look.",
        ),
        ("", ""),
    ],
)
def test_the_last_line_that_says_something(text: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "out").write_text(text)
    said = last_line(tmp_path / "out")
    assert line in said
    assert said.isprintable() or not said
    assert last_line(tmp_path / "nowhere") == ""


def test_a_row_compares_with_what_the_cell_took_before(line: Line) -> None:
    simple(line).doit()
    factory = Factory(compile_factory(line.home / "factory.yaml"))
    [row] = Rows(factory).of({"limit:1-verify": time.time() - 5})
    assert re.match(r">  limit:1-verify  0:05 of ~0:0\d", row)
    assert Rows(factory).of({"limit:1-critic": time.time()}) == [">  limit:1-critic  0:00"]


@pytest.mark.long
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_run_on_a_terminal_draws_what_is_at_work(columns: int, slow: Line) -> None:
    ran = slow.terminal("doit", columns=columns)
    assert ran.code == 0, ran.out
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", ran.out)
    assert re.search(r">  limit:1-verify  0:0\d  test \d of 4", plain)
    assert "ran 7 stages; 1 of 1 artifact sealed" in plain
    assert all(len(row) <= columns for row in re.split(r"[\r\n]+", plain))
    assert "began" not in plain


@pytest.mark.long
def test_watch_tells_a_run_that_was_started_elsewhere(slow: Line) -> None:
    run = subprocess.Popen(
        [str(BIN / "doit")], cwd=slow.home, env=slow.env(), stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 20
    while not (slow.state / ".work/running/limit=1-verify").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    watched = slow.factory("watch")
    assert run.wait(20) == 0
    assert watched.code == 0, watched
    assert re.search(r"^>  process \d+ \(doit run\)$", watched.out, re.MULTILINE)
    assert re.search(r"^>  limit:1-verify  began \d\d:\d\d:\d\d$", watched.out, re.MULTILINE)
    assert re.search(
        r"^\.  limit:1-verify  pass: 1 test in 2 scopes  \(", watched.out, re.MULTILINE
    )
    assert watched.out.endswith("nothing to do: limit is sealed\n")


def test_watch_where_nothing_runs(line: Line) -> None:
    assert simple(line).factory("watch").out == "nothing runs here; `doit` runs what is stale\n"
