"""The answer to "is there anything to do?" without importing anything but what Python has loaded.

A run that ends with nothing left to do leaves a certificate: the files that its answer depends on,
in groups with one fingerprint of their stat signatures each, and the text that it printed. While
every fingerprint holds, the answer holds. The certificate is a cache: missing, corrupt or out of
date, it only costs the time of asking again. `skipping/certificate.py` writes it; `factory run` and
doit's plugin read it.
"""

from __future__ import annotations

import marshal
import os
import time

from factoryline import VERSION

TYPE_CHECKING = False  # typing itself is not imported here: it costs as much as the answer
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

Signature = tuple[int, int, int, int]
"""mtime in ns, size, inode, ctime in ns."""

FORMAT = (VERSION, 3)
"""Which code wrote a cache. The number goes up with each change of what any of them holds."""

CERTIFICATE = "state/.work/nothing-to-do.index"
RACY_NS = 50_000_000
"""A file that changed this shortly before it was looked at may change again unseen."""
COARSE_NS = 2_000_000_000
"""The same where the file system keeps whole seconds."""


def signature(path: str) -> Signature | None:
    """What tells one state of a file or folder from the next; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns)


def fingerprint(paths: Iterable[str], folder: int | None = None) -> int:
    """`fold` of the signatures of all these files; most of an answer's time is spent here.

    `folder` is a descriptor of the folder that relative paths start from.
    """
    stat = os.stat
    found = 0
    for path in paths:
        try:
            now = stat(path, dir_fd=folder)
        except OSError:
            found = hash((found, 0))
            continue
        # Hashes of numbers are the same in every process.
        found = hash((found, now.st_mtime_ns, now.st_size, now.st_ino, now.st_ctime_ns))
    return found


def fold(signatures: Iterable[Signature | None]) -> int:
    """One number for the signatures of several files, in order; an absent one has its share."""
    found = 0
    for one in signatures:
        found = hash((found, *one)) if one else hash((found, 0))
    return found


def settled(signatures: list[Signature | None], now_ns: int) -> bool:
    """Whether all of these are old enough that a later change shows in them."""
    newest = max((max(s[0], s[3]) for s in signatures if s), default=0)
    coarse = all(s[0] % 1_000_000_000 == 0 for s in signatures if s)
    return newest < now_ns - (COARSE_NS if coarse else RACY_NS)


def pack(value: Any) -> bytes:
    """A cache file's content: checksum, format, value."""
    import zlib

    body = marshal.dumps((FORMAT, value))
    return zlib.crc32(body).to_bytes(4, "big") + body


def plain(value: Any) -> bytes:
    """A value as bytes that are always the same; the default format depends on who refers to it."""
    return marshal.dumps(value, 2)


def unpack(data: bytes) -> object:
    """The value of a cache file; None when it is corrupt or of another format."""
    import zlib

    body = data[4:]
    if len(data) < 8 or zlib.crc32(body) != int.from_bytes(data[:4], "big"):
        return None
    try:
        written, value = marshal.loads(body)
    except (ValueError, EOFError, TypeError):
        return None
    return value if written == FORMAT else None


def read(path: str) -> object:
    """`unpack` for a file; None when it cannot be read."""
    try:
        with open(path, "rb", opener=_at_once) as stream:
            # A pipe or a device in its place is no cache.
            return unpack(stream.read(os.fstat(stream.fileno()).st_size))
    except OSError:
        return None


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def answer(home: str, command: str = "run") -> str | None:
    """What `run` or `status` would print in `home`, if it is certain that nothing is to do."""
    found = read(f"{home}/{CERTIFICATE}")
    if not isinstance(found, tuple):
        return None
    try:
        groups, until, texts = found
        if until and time.time() > until:
            return None
        return str(texts[command]) if all(hold(home, groups)) else None
    except (TypeError, ValueError, LookupError, AttributeError):
        return None  # it is not ours


def hold(home: str, groups: Iterable[tuple[str, int]]) -> Iterator[bool]:
    """Whether each group of files still has its fingerprint: paths with NUL between them."""
    folder = os.open(home, os.O_RDONLY)
    try:
        for paths, known in groups:
            yield fingerprint(paths.split("\0"), folder) == known
    finally:
        os.close(folder)


def find(start: str) -> str | None:
    """The nearest folder at or above `start` that holds a factory.yaml."""
    folder = start
    while True:
        if os.path.exists(f"{folder}/factory.yaml"):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
