"""Processes that left the group of the program that started them, found by a mark they inherited.

A mark is a variable of the environment, which a child keeps through `setsid` and double forks. A
program that empties the environment of its children on purpose is not seen; a sandbox holds it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
from pathlib import Path

VARIABLE = "FACTORY_RUN"

ROUNDS = 20
"""How often it is looked again, since what is about to be ended may have just had a child."""


def mark() -> str:
    """A mark that no other program has."""
    return secrets.token_hex(16)


def end(mark: str) -> int:
    """Kill every process that carries a mark, and what they started meanwhile; how many."""
    ended: set[int] = set()
    for _ in range(ROUNDS):
        found = _carriers(mark)
        if not found:
            break
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        ended |= found
        time.sleep(0.01)
    return len(ended)


def _carriers(mark: str) -> set[int]:
    """Processes of this machine with the mark; none where there is no /proc, as on macOS."""
    wanted = f"{VARIABLE}={mark}".encode()
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        # It ended meanwhile, or is somebody else's; of a zombie it is empty.
        with contextlib.suppress(OSError):
            if wanted in path.read_bytes().split(b"\0"):
                found.add(int(path.parent.name))
    return found - {os.getpid()}
