"""Running programs: in a group of their own, with closed input, a time limit and bounded output."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from factoryline.errors import CommandFailed, ProgramMissing
from factoryline.system import escaped, files

GRACE_SECONDS = 5.0
"""How long a process group may take between SIGTERM and SIGKILL."""

SILENCE_STEP_SECONDS = 5.0
"""How often a program whose silence is bounded is looked at, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a program ended. `code` is negative for a signal, None when a limit ended it.

    silent: whether it was ended since it had written nothing for too long.
    left: whether processes of its own were still there when it had ended, and were ended too.
    """

    argv: tuple[str, ...]
    code: int | None
    stdout: bytes
    stderr: bytes
    seconds: float
    left: bool = False
    silent: bool = False

    @property
    def out(self) -> str:
        return self.stdout.decode(errors="replace")

    @property
    def err(self) -> str:
        return self.stderr.decode(errors="replace")

    @property
    def timed_out(self) -> bool:
        return self.code is None and not self.silent

    def check(self, *, help: str = "") -> Completed:
        """Itself, or CommandFailed with `help` unless the exit code is 0."""
        if self.code != 0:
            raise CommandFailed(self.argv, self.code, self.out, self.err, help=help)
        return self


def find_program(
    name: str, *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """The path of a program. Raises ProgramMissing."""
    if os.sep in name:
        path = (cwd or Path()) / name
        if path.exists():
            return str(path)
        raise ProgramMissing(name)
    found = shutil.which(name, path=(env or os.environ).get("PATH"))
    if found is None:
        raise ProgramMissing(name)
    return found


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout: float | None = None,
    log: Path | None = None,
    keep: int | None = None,
    idle: float | None = None,
    outbox: Path | None = None,
) -> Completed:
    """Run a program to its end and return both streams.

    `timeout` is in seconds. The program leads a process group, which is ended as a whole: on time
    out, when this process is interrupted, and when it leaves children behind. With `log`, both
    streams stay in the files `<log>.out` and `<log>.err`, masked and bounded, and are returned as
    they are there; `<log>.group` names the group while it runs, so that `end_orphans` finds it
    after this process was killed. With `keep`, only the last `keep` bytes of each are returned.
    `idle` is in seconds, too: a program is ended that has for so long neither written to a stream
    nor changed a file in `outbox`.
    """
    find_program(argv[0], env=env, cwd=cwd)
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        streams = stack.enter_context(_streams(log))
        mark = escaped.mark() if log else ""
        if mark:
            env = {**(os.environ if env is None else env), escaped.VARIABLE: mark}
        process = _start(argv, streams, cwd=cwd, env=env, talks=bool(stdin))
        _running.add(process.pid)
        streams.started()
        group = Path(f"{log}.group") if log else None
        if group:
            files.replace_quickly(group, f"{process.pid} {_born(process.pid)}\n{mark}".encode())
        try:
            silence = _Silence(streams, idle, outbox) if idle else None
            code = _communicate(process, stdin, timeout, silence)
        finally:
            left = _end_group(process)
            if mark:
                left = escaped.end(mark) > 0 or left
            _running.discard(process.pid)
            if group:
                files.remove_quickly(group)
        seconds = time.monotonic() - started
        streams.ended()
        stdout, stderr = streams.text(keep)
        return Completed(
            argv=tuple(argv),
            code=code,
            stdout=stdout,
            stderr=stderr,
            seconds=seconds,
            left=left,
            silent=silence is not None and silence.ended,
        )


def hand_over(argv: Sequence[str], *, cwd: Path) -> int:
    """Run a program with this process's own streams, as a person would: such as a pager."""
    find_program(argv[0], cwd=cwd)
    return subprocess.run(list(argv), cwd=cwd, check=False).returncode


def _start(
    argv: Sequence[str],
    streams: _Streams,
    *,
    cwd: Path | None,
    env: Mapping[str, str] | None,
    talks: bool,
) -> subprocess.Popen[bytes]:
    """The program as the leader of a group. Raises ProgramMissing for a file that is none."""
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=streams.out,
            stderr=streams.err,
            start_new_session=True,
        )
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.ENOEXEC):
            raise
        raise ProgramMissing(argv[0], reason=f"cannot be run: {error.strerror}") from error


_running: set[int] = set()
_leaving = False


def leaving() -> bool:
    """Whether this process ends what runs, since it was told to stop."""
    return _leaving


def end_all() -> None:
    """Kill every group that runs now: for a process that is about to leave its threads behind."""
    global _leaving
    _leaving = True
    for group in tuple(_running):
        _signal_group(group, signal.SIGKILL)


def end_orphans(folder: Path) -> None:
    """End every group that a killed process left running, by the files that name them."""
    for path in folder.rglob("*.group"):
        program, _, mark = path.read_text(errors="replace").partition("\n")
        pid, _, born = program.partition(" ")
        # The number may belong to somebody else by now; the moment of its birth tells.
        if pid.isdigit() and born and _born(int(pid)) == born:
            _signal_group(int(pid), signal.SIGKILL)
        if mark:
            escaped.end(mark)
        files.remove_quickly(path)


def _born(pid: int) -> str:
    """When a process started, in the words of this machine; empty when there is none."""
    try:
        # The 22nd field; the second one, in brackets, may hold spaces.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        argv = ["ps", "-o", "lstart=", "-p", str(pid)]
        told = subprocess.run(argv, capture_output=True, text=True, check=False)
        return told.stdout.strip()


def fill(part: str, words: Mapping[str, str]) -> str:
    """An argument with its `{placeholders}` filled, once: what was filled in is not looked at."""
    return _PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), part)


_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")


def python() -> str:
    """The interpreter that runs factoryline."""
    return sys.executable


class _Streams(Protocol):
    """Both streams of a program: what it writes to, and what came of it."""

    @property
    def out(self) -> int | IO[bytes]: ...
    @property
    def err(self) -> int | IO[bytes]: ...
    @property
    def last(self) -> object: ...
    def __enter__(self) -> _Streams: ...
    def __exit__(self, *_: object) -> None: ...
    def started(self) -> None: ...
    def ended(self) -> None: ...
    def text(self, keep: int | None) -> tuple[bytes, bytes]: ...


def _streams(log: Path | None) -> _Streams:
    if log is None:
        return _Held()
    # Not needed where git alone is asked.
    from factoryline.system.logs import Recording

    return Recording(log)


class _Held:
    """Both streams of a program that keeps no log."""

    def __init__(self) -> None:
        # Files instead of pipes: a child that outlives the program cannot keep us waiting.
        self.out: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self.err: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115

    @property
    def last(self) -> object:
        return [os.fstat(stream.fileno()).st_size for stream in (self.out, self.err)]

    def __enter__(self) -> _Held:
        return self

    def __exit__(self, *_: object) -> None:
        self.out.close()
        self.err.close()

    def started(self) -> None:
        """Nothing is to be done: the program writes for itself."""

    def ended(self) -> None:
        """Nothing is on its way."""

    def text(self, keep: int | None) -> tuple[bytes, bytes]:
        return _read(self.out, keep), _read(self.err, keep)


class _Silence:
    """For how long a program has shown no sign of life."""

    def __init__(self, streams: _Streams, most: float, outbox: Path | None) -> None:
        self._streams, self._outbox, self._most = streams, outbox, most
        self.step = min(most / 10, SILENCE_STEP_SECONDS)
        self.ended = False
        self._seen = self._signs()
        self._since = time.monotonic()

    def lasts_too_long(self) -> bool:
        """Whether the program is to be ended now; asked every `step` seconds."""
        signs = self._signs()
        if signs != self._seen:
            self._seen, self._since = signs, time.monotonic()
        self.ended = time.monotonic() - self._since >= self._most
        return self.ended

    def _signs(self) -> tuple[object, ...]:
        found: list[object] = [self._streams.last]
        if self._outbox:
            with contextlib.suppress(OSError):
                for entry in os.scandir(self._outbox):
                    known = entry.stat(follow_symlinks=False)
                    found.append((entry.name, known.st_mtime_ns, known.st_size))
        return tuple(found)


def _communicate(
    process: subprocess.Popen[bytes],
    stdin: bytes,
    timeout: float | None,
    silence: _Silence | None,
) -> int | None:
    """The exit code of a program; None when it has to be ended."""
    if silence is None and stdin:
        try:
            process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            return None
        return process.returncode
    if silence is None:
        return _ended(process, timeout)
    if process.stdin:
        # `communicate` does not write on when it is called again.
        threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True).start()
    end = None if timeout is None else time.monotonic() + timeout
    while end is None or time.monotonic() < end:
        left = silence.step if end is None else max(0.0, end - time.monotonic())
        try:
            return process.wait(min(silence.step, left))
        except subprocess.TimeoutExpired:
            if silence.lasts_too_long():
                return None
    return None


def _ended(process: subprocess.Popen[bytes], timeout: float | None) -> int | None:
    """The exit code of a program, at the moment of its end; None when it takes longer.

    `Popen.wait` with a timeout looks every 50 ms, which is a tenth of a small test run.
    """
    if timeout is None:
        return process.wait()
    waiting = threading.Thread(target=process.wait, daemon=True)
    waiting.start()
    waiting.join(min(timeout, threading.TIMEOUT_MAX))
    return process.poll()


def _feed(stream: IO[bytes], data: bytes) -> None:
    # Who ends without having read it all is no failure.
    with contextlib.suppress(OSError), stream:
        stream.write(data)


def _end_group(process: subprocess.Popen[bytes]) -> bool:
    """End what is left of the group: SIGTERM, a grace, SIGKILL. Whether anything was left of it."""
    if process.poll() is None:
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    left = process.returncode is not None and _signal_group(process.pid, signal.SIGKILL)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()
    return left


def _signal_group(group: int, number: signal.Signals) -> bool:
    """Send a signal to a group; whether there was any process in it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _read(stream: IO[bytes], keep: int | None) -> bytes:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0 if keep is None else max(0, size - keep))
    return stream.read()
