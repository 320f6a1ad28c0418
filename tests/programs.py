"""`doit` and `factory` without their start-up: a process imports them, each run is a fork of it.

A third of the time of a run on a small line is imports. A fork is a process of its own, with its
own folder, environment, streams and exit code; tests of start-up run the installed programs.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

IMPORTED = ("doit.__main__", "factoryline.cli", "factoryline.pipeline", "factoryline.drive.engine")


def fork(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], seconds: float
) -> tuple[int, str, str]:
    """Run a program by its name: its exit code, and what it printed. Raises TimeoutError."""
    request = {"argv": list(argv), "cwd": str(cwd), "env": dict(env)}
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        socket.socket(socket.AF_UNIX) as line,
    ):
        line.settimeout(seconds)
        line.connect(_server())
        socket.send_fds(line, [json.dumps(request).encode() + b"\n"], [out.fileno(), err.fileno()])
        code = int(line.makefile().readline())
        texts = [(stream.seek(0), stream.read().decode())[1] for stream in (out, err)]
    return code, texts[0], texts[1]


@cache
def _server() -> str:
    """The address of this process's server, which ends with it."""
    place = tempfile.TemporaryDirectory(prefix="programs-")
    address = f"{place.name}/line"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.programs", address],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    _KEPT.append(server)
    atexit.register(place.cleanup)
    return address


_KEPT: list[subprocess.Popen[bytes]] = []
"""Held for as long as this process lives: the server ends when its standard input does."""


def serve(address: str) -> None:
    """Answer requests until standard input ends."""
    for module in IMPORTED:
        importlib.import_module(module)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            ready, _, _ = select.select([door, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            line, _ = door.accept()
            _answer(line)


def _answer(line: socket.socket) -> None:
    """Fork twice: the first waits for the second, which is the program, and tells its exit code."""
    if waiter := os.fork():
        line.close()
        _ENDED.append(waiter)
        _ENDED[:] = [pid for pid in _ENDED if os.waitpid(pid, os.WNOHANG) == (0, 0)]
        return
    data, fds, _, _ = socket.recv_fds(line, 1 << 20, 2)
    while not data.endswith(b"\n"):
        data += line.recv(1 << 20)
    if program := os.fork():
        status = os.waitpid(program, 0)[1]
        line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    line.close()
    _become(json.loads(data), *fds)


_ENDED: list[int] = []


def _become(request: Mapping[str, Any], out: int, err: int) -> None:
    """Be the program: its folder, environment and streams, then its main function."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(3, 64)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    name, *arguments = request["argv"]
    sys.argv = [name, *arguments]
    sys.path[0] = str(Path(name).parent)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code: Any = 1
    try:
        if Path(name).name == "doit":
            from doit.__main__ import main
        else:
            from factoryline.start import main
        code = main()
    except SystemExit as asked:
        code = asked.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    serve(sys.argv[1])
