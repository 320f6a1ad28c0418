"""What programs print, kept while they run: masked on the way to disk, bounded, and rotated.

An attempt's streams are `<folder>/<stage>-<n>.out` and `.err`. Only the owner may read them.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from factoryline.system import files
from factoryline.system.secrets import Flow

MOST_BYTES = 50 * 1024 * 1024
"""How large a stream's file can get. Of a longer one the first half stays, and the end."""

KEPT_ATTEMPTS = 10
"""How many attempts of a stage keep their streams: the newest."""

KEPT_BYTES = 500 * 1024 * 1024
"""How much the streams of one artifact may take; the oldest go first, a stage's newest never."""

SETTLE_SECONDS = 1.0
"""How long the streams may stay open once the program and its group have ended."""

_ATTEMPT = re.compile(r"(?P<stage>.+)-(?P<number>[0-9]+)\.(?:out|err|meter\.jsonl)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The files of one attempt. `base` is their path without an ending.

    number: of the attempt; 0 where the stage ran several programs, of which `base` names one.
    """

    stage: str
    number: int
    base: Path

    @property
    def title(self) -> str:
        return f"attempt {self.number}" if self.number else self.base.name

    def path(self, ending: str) -> Path:
        return self.base.with_name(f"{self.base.name}.{ending}")

    @property
    def size(self) -> int:
        return sum(path.stat().st_size for path in self.files)

    @property
    def files(self) -> tuple[Path, ...]:
        every = (self.path(ending) for ending in ("out", "err", "meter.jsonl"))
        return tuple(path for path in every if path.is_file())


def attempts(folder: Path, stage: str | None = None) -> tuple[Attempt, ...]:
    """The attempts in an artifact's folder that left something, the oldest first."""
    found: dict[tuple[str, int], float] = {}
    with contextlib.suppress(FileNotFoundError):
        for entry in os.scandir(folder):
            name = _ATTEMPT.fullmatch(entry.name)
            if name and stage in (None, name["stage"]):
                key = (name["stage"], int(name["number"]))
                found[key] = max(found.get(key, 0.0), entry.stat().st_mtime)
    return tuple(
        Attempt(stage=one, number=number, base=folder / f"{one}-{number}")
        for one, number in sorted(found, key=lambda key: (found[key], key[1]))
    )


def programs(folder: Path, stage: str | None = None) -> tuple[Attempt, ...]:
    """What the programs of stages that run several printed the last time, in no order."""
    found = folder.glob(f"{stage or '*'}/*.out")
    every = (Attempt(stage=p.parent.name, number=0, base=p.with_suffix("")) for p in found)
    return tuple(one for one in every if one.size or one.path("group").exists())


def next_attempt(folder: Path, stage: str) -> Path:
    """Where the next attempt's streams go, without an ending; makes room for them."""
    before = sorted(attempts(folder, stage), key=lambda attempt: attempt.number)
    for attempt in before[: -(KEPT_ATTEMPTS - 1)]:
        _remove(attempt)
    every = attempts(folder)
    newest = {attempt.stage: attempt for attempt in every}
    size = sum(attempt.size for attempt in every)
    for attempt in every:
        if size > KEPT_BYTES and newest[attempt.stage] is not attempt:
            size -= attempt.size
            _remove(attempt)
    number = before[-1].number + 1 if before else 1
    return folder / f"{stage}-{number}"


def _remove(attempt: Attempt) -> None:
    for path in attempt.files:
        files.remove_quickly(path)


class Recording:
    """Both streams of one program, on their way to `<base>.out` and `<base>.err`.

    `out` and `err` are for the program to write to; `started` and `ended` are called when it has
    them and when its group is gone. `last` is the monotonic moment of the last output.
    """

    def __init__(self, base: Path) -> None:
        files.make_folder(base.parent)
        self.last = time.monotonic()
        self._streams = tuple(_Stream(self, Path(f"{base}.{end}")) for end in ("out", "err"))
        self.out, self.err = (stream.writing for stream in self._streams)

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self.ended()
        for stream in self._streams:
            stream.file.close()

    def started(self) -> None:
        """The program has its ends; when it closes them, the streams are over."""
        for stream in self._streams:
            stream.start()

    def ended(self) -> None:
        """Wait for what is on its way, but not for who took a stream along and lives on."""
        for stream in self._streams:
            stream.end()

    def text(self, keep: int | None) -> tuple[bytes, bytes]:
        """Both streams as they are on disk, or their last `keep` bytes."""
        out, err = (stream.file.tail(keep) for stream in self._streams)
        return out, err


class _Stream:
    """One stream: a pipe, and the thread that empties it."""

    def __init__(self, recording: Recording, path: Path) -> None:
        self.recording = recording
        self.file = BoundedFile(path)
        self.reading, self.writing = os.pipe()
        self._stop, self._stopping = os.pipe()
        self._thread: threading.Thread | None = None
        self._over = False

    def start(self) -> None:
        os.close(self.writing)
        self.writing = -1
        self._thread = threading.Thread(target=self._pump, name="stream", daemon=True)
        self._thread.start()

    def end(self) -> None:
        if self._over:
            return
        self._over = True
        if self.writing >= 0:
            os.close(self.writing)
        if self._thread:
            self._thread.join(SETTLE_SECONDS)
            os.write(self._stopping, b".")
            self._thread.join()
        for descriptor in (self.reading, self._stop, self._stopping):
            os.close(descriptor)

    def _pump(self) -> None:
        flow = Flow()
        poll = select.poll()
        poll.register(self.reading, select.POLLIN)
        poll.register(self._stop, select.POLLIN)
        while True:
            ready = {number for number, _ in poll.poll()}
            data = os.read(self.reading, 1 << 16) if self.reading in ready else b""
            if not data:
                break
            self.recording.last = time.monotonic()
            self.file.write(flow.add(data))
        self.file.write(flow.end())


class BoundedFile:
    """A file that keeps its beginning and its end; a line between them says what is missing."""

    def __init__(self, path: Path, most: int | None = None) -> None:
        self.most = MOST_BYTES if most is None else most
        self._file = open(path, "w+b", buffering=0, opener=_for_the_owner)  # noqa: SIM115
        self._size = 0
        self._head: int | None = None
        self._note = b""
        self._dropped = 0

    def write(self, data: bytes) -> None:
        """Add to the end. A disk that is full loses the log, and not the run."""
        with contextlib.suppress(OSError):
            for at in range(0, len(data), max(1, self.most // 4)):
                piece = data[at : at + max(1, self.most // 4)]
                if self._size + len(piece) > self.most:
                    self._drop()
                self._file.write(piece)
                self._size += len(piece)

    def tail(self, keep: int | None) -> bytes:
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(0 if keep is None else max(0, size - keep))
        return self._file.read()

    def close(self) -> None:
        self._file.close()

    def _drop(self) -> None:
        """Take out what lies between the first half and the last quarter."""
        if self._head is None:
            self._head = self._line_after(self.most // 2 - 1)
        begin = self._head + len(self._note)
        end = max(begin, self._line_after(self._size - self.most // 4))
        self._file.seek(end)
        kept = self._file.read()
        self._dropped += end - begin
        self._note = f"[{self._dropped:,} bytes of output are left out here]\n".encode()
        self._file.seek(self._head)
        self._file.write(self._note + kept)
        self._file.truncate()
        self._size = self._head + len(self._note) + len(kept)

    def _line_after(self, place: int) -> int:
        """The beginning of a line at a place or soon after it; the place itself if none is near."""
        self._file.seek(place)
        found = self._file.read(4096).find(b"\n")
        return place if found < 0 else place + found + 1


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
