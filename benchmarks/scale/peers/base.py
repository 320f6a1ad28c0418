"""What a peer is: a program with the same stages in its own language, all of them done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol


class Peer(Protocol):
    """A module of this folder.

    PACKAGE: what pip installs it from; empty where the machine has to have it.
    MOST: the most stages that it is asked for, TURNS: how often, since some take minutes.
    """

    PACKAGE: str
    MOST: int
    TURNS: int

    def write(self, folder: Path, artifacts: int, stages: int, programs: Path) -> None:
        """A project of `artifacts` chains of `stages` each, up to date; `programs` is a folder."""

    def command(self, programs: Path) -> list[str]:
        """What brings the project up to date."""

    def version(self, programs: Path) -> str:
        """One line."""


def installed(package: str) -> Path:
    """The folder of a peer's programs, in a virtual environment of its own that is kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = cache / "factoryline" / "peers" / package.replace("=", "-")
    done = place / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([str(place / "bin" / "pip"), "install", "-qq", package], check=True)
        done.touch()
    return place / "bin"


def line_of(argv: list[str]) -> str:
    """The first line that a program prints."""
    done = subprocess.run(argv, capture_output=True, text=True)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def inputs(folder: Path, artifacts: int) -> None:
    """The files that the chains begin with, and the folder for what they make."""
    folder.mkdir()
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    for number in range(artifacts):
        (folder / "in" / str(number)).write_text(str(number))


def outputs(folder: Path, artifacts: int, stages: int) -> None:
    """What the chains make, as if they had run."""
    for number in range(artifacts):
        for stage in range(stages):
            (folder / "out" / f"{number}-{stage}").write_text("")


def before(artifact: int, stage: int) -> str:
    """What a stage depends on."""
    return f"out/{artifact}-{stage - 1}" if stage else f"in/{artifact}"
