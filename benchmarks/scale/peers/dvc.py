"""dvc, with stages in one dvc.yaml, recorded without running them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.scale.peers.base import before, inputs, line_of, outputs

PACKAGE = "dvc"
MOST = 1_000
TURNS = 1


def write(folder: Path, artifacts: int, stages: int, programs: Path) -> None:
    inputs(folder, artifacts)
    outputs(folder, artifacts, stages)
    made = ["stages:"]
    for a in range(artifacts):
        for s in range(stages):
            made += [
                f"  t{a}-{s}:",
                f"    cmd: touch out/{a}-{s}",
                f"    deps: [{before(a, s)}]",
                f"    outs: [{{out/{a}-{s}: {{cache: false}}}}]",
            ]
    (folder / "dvc.yaml").write_text("\n".join(made) + "\n")
    dvc = str(programs / "dvc")
    for argv in ([dvc, "init", "-q", "--no-scm"], [dvc, "commit", "-q", "-f"]):
        subprocess.run(argv, cwd=folder, check=True)


def command(programs: Path) -> list[str]:
    return [str(programs / "dvc"), "repro", "-q"]


def version(programs: Path) -> str:
    return f"dvc {line_of([str(programs / 'dvc'), '--version'])}"
