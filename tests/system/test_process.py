"""Programs: in a group of their own, with closed input, a time limit and kept output."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from factoryline.errors import CommandFailed, ProgramMissing
from factoryline.system import escaped, process


def python(script: str, **options: object) -> process.Completed:
    return process.run([sys.executable, "-c", script], cwd=Path(), **options)  # type: ignore[arg-type]


DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open(sys.argv[-1], "w") as file:
            file.write(str(os.getpid()))
        time.sleep(60)
    os._exit(0)
while not (os.path.exists(sys.argv[-1]) and os.path.getsize(sys.argv[-1])):
    time.sleep(0.01)
"""


def is_alive(pid: int) -> bool:
    """Whether a process is there and no mere zombie, within a moment."""
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            state = "gone" if Path("/proc/self").exists() else _state_by_signal(pid)
        if state in ("Z", "X", "gone"):
            return False
        time.sleep(0.02)
    return True


def _state_by_signal(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    return "R"


def test_both_streams_and_the_code() -> None:
    done = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (done.code, done.out, done.err) == (3, "out\n", "err\n")
    assert done.argv[0] == sys.executable
    assert done.seconds > 0
    assert not done.timed_out


def test_output_that_is_no_utf8_is_kept() -> None:
    done = python("import sys; sys.stdout.buffer.write(b'caf\\xe9')")
    assert done.stdout == b"caf\xe9"
    assert done.out == "caf\ufffd"


def test_much_output_does_not_block_and_can_be_cut() -> None:
    script = "import sys; print('x' * 300_000 + 'end'); print('y' * 300_000, file=sys.stderr)"
    whole = python(script)
    assert (len(whole.out), len(whole.err)) == (300_004, 300_001)
    assert python(script, keep=10).out == "xxxxxxend\n"


def test_input_is_given_or_closed() -> None:
    echo = "import sys; print(repr(sys.stdin.read()))"
    assert python(echo).out == "''\n"
    assert python(echo, stdin=b"a brief").out == "'a brief'\n"


def test_input_that_nobody_reads_is_no_failure() -> None:
    assert python("pass", stdin=b"x" * 1_000_000).code == 0


def test_nothing_is_put_into_a_shell_line(tmp_path: Path) -> None:
    done = python("import sys; print(sys.argv[1])")
    assert done.code == 1
    done = process.run(
        [sys.executable, "-c", "import sys; print(sys.argv[1])", "$(touch owned); `id`"],
        cwd=tmp_path,
    )
    assert done.out == "$(touch owned); `id`\n"
    assert not (tmp_path / "owned").exists()


def test_the_environment_and_the_folder(tmp_path: Path) -> None:
    script = "import os; print(os.environ.get('COLOUR'), os.path.realpath('.'))"
    done = process.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "COLOUR": "blue"}
    )
    assert done.out == f"blue {tmp_path.resolve()}\n"


def test_a_time_limit_ends_the_whole_group() -> None:
    script = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c",
    "import subprocess, sys, time;"
    "grandchild = subprocess.Popen(['sleep', '60']);"
    "print(grandchild.pid, flush=True); time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
    started = time.monotonic()
    done = python(script, timeout=1.0)
    assert time.monotonic() - started < 5
    assert done.timed_out
    assert done.code is None
    pids = [int(line) for line in done.out.split()]
    assert len(pids) == 2, "both had begun"
    assert [pid for pid in pids if is_alive(pid)] == []


def test_with_a_time_limit_the_end_is_seen_at_once() -> None:
    runs = [process.run(["sleep", "0.17"], cwd=Path(), timeout=60) for _ in range(5)]
    # `Popen.wait` with a timeout would look after 0.1635 s, and then after 0.2135 s.
    assert min(one.seconds for one in runs) < 0.21


def test_a_program_that_ignores_the_request_to_end_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.1)
    script = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(60)
"""
    done = python(script, timeout=0.4)
    assert done.timed_out
    assert not is_alive(int(done.out))


def test_a_program_that_ends_itself_in_its_grace_may_say_a_last_word() -> None:
    script = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("bye", flush=True), sys.exit(0)))
print("ready", flush=True)
time.sleep(60)
"""
    done = python(script, timeout=0.5)
    assert done.timed_out
    assert done.out == "ready\nbye\n"


def test_a_silent_program_is_ended_with_its_children(tmp_path: Path) -> None:
    script = """
import subprocess, time
print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
time.sleep(60)
"""
    started = time.monotonic()
    done = python(script, idle=0.4, timeout=30.0, log=tmp_path / "log")
    assert time.monotonic() - started < 5
    assert done.silent
    assert (done.code, done.timed_out) == (None, False)
    assert not is_alive(int(done.out))


def test_a_silent_program_that_ignores_the_request_to_end_is_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.1)
    script = f"""
import os, signal, sys, time
sys.argv = ["", "{tmp_path}/pid"]
{DAEMON}
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
time.sleep(60)
"""
    done = python(script, idle=0.4, log=tmp_path / "log")
    assert done.silent
    assert not is_alive(int(done.out))
    assert not is_alive(int((tmp_path / "pid").read_text())), "nor the child that had left"


SIGNS = {
    "standard output": "print(i, flush=True)",
    "half a line": "print(end='.', flush=True)",
    "standard error": "print(i, file=sys.stderr, flush=True)",
    "a file in its outbox": "open('handoff.json', 'w').write(str(i))",
    "what was there before": "os.utime('old')",
}


@pytest.mark.long
@pytest.mark.parametrize("sign", SIGNS.values(), ids=SIGNS)
def test_a_program_that_shows_signs_of_life_is_not_silent(tmp_path: Path, sign: str) -> None:
    (tmp_path / "old").touch()
    script = f"import os, sys, time\nfor i in range(8):\n    time.sleep(0.1)\n    {sign}"
    done = process.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        idle=0.5,
        log=tmp_path / "logs/build",
        outbox=tmp_path,
    )
    assert (done.code, done.silent) == (0, False)


def test_the_brief_goes_in_while_silence_is_watched(tmp_path: Path) -> None:
    """More than a pipe holds, to a program that takes its time to read it."""
    script = "import sys, time; time.sleep(0.3); print(len(sys.stdin.read()))"
    brief = b"x" * 1_000_000
    done = python(script, stdin=brief, idle=2.0, timeout=20.0, log=tmp_path / "log")
    assert done.out == "1000000\n"
    done = python("import time; time.sleep(60)", stdin=brief, idle=0.3, log=tmp_path / "log")
    assert done.silent, "nor does it wait for who reads nothing"


def test_the_time_limit_holds_for_who_is_never_silent(tmp_path: Path) -> None:
    script = "import time\nwhile True:\n    print(1, flush=True); time.sleep(0.05)"
    done = python(script, idle=5.0, timeout=0.5, log=tmp_path / "log")
    assert (done.timed_out, done.silent) == (True, False)


def test_silence_is_heard_without_a_log_too() -> None:
    assert python("import time; time.sleep(60)", idle=0.3).silent
    steady = "import time\nfor i in range(6): print(i, flush=True); time.sleep(0.1)"
    assert python(steady, idle=0.4).code == 0


def test_children_that_are_left_behind_are_ended() -> None:
    script = """
import subprocess
print(subprocess.Popen(["sleep", "60"]).pid)
"""
    started = time.monotonic()
    done = python(script)
    assert done.code == 0
    assert time.monotonic() - started < 5, "nobody waits for who holds the output open"
    assert not is_alive(int(done.out))


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="found by /proc only")
@pytest.mark.parametrize("ending", ["", "time.sleep(60)"])
def test_a_child_that_left_the_session_is_ended(tmp_path: Path, ending: str) -> None:
    argv = [sys.executable, "-c", DAEMON + ending, str(tmp_path / "pid")]
    done = process.run(argv, cwd=tmp_path, timeout=5 if ending else None, log=tmp_path / "log")
    assert done.timed_out == bool(ending)
    assert done.left
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_nothing_is_left_of_a_program_that_ends_in_order(tmp_path: Path) -> None:
    assert not python("pass", log=tmp_path / "log").left


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="found by /proc only")
def test_an_orphan_that_left_the_session_is_ended(tmp_path: Path) -> None:
    """What a killed run leaves behind: its program is gone, the file of the group is there."""
    mark = escaped.mark()
    env = {**os.environ, escaped.VARIABLE: mark}
    process.run([sys.executable, "-c", DAEMON, str(tmp_path / "pid")], cwd=tmp_path, env=env)
    pid = int((tmp_path / "pid").read_text())
    os.kill(pid, 0)
    (tmp_path / "build.group").write_text(f"999999 1\n{mark}")
    process.end_orphans(tmp_path)
    assert not is_alive(pid)


def test_a_signal_gives_its_number() -> None:
    done = python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert done.code == -signal.SIGKILL
    assert not done.timed_out


def test_all_groups_can_be_ended_at_once() -> None:
    timer = threading.Timer(0.3, process.end_all)
    timer.start()
    started = time.monotonic()
    done = python("import time; time.sleep(60)")
    timer.join()
    assert done.code == -signal.SIGKILL
    assert time.monotonic() - started < 5


def test_check_is_for_callers_that_need_a_success() -> None:
    assert python("pass").check().code == 0
    with pytest.raises(CommandFailed) as caught:
        python("import sys; print('half'); sys.exit('no')").check()
    assert caught.value.code == 1
    assert caught.value.err == "no\n"
    assert caught.value.message.endswith("ended with exit code 1\nno\nhalf")


def test_a_failed_check_says_what_a_signal_and_a_time_limit_are() -> None:
    with pytest.raises(CommandFailed, match="was ended by the signal SIGKILL"):
        python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)").check()
    with pytest.raises(CommandFailed, match="ran longer than it may"):
        python("import time; time.sleep(60)", timeout=0.2).check()


@pytest.mark.parametrize("name", ["no-such-program", "./no-such-program", "/no/such/program"])
def test_a_missing_program(name: str) -> None:
    with pytest.raises(ProgramMissing) as caught:
        process.run([name], cwd=Path())
    assert caught.value.message == f"the program `{name}` was not found"
    assert caught.value.help == "install it, or put its folder on the PATH"


def test_a_program_is_looked_for_on_the_path_of_its_own_environment(tmp_path: Path) -> None:
    script = tmp_path / "bin/greet"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho hello\n")
    script.chmod(0o755)
    path = f"{script.parent}:/usr/bin:/bin"
    assert process.run(["greet"], cwd=tmp_path, env={"PATH": path}).out == "hello\n"
    assert process.run(["bin/greet"], cwd=tmp_path).out == "hello\n"


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_file_that_cannot_be_run_is_no_program(tmp_path: Path, mode: int) -> None:
    """Without the right to run, or without a first line that says what runs it."""
    script = tmp_path / "greet"
    script.write_bytes(b"\0no program\n")
    script.chmod(mode)
    with pytest.raises(ProgramMissing) as caught:
        process.run(["./greet"], cwd=tmp_path)
    assert "./greet" in caught.value.message


def test_a_log_keeps_both_streams(tmp_path: Path) -> None:
    log = tmp_path / "logs/build"
    done = python("import sys; print('out'); print('err', file=sys.stderr)", log=log)
    assert done.out == "out\n"
    assert (tmp_path / "logs/build.out").read_text() == "out\n"
    assert (tmp_path / "logs/build.err").read_text() == "err\n"
    python("print('again')", log=log)
    assert (tmp_path / "logs/build.out").read_text() == "again\n"
    assert (tmp_path / "logs/build.err").read_text() == ""
