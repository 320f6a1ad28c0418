"""How long a choice takes as the line makes it: in its own process, from git and a checkout."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from factoryline.diagnostics import Span
from factoryline.plan.model import Scope, Selection
from factoryline.system.git import Git
from factoryline.verification import maps, steps

from benchmarks.selection.history import git


def wall_seconds(checkout: Path, base: str, commit: str, map: Path, effort: str) -> float:
    """Wall-clock seconds from the two commits to the tests; nothing is parsed beforehand."""
    git(checkout, "checkout", "--quiet", "--force", "--detach", commit)
    argv = [sys.executable, "-m", "benchmarks.selection.clock"]
    argv += [str(checkout.resolve()), base, commit, str(map.resolve()), effort]
    root = Path(__file__).parents[2]
    done = subprocess.run(argv, cwd=root, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


def main(checkout: str, base: str, commit: str, map: str, effort: str) -> float:
    place = Path(checkout)
    run = ("python", "-m", "pytest", "{tests}")
    scope = Scope(
        name="suite",
        span=Span(file="factory.yaml", line=1, column=1),
        run=run,
        report="exit",
        cwd=".",
        env={},
        all=(".",),
        list=(),
        timeout=60.0,
    )
    selection = Selection(scope=scope, tests=(), select="changed", effort=effort)
    repository = Git(place)
    with tempfile.TemporaryDirectory() as folder:
        if Path(map).exists():
            kept = maps.path_of(Path(folder), scope, repository.tree_of(base))
            shutil.copy(map, kept)
        started = time.perf_counter()
        steps.steps(selection, repository, base, commit, place, Path(folder))
        return time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
