"""Files as they are now, so that they can be put back: their bytes, their modes, their links.

Nothing is followed: a link is kept as a link, and of a pipe or a device only that it is one.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from factoryline.system import files


@dataclass(frozen=True, slots=True)
class Saved:
    """One file. `mode` is the whole st_mode; `data` its bytes, or the place that a link names."""

    mode: int
    data: bytes


def take(root: Path, names: Iterable[str]) -> dict[str, Saved]:
    """Every file at or under `names`, by its path relative to `root`; absent ones are left out."""
    return {
        os.path.relpath(path, root): saved
        for name in names
        for path in _files(os.path.join(root, name))
        if (saved := _read(path))
    }


def differences(before: Mapping[str, Saved], after: Mapping[str, Saved]) -> tuple[str, ...]:
    """The names that were added, changed or removed."""
    names = {*before, *after}
    return tuple(sorted(name for name in names if before.get(name) != after.get(name)))


def put_back(root: Path, before: Mapping[str, Saved], names: Iterable[str], *, aside: Path) -> None:
    """Make each of `names` what it was; what lies there now is moved to `aside`."""
    changed = tuple(names)
    # First all that is in the way: a link may stand where a folder was.
    for name in changed:
        files.move_aside(root / name, aside / name)
    for name in changed:
        was = before.get(name)
        if was and stat.S_ISLNK(was.mode):
            files.put_link(root / name, os.fsdecode(was.data))
        elif was and stat.S_ISREG(was.mode):
            files.put(root / name, was.data, stat.S_IMODE(was.mode))


def _files(path: str) -> Iterator[str]:
    if os.path.isdir(path) and not os.path.islink(path):
        # A folder that cannot be listed has nothing that can be kept.
        with contextlib.suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                yield from _files(entry.path)
    else:
        yield path


def _read(path: str) -> Saved | None:
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return Saved(mode, os.fsencode(os.readlink(path)))
        # To open a pipe would wait for who writes to it.
        return Saved(mode, Path(path).read_bytes() if stat.S_ISREG(mode) else b"")
    except FileNotFoundError:
        return None
    except OSError:
        return Saved(0, b"")
