"""What a scoped, covered verification costs beside pytest-cov: `python -m benchmarks.overhead`.

A product of `--modules` modules with ten tests each; an artifact changes one of them. In turns, the
verify stage runs through the real line with `select: changed` and coverage, and pytest-cov runs the
very tests that were selected, in a checkout of the same commit. The ratio is of medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
TARGET = 1.15

SPEC = """factoryline: 1
name: overhead
target: {repo: product}
surfaces: {all: ["**"]}
cells:
  scout: {kind: scout}
  build: {kind: adopt, takes: [memo], touches: [all]}
  verify: {kind: verify, returns: build}
  package: {kind: package}
  review: {kind: review, returns: build}
line: [scout, build, verify, package, review]
scopes:
  unit:
    run: ["{python}", -m, pytest, -q, -p, "no:cacheprovider", "{tests}", "--junitxml={report}",
          "--cov=product", "--cov-report=lcov:{coverage}"]
    leaves: [.coverage]
    report: junit
    coverage: lcov
    all: [tests]
    reuse: false
artifacts:
  one:
    title: One
    goal: Module 0 counts further.
    verify: [{scope: unit, select: changed}]
    proof: {covers: 0.1}
    adopt: [[one.patch]]
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=int, default=40)
    parser.add_argument("--work", type=int, default=300_000, help="turns of a loop in each test")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        commit = factory(home, options.modules, options.work)
        run(home, "doit")
        chosen = selected(home)
        place = home / "plain"
        run(home / "product", "git", "worktree", "add", "-q", "--detach", str(place), commit(home))
        ours, plain = [], []
        for _ in range(options.turns):
            run(home, "doit", "forget", "one:1-verify")
            run(home, "doit", "one:1-verify")
            ours.append(float(entry(home)["run"]["seconds"]))
            plain.append(pytest_cov(place, chosen))
    ratio = statistics.median(ours) / statistics.median(plain)
    print(f"{len(chosen)} selected: {' '.join(chosen)[:60]}")
    print(f"verify through the line  {statistics.median(ours):6.2f} s")
    print(f"plain pytest-cov         {statistics.median(plain):6.2f} s")
    print(f"ratio {ratio:.2f}, target {TARGET}{'' if ratio <= TARGET else ', missed'}")


def factory(home: Path, modules: int, work: int) -> Any:
    """A product, and a factory over it with one recorded change."""
    product = home / "product"
    (product / "product").mkdir(parents=True)
    (product / "tests").mkdir()
    (product / "product/__init__.py").write_text("")
    for number in range(modules):
        body = f"def count(n):\n    total = {number}\n    for i in range(n):\n        total += i\n"
        (product / f"product/m{number}.py").write_text(body + "    return total\n")
        cases = "".join(
            f"\ndef test_{case}():\n    assert count({work} + {case}) > 0\n" for case in range(10)
        )
        text = f"from product.m{number} import count\n{cases}"
        (product / f"tests/test_m{number}.py").write_text(text)
    (product / "conftest.py").write_text("")
    run(product, "git", "init", "-q", "-b", "main")
    commit(product, "base")
    path = product / "product/m0.py"
    path.write_text(path.read_text().replace("return total", "return total + 1"))
    (home / "one.patch").write_text(run(product, "git", "diff"))
    run(product, "git", "checkout", "-q", ".")
    (home / "factory.yaml").write_text(SPEC)
    (home / "doit.cfg").write_text("[GLOBAL]\nloader = factory\n")
    return lambda home: entry(home)["handoff"]["commit"]


def selected(home: Path) -> list[str]:
    [check] = entry(home)["handoff"]["checks"]
    return list(check["selected"])


def entry(home: Path) -> dict[str, Any]:
    path = home / "state/factory-artifacts/one/1-verify.json"
    value: dict[str, Any] = json.loads(path.read_text())
    return value


def pytest_cov(place: Path, tests: list[str]) -> float:
    started = time.perf_counter()
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    run(place, *argv, "--cov=product", "--junitxml=report.xml", "--cov-report=lcov:lcov.info")
    return time.perf_counter() - started


def commit(folder: Path, message: str) -> None:
    run(folder, "git", "add", "-A")
    who = ("-c", "user.name=B", "-c", "user.email=b@example.org")
    run(folder, "git", *who, "commit", "-q", "-m", message)


def run(folder: Path, program: str, *arguments: str) -> str:
    argv = [str(BIN / program) if program == "doit" else program, *arguments]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
