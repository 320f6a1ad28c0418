"""doit with tasks written by hand, and its JSON database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.scale.peers.base import inputs

PACKAGE = ""
MOST = 10_000
TURNS = 1000


def write(folder: Path, artifacts: int, stages: int, programs: Path) -> None:
    inputs(folder, artifacts)
    (folder / "dodo.py").write_text(
        "DOIT_CONFIG = {'backend': 'json', 'verbosity': 0, 'reporter': 'executed-only'}\n"
        f"def task_thing():\n    for a in range({artifacts}):\n"
        f"        for s in range({stages}):\n"
        "            yield {'name': f'{a}-{s}', 'targets': [f'out/{a}-{s}'],\n"
        "                   'file_dep': [f'out/{a}-{s - 1}' if s else f'in/{a}'],\n"
        "                   'actions': [(touch, [f'out/{a}-{s}'])]}\n"
        "def touch(path):\n    open(path, 'w').close()\n"
    )
    subprocess.run(command(programs), cwd=folder, check=True, stdout=subprocess.DEVNULL)


def command(programs: Path) -> list[str]:
    del programs
    return [str(Path(sys.executable).parent / "doit")]


def version(programs: Path) -> str:
    from importlib.metadata import version as of

    del programs
    return f"doit {of('doit')}"
