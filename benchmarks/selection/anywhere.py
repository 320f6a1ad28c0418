"""Whether a choice misses a test that notices: `python -m benchmarks.selection.anywhere PATH…`.

Commits change few lines, and mutants of these say little about the rest of a repository. Here a
mistake is made anywhere in its source, one at a time, each is committed on a clone of the newest
commit whose suite runs, and the tests that notice are held against what would have been chosen.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from factoryline.selection.tests import function_of

from benchmarks.selection import history, runs
from benchmarks.selection.history import git
from benchmarks.selection.mutants import Mutant, mutate
from benchmarks.selection.strategies import STRATEGIES, Case


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.selection.anywhere")
    parser.add_argument("paths", nargs="+", type=Path, help="clones of repositories")
    parser.add_argument("--mutants", type=int, default=40, help="mutants of each repository")
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--cache", type=Path, required=True, help="where clones are kept")
    parser.add_argument("--seconds", type=float, default=300.0, help="how long one run may take")
    args = parser.parse_args(arguments)
    python = Path(os.path.abspath(args.python))
    missed = 0
    for path in (path.resolve() for path in args.paths):
        name = runs.name_of(path)
        place = (args.cache / name).resolve()
        clone = runs.clone(path, place / "clone")
        runner = runs.Runner(python=python, checkout=clone, seconds=args.seconds)
        missed += _attack(runner, history.sample(path, 1)[0].id, place, name, args.mutants)
    return 1 if missed else 0


def _attack(runner: runs.Runner, base: str, place: Path, name: str, count: int) -> int:
    """Mutants of one repository; prints each that a choice misses, and returns how many."""
    good = _outcomes(runner, base, place)
    if not good:
        print(f"{name}: its suite does not run here")
        return 0
    noticed, missed, shares = 0, 0, []
    for mutant in _anywhere(runner.checkout, base, count):
        runner.at(base)
        (runner.checkout / mutant.path).write_text(mutant.text)
        after = runner.run(out=place / "outcomes.json")
        killers = _killers(good, after)
        if not killers:
            continue
        noticed += 1
        git(runner.checkout, "-c", "user.name=a", "-c", "user.email=a", "commit", "-qam", "mutant")
        tip = git(runner.checkout, "rev-parse", "HEAD").strip()
        observed = {"parent": base, "commit": tip, "change": good, "source": [mutant.path]}
        chosen = STRATEGIES["merge"](
            Case(repository=runner.checkout, observed=observed, place=place)
        )
        assert chosen is not None, "it always chooses"
        shares.append(len(chosen) / len({function_of(test) for test in good}))
        broken = not any(function_of(test) in killers for test in after)
        lost = [] if broken and killers & chosen else sorted(killers - chosen)
        if lost:
            missed += 1
            line = f"{mutant.path}:{mutant.line} ({mutant.what})"
            print(f"{name}: {line}: {len(lost)} of {len(killers)} missed, {lost[0]}", flush=True)
    share = f"{statistics.mean(shares):.0%} of tests" if shares else "nothing"
    print(
        f"{name} {base[:10]}: {noticed} mutants noticed, {missed} missed; runs {share}", flush=True
    )
    return missed


def _killers(good: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The tests that fail. Where files cannot even be imported, all that are left notice it."""
    failed = {function_of(test) for test in good if after.get(test, [""])[0] == "failed"}
    gone = {function_of(test) for test in good if test not in after} if after else set()
    return failed or gone


def _outcomes(runner: runs.Runner, base: str, place: Path) -> dict[str, Any]:
    """The tests that pass twice, the second time while the coverage map is recorded."""
    runner.at(base)
    first = runner.run(out=place / "outcomes.json")
    second = runs.mapping_run(runner, place)
    (place / "map.zip").unlink(missing_ok=True)
    passed = [test for test, (outcome, _) in first.items() if outcome == "passed"]
    return {test: first[test] for test in passed if second.get(test, [""])[0] == "passed"}


def _anywhere(checkout: Path, base: str, count: int) -> Iterator[Mutant]:
    """Mutants of all source files, spread over them by chance, the same each time."""
    found = []
    for path in git(checkout, "ls-tree", "-r", "--name-only", base).splitlines():
        if path.endswith(".py") and history.is_source(path):
            text = history.text_at(checkout, base, path) or ""
            lines = frozenset(range(1, text.count("\n") + 2))
            found += mutate(path, text, lines, count, seed=base)
    random.Random(base).shuffle(found)
    yield from found[:count]


if __name__ == "__main__":
    sys.exit(main())
