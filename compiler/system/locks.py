"""Who works alone: the lock of a run, which says who holds it, and plain locks beside a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path

from factoryline.errors import Busy
from factoryline.system import files


class Lock:
    """One run at a time. The kernel drops the lock with its process, also after kill -9.

    broken_off: whether its last holder ended without giving it back, so that something may be left
    half-done; also where nobody knows of one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken_off = False
        self._descriptor: int | None = None

    def acquire(self, purpose: str) -> None:
        """Take the lock or raise Busy, which names its holder. `purpose` tells the next one why."""
        known = self.path.exists()
        descriptor = files.open_or_make(self.path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 200).decode(errors="replace").strip() or "another run"
            os.close(descriptor)
            raise Busy(
                f"the line is in use by {holder}",
                help="wait until it has ended; one run at a time keeps the ledger true",
            ) from None
        self.broken_off = not known or os.fstat(descriptor).st_size > 0
        # Never empty in between: that would say that nothing was left half-done.
        own = f"process {os.getpid()} ({purpose})".encode()
        os.pwrite(descriptor, own, 0)
        os.ftruncate(descriptor, len(own))
        self._descriptor = descriptor
        # A forked worker shares the lock and would keep it after its parent was killed.
        os.register_at_fork(after_in_child=self.drop)

    def release(self) -> None:
        """Give the lock back with nothing left half-done; doing it twice is fine."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
        self.drop()

    def drop(self) -> None:
        """Let the lock go without a word, as a kill would."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def holder(path: Path) -> str:
    """Who holds a Lock, as `process 12 (doit run)`; empty for nobody.

    It is read and not tried, which would stand in the way of who takes it at that moment.
    """
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    found = re.fullmatch(r"process ([0-9]+) \(.*\)", text)
    return text if found and _runs(int(found[1])) else ""


def _runs(pid: int) -> bool:
    """Whether a process is there and more than a zombie, which holds no lock."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False  # it was killed
    except OSError:
        return True  # another user's, or a system that has no such files


@contextlib.contextmanager
def held(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[bool]:
    """Hold a file's lock for the time of a block, alone or together with others who share it.

    Yields whether it is held: always, unless `wait` is off and somebody else has it.
    """
    descriptor = files.open_or_make(path)
    try:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path, purpose: str) -> Iterator[Lock]:
    """Hold the lock for the time of a block."""
    lock = Lock(path)
    lock.acquire(purpose)
    try:
        yield lock
        lock.release()
    finally:
        lock.drop()
