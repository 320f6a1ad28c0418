"""GNU make, without its built-in rules."""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.scale.peers.base import before, inputs, line_of

PACKAGE = ""
MOST = 10_000
TURNS = 1000


def write(folder: Path, artifacts: int, stages: int, programs: Path) -> None:
    inputs(folder, artifacts)
    pairs = [(a, s) for a in range(artifacts) for s in range(stages)]
    rules = ["all: " + " ".join(f"out/{a}-{s}" for a, s in pairs)]
    rules += [f"out/{a}-{s}: {before(a, s)}\n\t@touch $@" for a, s in pairs]
    (folder / "Makefile").write_text("\n".join(rules) + "\n")
    subprocess.run(command(programs), cwd=folder, check=True)


def command(programs: Path) -> list[str]:
    del programs
    return ["make", "-rR", "-s"]


def version(programs: Path) -> str:
    del programs
    return line_of(["make", "--version"])
