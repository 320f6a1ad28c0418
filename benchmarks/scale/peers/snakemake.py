"""snakemake, told to look at modification times alone, which is the least it can do."""

from __future__ import annotations

from pathlib import Path

from benchmarks.scale.peers.base import inputs, line_of, outputs

PACKAGE = "snakemake"
MOST = 10_000
TURNS = 1


def write(folder: Path, artifacts: int, stages: int, programs: Path) -> None:
    del programs
    inputs(folder, artifacts)
    outputs(folder, artifacts, stages)
    (folder / "Snakefile").write_text(
        f"rule all:\n    input: [f'out/{{a}}-{{s}}' for a in range({artifacts})"
        f" for s in range({stages})]\n"
        "def before(w):\n    s = int(w.s)\n"
        "    return f'out/{w.a}-{s - 1}' if s else f'in/{w.a}'\n"
        "rule thing:\n    input: before\n    output: 'out/{a}-{s}'\n    shell: 'touch {output}'\n"
    )


def command(programs: Path) -> list[str]:
    return [
        str(programs / "snakemake"),
        "--cores",
        "1",
        "--quiet",
        "all",
        "--rerun-triggers",
        "mtime",
    ]


def version(programs: Path) -> str:
    return f"snakemake {line_of([str(programs / 'snakemake'), '--version'])}"
