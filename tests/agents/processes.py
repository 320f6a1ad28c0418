"""Looking at the processes of a shop while it runs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.agents.shop import Shop
from tests.line import BIN


def until(true: Callable[[], object]) -> None:
    for _ in range(300):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to that within 30 s")


class running:  # noqa: N801 - it reads as a verb
    """`doit` in the background, at the moment at which its agent waits for the provider.

    `also`: what has to be true besides.
    """

    def __init__(self, here: Shop, also: Callable[[], object] = lambda: True) -> None:
        self.here = here
        self.also = also

    def __enter__(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(
            [str(BIN / "doit")],
            cwd=self.here.home,
            env=self.here.env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        books = self.here.provider.books
        until(lambda: books.billed() and agents(self.here) and self.also())
        return self.process

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def agents(here: Shop) -> list[int]:
    """The processes that work in the shop's work tree, by the marks of their environment."""
    mark = f"FACTORY_WORKTREE={here.tree}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            marked = mark in (place / "environ").read_bytes()
        except OSError:
            continue
        if marked and alive(int(place.name)):
            found.append(int(place.name))
    return found


def alive(pid: int) -> bool:
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return told.stdout.strip()[:1] not in ("", "Z")


def kill_agents(here: Shop) -> None:
    """SIGKILL to every process of `agents`; some go when the first one does."""
    for pid in agents(here):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
