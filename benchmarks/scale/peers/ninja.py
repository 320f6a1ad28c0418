"""ninja."""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.scale.peers.base import before, inputs, line_of

PACKAGE = "ninja"
MOST = 10_000
TURNS = 1000


def write(folder: Path, artifacts: int, stages: int, programs: Path) -> None:
    inputs(folder, artifacts)
    builds = ["rule touch\n  command = touch $out"]
    for a in range(artifacts):
        builds += [f"build out/{a}-{s}: touch {before(a, s)}" for s in range(stages)]
    (folder / "build.ninja").write_text("\n".join(builds) + "\n")
    subprocess.run(command(programs), cwd=folder, check=True, stdout=subprocess.DEVNULL)


def command(programs: Path) -> list[str]:
    return [str(programs / "ninja")]


def version(programs: Path) -> str:
    return f"ninja {line_of([str(programs / 'ninja'), '--version'])}"
