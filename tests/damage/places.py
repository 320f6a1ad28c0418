"""Where a factory's files lie, and how one is put in the place of another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

from tests.line import Line


def some(random: Random, line: Line, *endings: str, folders: bool = False) -> Path | None:
    """A file, or with `folders` also a folder: of the record, of the home, of the work."""
    record: list[Path] = []
    work: list[Path] = []
    for folder, names, found in os.walk(line.state):
        here = Path(folder)
        if ".work" in here.parts:
            names[:] = [n for n in names if n not in ("target", "hooks")]
        every = [here / n for n in (*found, *(names if folders else ()))]
        (work if ".work" in here.parts else record).extend(every)
    home = [
        p for p in line.home.iterdir() if p.suffix in (".yaml", ".patch") and p.stem != "factory"
    ]
    home += [line.state] if folders else []
    pools = [
        [p for p in sorted(pool) if not endings or p.name.endswith(endings)]
        for pool in (record, record, record, home, work)
    ]
    pools = [[p for p in pool if folders or is_plain(p)] for pool in pools]
    pools = [pool for pool in pools if pool]
    return random.choice(random.choice(pools)) if pools else None


def is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def write(path: Path, content: str | bytes) -> None:
    data = content if isinstance(content, bytes) else content.encode(errors="surrogatepass")
    if path.exists() and not is_plain(path):
        remove(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def name_of(line: Line, path: Path) -> str:
    return os.path.relpath(path, line.home)
