"""The lock, with a real second process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from factoryline.errors import Busy, ExitCode
from factoryline.system.locks import Lock, holder, locked

from tests.system.second import python

HOLD = """
import sys
from pathlib import Path
from factoryline.system.locks import Lock
lock = Lock(Path(sys.argv[1]))
lock.acquire("doit run")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_holder_hears_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "state/.work/lock"
    with python(HOLD, str(path)) as child:
        with pytest.raises(Busy) as caught:
            Lock(path).acquire("factory review")
        assert caught.value.message == f"the line is in use by process {child.pid} (doit run)"
        assert caught.value.exit_code == ExitCode.REFUSED
        assert "wait until it has ended" in caught.value.help


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with python(HOLD, str(path)) as child:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        with locked(path, "doit run"):
            assert path.read_text() == f"process {os.getpid()} (doit run)"


def test_who_holds_a_lock_is_told_while_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert holder(path) == ""
    with python(HOLD, str(path)) as child:
        assert holder(path) == f"process {child.pid} (doit run)"
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert holder(path) == "", "nobody has waited for it yet"
        child.wait()
        assert holder(path) == ""


def test_a_lock_given_back_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path, "one"), pytest.raises(Busy, match=r"\(one\)"):
        Lock(path).acquire("two")
    first = Lock(path)
    first.acquire("three")
    first.release()
    first.release()
    Lock(path).acquire("four")
    assert path.read_text().endswith("(four)")


def test_a_lock_is_given_back_when_the_block_fails(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with pytest.raises(KeyError), locked(path, "one"):
        raise KeyError
    with locked(path, "two"):
        pass


def test_a_lock_tells_whether_its_last_holder_was_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    def broken_off() -> bool:
        with locked(path, "a look") as lock:
            return lock.broken_off

    assert broken_off(), "nobody knows of a holder"
    assert not broken_off(), "the last one came to its end"
    with python(HOLD, str(path)) as child:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert broken_off(), "the last one was killed"
    with pytest.raises(KeyError), locked(path, "one"):
        raise KeyError
    assert broken_off(), "the last one failed"
    assert not broken_off()


def test_a_holder_that_is_killed_while_it_takes_the_lock_leaves_it_broken_off(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lock"
    path.write_text("process 1 (doit run)")
    script = f"import os\nos.write = os.pwrite = lambda *_: os.kill(os.getpid(), 9)\n{HOLD}"
    assert subprocess.run([sys.executable, "-c", script, str(path)]).returncode == -signal.SIGKILL
    with locked(path, "the next one") as lock:
        assert lock.broken_off


def test_a_short_purpose_leaves_nothing_of_a_long_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path, "a very long purpose indeed"):
        pass
    with locked(path, "doit"):
        assert path.read_text() == f"process {os.getpid()} (doit)"
