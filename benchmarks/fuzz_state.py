"""Random damage to what lies beside factory.yaml: `python -m benchmarks.fuzz_state`.

10,000 examples unless `--examples` says otherwise, from `--seed` on. Each takes a true factory,
edits the record, caches, reviews, patches or git's own state, and types two or three commands.
Prints each kind of broken promise once, with the edit, the commands and what they said, and exits
1 if there is any; `--only SEED` runs one example again. The promise is told in tests/damage.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.damage.factories import make
from tests.damage.judge import Example, example, import_all


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", type=int, metavar="SEED", help="run this example alone, and tell")
    parser.add_argument("--batch", type=int, metavar="N", help="run every Nth example here")
    args = parser.parse_args()
    if args.only is not None or args.batch:
        first = args.seed if args.only is None else args.only
        seeds = range(first, first + (args.examples if args.batch else 1), args.batch or 1)
        return batch(seeds, every=not args.batch)
    started, done = time.perf_counter(), Counter[str]()
    with ThreadPoolExecutor(args.jobs) as pool:
        parts = [
            range(args.seed + job, args.seed + args.examples, args.jobs) for job in range(args.jobs)
        ]
        list(pool.map(lambda some: run(some, done), parts))
    seconds = time.perf_counter() - started
    print(f"\n{done.pop('', 0):,} examples in {seconds:.0f} s")
    failures = +done
    for kind, count in failures.most_common():
        print(f"{count:6}  {kind}")
    return 1 if failures else 0


def run(seeds: range, done: Counter[str]) -> None:
    """Run examples in a process of their own, count them, and tell each kind of failure once."""
    argv = [sys.executable, "-m", "benchmarks.fuzz_state", "--batch", str(seeds.step)]
    argv += ["--seed", str(seeds.start), "--examples", str(seeds.stop - seeds.start)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        block = ""
        for line in process.stdout:
            block += line
            if not line.endswith("\0\n"):
                continue
            done[""] += 1
            if sys.stderr.isatty():
                print(f"\r{done['']:,}", end="", file=sys.stderr)
            kind = block[:-2].partition("\n")[0]
            if kind and not done[kind]:
                print(f"\n{block[:-2]}", flush=True)
            done[kind], block = done[kind] + bool(kind), ""
    if process.returncode not in (0, 1):
        done[f"the examples from {seeds.start} on ended with {process.returncode}"] += 1


def batch(seeds: range, *, every: bool) -> int:
    """Run examples; print a block for each that breaks a promise, or for `every` one."""
    found: list[Example] = []
    with tempfile.TemporaryDirectory() as folder:
        lines = make(Path(folder))
        import_all()
        for seed in seeds:
            one = example(seed, lines)
            text = str(one).replace("\0", "\\0") if one.broken or every else ""
            print(text.encode(errors="backslashreplace").decode(), end="\0\n", flush=True)
            found += [one] if one.broken else []
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
