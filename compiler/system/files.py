"""Every write of factoryline. On disk a file is absent, or whole; never torn.

The full durable write is: a temporary file in the same folder, write, flush, fsync, replace,
fsync the folder.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, TextIO

from factoryline.errors import WorldError

UNFINISHED = ".*.new"
"""What the name of a temporary file looks like: hidden, so that no reader takes it for a record."""


def write_durable(path: Path, data: bytes) -> None:
    """Put `data` at `path` so that a kill at any moment leaves the old file or the new one.

    Raises WorldError when the disk refuses; the old file is untouched then.
    """
    temporary: Path | None = None
    try:
        _make_durable(path.parent)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), 0o644)
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise WorldError(
            f"could not write {path}: {error.strerror}",
            help="nothing finished is lost; make room or fix the folder's rights, then run again",
        ) from error


def replace_quickly(path: Path, data: bytes) -> None:
    """Put a cache file in place: whole or not at all, but not forced onto the disk.

    A cache that cannot be written is no failure.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def overwrite(path: Path, data: bytes) -> None:
    """Give a file of a checkout another content; its rights stay. Not for records: it may tear."""
    path.write_bytes(data)


def remove_quickly(path: Path) -> None:
    """Remove a cache file; an absent one is fine."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """`write_durable` for text, as UTF-8.

    Half a surrogate pair, as a file's name may hold that is no UTF-8, is written as its escape,
    which JSON reads as what it was.
    """
    write_durable(path, text.encode(errors="backslashreplace"))


def write_json(path: Path, value: object) -> None:
    """`write_durable` for JSON that people read in a diff: indented, keys in the given order."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def append_line(path: Path, line: str) -> None:
    """Add one line durably. The file is replaced as a whole, so that no line is ever torn."""
    before = read(path) if os.path.lexists(path) else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"  # an editor took it away
    write_durable(path, before + line.encode(errors="backslashreplace") + b"\n")


def append_at_once(path: Path, data: bytes) -> None:
    """Add bytes in one write: they survive a kill of this process, though not a loss of power.

    For what threads write side by side while a program runs. Only the owner may read the file.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Create a folder and those above it, for what may be lost. `write_durable` makes its own."""
    path.mkdir(parents=True, exist_ok=True)


def _make_durable(path: Path) -> None:
    """Create a folder and those above it; a new one is on disk when this returns."""
    if path.is_dir():
        return
    _make_durable(path.parent)
    path.mkdir(exist_ok=True)
    _sync_folder(path.parent)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder of the machine's, for the time of a block."""
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


def remove(path: Path) -> None:
    """Remove a file durably; an absent one is fine."""
    if path.exists() or path.is_symlink():
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)


def remove_tree(path: Path) -> None:
    """Remove a folder and all in it; an absent one is fine."""
    shutil.rmtree(path, ignore_errors=True)


def put(path: Path, data: bytes, mode: int) -> None:
    """Put a file at `path` with these bytes and rights, whatever lay there."""
    _clear(path)
    path.write_bytes(data)
    path.chmod(mode)


def put_link(path: Path, target: str) -> None:
    """Put a symbolic link at `path`, whatever lay there."""
    _clear(path)
    path.symlink_to(target)


def move_aside(path: Path, place: Path) -> None:
    """Move a file or a folder to `place`, where it replaces another; an absent one is fine."""
    if os.path.lexists(path):
        _clear(place)
        shutil.move(path, place)


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)


def copy_tree(source: Path, destination: Path) -> None:
    """Copy a folder without caches and repositories that lie in it."""
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".git", ".pytest_cache")
    shutil.copytree(source, destination, ignore=ignored, dirs_exist_ok=True)


def copy_whole(source: Path, destination: Path) -> None:
    """Copy a folder with all that is in it, links as links; what lay at its place is removed."""
    remove_tree(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, destination, symlinks=True)


def move(source: Path, destination: Path) -> None:
    """Move a folder to another place on the same disk."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, destination)


def link(path: Path, target: Path) -> None:
    """Let `path` lead to a folder elsewhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target, target_is_directory=True)


def touch(path: Path) -> None:
    """Let a file that is there count as just used."""
    with contextlib.suppress(OSError):
        os.utime(path)


def discard_output(stream: TextIO) -> None:
    """Let all that is written to a stream from now on, and what it still holds, go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def open_or_make(path: Path) -> int:
    """A descriptor to lock a file by; it is made where there is none, and its folder with it."""
    make_folder(path.parent)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)


RESTORE = "it was changed by hand or by a merge; restore it from git"
"""What to do about a file that is not what was written."""


def read_at_once(path: Path) -> bytes:
    """A file's bytes. Raises OSError, also for a pipe or a device: nothing is waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is not a file", str(path))
        with open(descriptor, "rb", closefd=False) as stream:
            return stream.read()
    finally:
        os.close(descriptor)


def read(path: Path) -> bytes:
    """The bytes of a file that was written before. Raises WorldError with the path."""
    try:
        return read_at_once(path)
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> WorldError:
    """What to say of a file that the disk does not give."""
    forbidden = error.errno in (errno.EACCES, errno.EPERM)
    help = "give yourself the right to read it" if forbidden else RESTORE
    return WorldError(f"{path} cannot be read: {error.strerror}", help=help)


def read_json(path: Path) -> object:
    """A JSON file's value. Raises WorldError with the path when it is not JSON."""
    try:
        return json.loads(read(path), parse_constant=_no_number)
    except ValueError as error:
        raise WorldError(f"{path} is not valid JSON: {error}", help=RESTORE) from error
    except RecursionError as error:
        raise WorldError(f"{path} is nested too deeply", help=RESTORE) from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number in JSON")


def digest_bytes(data: bytes) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_json(value: object) -> str:
    """The digest of a JSON value; the order of keys does not matter.

    A file's name that is no UTF-8 is a text with surrogates, and has its digest as well.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return digest_bytes(text.encode(errors="surrogatepass"))


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
