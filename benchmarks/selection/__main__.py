"""How well a selection of tests does on real history: `python -m benchmarks.selection PATH…`.

PATH is a clone of a repository whose tests run with pytest; without one, releases of a library from
the package index serve as its history, since source distributions have none. `--python` is an
interpreter that has pytest, pytest-cov, pytest-testmon (or `--no-testmon`) and what the tests need.

Two samples of each repository: commits spread evenly over the newest that change source code, and
further back, newest first, commits that took back what an old test expected and whose source alone
breaks one. For each of them the whole suite runs on the base, on the change, on the source change
alone and on a few mutants, pytest-testmon chooses, and every strategy is held against what really
happened. What was observed stays in the cache folder, so that strategies can be measured again
without a run; `seconds` is the wall clock of a choice in a process of its own.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.selection import clock, history, measures, releases, runs
from benchmarks.selection.strategies import STRATEGIES, Case


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.selection")
    parser.add_argument("paths", nargs="*", type=Path, help="clones of repositories")
    parser.add_argument("--commits", type=int, default=5, help="commits of each repository")
    parser.add_argument("--breaking", type=int, default=3, help="more that break an old test")
    parser.add_argument("--mutants", type=int, default=5, help="mutants of each commit")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--cache", type=Path, help="where observations are kept")
    parser.add_argument("--no-testmon", action="store_true", help="leave pytest-testmon out")
    parser.add_argument("--seconds", type=float, default=300.0, help="how long one run may take")
    parser.add_argument("--misses", action="store_true", help="print each miss")
    args = parser.parse_args(arguments)
    # Suites run elsewhere. An interpreter's link is not followed: it makes the environment.
    python = Path(os.path.abspath(args.python))
    cache = Path(args.cache or tempfile.mkdtemp(prefix="selection-")).resolve()
    paths = args.paths or releases.repositories(cache)
    scores = {name: measures.Score() for name in STRATEGIES}
    for path in (path.resolve() for path in paths):
        name = runs.name_of(path)
        clone = runs.clone(path, cache / name / "clone")
        runner = runs.Runner(python=python, checkout=clone, seconds=args.seconds)
        for commit in _sampled(runner, path, cache / name, args.commits, args.breaking):
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
                measures.measure(choose, full, alone, scores[strategy])
            for effort in ("inner", "merge"):
                seconds = clock.wall_seconds(
                    clone, observed["parent"], commit.id, place / "map.zip", effort
                )
                scores[effort].seconds.append(seconds)
            print(f"{name} {commit.id[:10]}: {len(full.known)} tests", file=sys.stderr)
    measured = {name: score for name, score in scores.items() if score.selected}
    print(measures.table(measured))
    for name in ("inner", "merge") if args.misses else ():
        print(f"\nmisses of {name}:")
        print("\n".join(f"- {miss}" for miss in scores[name].misses) or "- none")
    return 0


def _sampled(
    runner: runs.Runner, path: Path, cache: Path, count: int, breaking: int
) -> Iterator[history.Commit]:
    """Commits spread over the newest ones, then some whose source alone breaks an old test.

    For the latter up to eight times as many commits are asked, newest first.
    """
    spread = history.sample(path, count)
    yield from spread
    further = (commit for commit in history.rewriting(path) if commit not in spread)
    asked = itertools.islice(further, 8 * breaking)
    found = (commit for commit in asked if runs.breaks(runner, commit, cache))
    yield from itertools.islice(found, breaking)


if __name__ == "__main__":
    sys.exit(main())
