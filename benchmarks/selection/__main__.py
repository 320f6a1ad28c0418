"""How well a selection of tests does on real history: `python -m benchmarks.selection PATH…`.

PATH is a clone of a repository whose tests run with pytest; without one, releases of a library from
the package index serve as its history, since source distributions have none. For each sampled
commit the whole suite runs on the base, on the change, on the source change alone and on a few
mutants, pytest-testmon chooses, and every strategy is held against what really happened. What was
observed stays in the cache folder, so that a strategy can be measured again without a run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.selection import history, measures, releases, runs
from benchmarks.selection.strategies import STRATEGIES, Case


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.selection")
    parser.add_argument("paths", nargs="*", type=Path, help="clones of repositories")
    parser.add_argument("--commits", type=int, default=5, help="commits of each repository")
    parser.add_argument("--mutants", type=int, default=5, help="mutants of each commit")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--cache", type=Path, help="where observations are kept")
    parser.add_argument("--no-testmon", action="store_true", help="leave pytest-testmon out")
    parser.add_argument("--seconds", type=float, default=300.0, help="how long one run may take")
    parser.add_argument("--misses", action="store_true", help="print each miss")
    args = parser.parse_args(arguments)
    cache = args.cache or Path(tempfile.mkdtemp(prefix="selection-"))
    paths = args.paths or releases.repositories(cache)
    scores = {name: measures.Score() for name in STRATEGIES}
    for path in paths:
        name = path.parent.name if path.name == "repo" else path.name
        clone = runs.clone(path.resolve(), cache / name / "clone")
        runner = runs.Runner(python=args.python, checkout=clone, seconds=args.seconds)
        for commit in history.sample(path, args.commits):
            observed = runs.observe(
                runner,
                path,
                commit,
                cache / name,
                mutants=args.mutants,
                testmon=not args.no_testmon,
            )
            if observed is None:
                print(f"{name} {commit.id[:10]}: its suite does not run here", file=sys.stderr)
                continue
            place = cache / name / commit.id[:12]
            full = Case(repository=path, observed=observed, place=place)
            alone = Case(repository=path, observed=observed, place=place, sources_only=True)
            for strategy, choose in STRATEGIES.items():
                measures.measure(strategy, choose, full, alone, scores[strategy])
            print(f"{name} {commit.id[:10]}: {len(full.known)} tests", file=sys.stderr)
    measured = {name: score for name, score in scores.items() if score.selected}
    print(measures.table(measured))
    for name in ("inner", "merge") if args.misses else ():
        print(f"\nmisses of {name}:")
        print("\n".join(f"- {miss}" for miss in scores[name].misses) or "- none")
    return 0


if __name__ == "__main__":
    sys.exit(main())
