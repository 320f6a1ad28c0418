"""Releases from the package index as a history: each source distribution is a commit on the last.

Source distributions carry no history, so a release stands for a commit; its change is larger than a
commit's would be. Only libraries whose distributions carry their tests are of use.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from benchmarks.selection.history import git

LIBRARIES = {
    "itsdangerous": ("2.0.0", "2.0.1", "2.1.0", "2.1.2", "2.2.0"),
    "click": ("8.1.3", "8.1.6", "8.1.7", "8.1.8"),
}


def repositories(cache: Path) -> list[Path]:
    """A git repository for each library, made of its releases."""
    return [_repository(name, versions, cache) for name, versions in LIBRARIES.items()]


def _repository(name: str, versions: tuple[str, ...], cache: Path) -> Path:
    place = cache / "releases" / name
    if (place / ".git").exists():
        return place
    unfinished = place.with_name(f"{name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    git(unfinished, "init", "--quiet")
    for version in versions:
        _unpack(name, version, cache / "sdists", unfinished)
        git(unfinished, "add", "--all", "--force", ".")
        who = ("-c", "user.name=Releases", "-c", "user.email=releases@localhost")
        git(unfinished, *who, "commit", "--quiet", "--allow-empty", "-m", f"{name} {version}")
    unfinished.rename(place)
    return place


def _unpack(name: str, version: str, sdists: Path, place: Path) -> None:
    """Put exactly what a release holds into the work tree."""
    archive = sdists / f"{name}-{version}.tar.gz"
    if not archive.exists():
        argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary"]
        subprocess.run([*argv, name, "--dest", str(sdists), f"{name}=={version}"], check=True)
    for entry in place.iterdir():
        if entry.name == ".git":
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            member.name = member.name.partition("/")[2]
            if member.name:
                packed.extract(member, place, filter="data")
