"""Random edits of sound factories, as many as wanted: `python -m benchmarks.fuzz`.

100,000 unless `--examples` says otherwise, from `--seed` on, in batches that run side by side, each
in a process of its own: a crash of the interpreter ends one batch. Prints each kind of failure
once, minimised, and exits 1 if there is any. What has to hold is told in tests/edits.py.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.edits import FILES, SOUND, Case, cases, judge, write

BATCH = 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--batch", type=int, metavar="SEED", help="run this batch alone, here")
    args = parser.parse_args()
    if args.batch is not None:
        return batch(args.batch, min(args.examples, BATCH))
    started = time.perf_counter()
    failures: Counter[str] = Counter()
    seeds = range(args.seed, args.seed + -(-args.examples // BATCH))
    with ThreadPoolExecutor(args.jobs) as pool:
        for number, output in enumerate(pool.map(run, seeds), start=1):
            if sys.stderr.isatty():
                print(f"\r{number * BATCH:,} of {args.examples:,}", end="", file=sys.stderr)
            for failure in output:
                kind = failure.partition("\n")[0]
                if not failures[kind]:
                    print(f"\n{failure}")
                failures[kind] += 1
    seconds = time.perf_counter() - started
    count = len(seeds) * BATCH
    print(f"\n{count:,} examples in {seconds:.0f} s; {len(failures)} kinds of failures")
    return 1 if failures else 0


def run(seed: int) -> list[str]:
    """The failures of a batch, each a block of text."""
    argv = [sys.executable, "-m", "benchmarks.fuzz", "--batch", str(seed)]
    done = subprocess.run(argv, capture_output=True, text=True)
    found = [block for block in done.stdout.split("\0") if block.strip()]
    if done.returncode not in (0, 1):
        found.append(
            f"the interpreter ended with {done.returncode}\n"
            f"  python -m benchmarks.fuzz --batch {seed}\n{done.stderr[-2000:]}"
        )
    return found


def batch(seed: int, examples: int) -> int:
    """Run a batch; print a block for each failure, ended by a NUL."""
    import hypothesis

    with tempfile.TemporaryDirectory() as folder:
        homes = {factory: Path(folder) / factory for factory in SOUND}
        for factory, home in homes.items():
            write(home, factory)

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=cases)
        def one(case: Case) -> None:
            judge(homes[case.factory], case)

        try:
            one()
        except Exception as failure:
            found = list(leaves(failure))
        else:
            return 0
    for error in found:
        print(f"{told(error)}\n  batch {seed}", end="\0\n")
    return 1


def leaves(failure: Exception) -> Iterator[Exception]:
    """Each failure of a group of them."""
    if isinstance(failure, ExceptionGroup):
        for one in failure.exceptions:
            yield from leaves(one)
    else:
        yield failure


def told(error: Exception) -> str:
    """A failure's kind on the first line, then the smallest case that shows it."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "/hypothesis/" not in frame.filename
    ]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "nowhere"
    said = " ".join(str(error).split())[:300]
    notes = "\n".join(getattr(error, "__notes__", []))
    return f"{type(error).__name__} at {place}\n  {said}\n{notes}"


if __name__ == "__main__":
    assert {factory for factory, _ in FILES} == set(SOUND), "every sound factory is edited"
    sys.exit(main())
