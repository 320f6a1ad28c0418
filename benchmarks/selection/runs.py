"""What really happens: the whole suite on the base, on the change, on the source change alone and
on each mutant; the coverage map and testmon's choice. All of it is kept in a cache folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.selection.history import Commit, git, text_at
from benchmarks.selection.mutants import mutate

HERE = Path(__file__).parent
FEWEST = 20
"""A suite of fewer tests that pass is not looked at."""

COVERAGE = """[run]
core = ctrace
relative_files = true
disable_warnings = no-ctracer
"""
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs pytest in `checkout`, a clone of the repository; `seconds` ends a run."""

    python: Path
    checkout: Path
    seconds: float = 300.0

    def at(self, commit: str) -> None:
        git(self.checkout, "checkout", "--quiet", "--force", "--detach", commit)
        git(self.checkout, "clean", "-ffdxq")

    def run(self, *more: str, env: dict[str, str] | None = None, out: Path) -> dict[str, Any]:
        """Outcomes by test id: [passed | failed | skipped, seconds]; empty when it hung."""
        out.unlink(missing_ok=True)
        argv = [str(self.python), "-m", "pytest", "-q", "-p", "record", "-o", "addopts="]
        # testmon asks the cache provider for what failed last.
        argv += ["-o", "filterwarnings=default", *more]
        argv += [] if "--testmon" in more else ["-p", "no:cacheprovider"]
        where = [str(HERE), *(str(self.checkout / part) for part in ("src", "."))]
        around = {**os.environ, "PYTHONPATH": ":".join(where), "RECORD": str(out)}
        around |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", **(env or {})}
        try:
            subprocess.run(
                argv,
                cwd=self.checkout,
                env=around,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {}
        found: dict[str, Any] = json.loads(out.read_text()) if out.exists() else {}
        return found


def observe(
    runner: Runner, repository: Path, commit: Commit, cache: Path, *, mutants: int, testmon: bool
) -> dict[str, Any] | None:
    """Everything about one commit, from the cache or from runs; None where no suite runs."""
    place = cache / commit.id[:12]
    kept = place / "observed.json"
    if kept.exists():
        value: dict[str, Any] = json.loads(kept.read_text())
        return value if value and _ran(value["change"]) else None
    place.mkdir(parents=True, exist_ok=True)
    observed = _observe(runner, repository, commit, place, mutants=mutants, testmon=testmon)
    kept.write_text(json.dumps(observed))
    return observed if observed and _ran(observed["change"]) else None


def _ran(outcomes: dict[str, Any]) -> bool:
    """Whether a run is a suite's and not merely an error's."""
    passed = [test for test, (outcome, _) in outcomes.items() if outcome == "passed"]
    return len(passed) >= FEWEST


def breaks(runner: Runner, commit: Commit, cache: Path) -> bool:
    """Whether the change of source alone breaks an old test in a file that the commit edits.

    Only these files run, so that many commits can be asked.
    """
    place = cache / commit.id[:12]
    kept = place / "breaks.json"
    if not kept.exists():
        place.mkdir(parents=True, exist_ok=True)
        out = place / "outcomes.json"
        runner.at(commit.parent)
        files = [path for path in commit.tests if (runner.checkout / path).exists()]
        before = runner.run(*files, out=out) if files else {}
        after = {}
        if any(outcome == "passed" for outcome, _ in before.values()):
            _put(runner, commit.id, commit.source)
            after = runner.run(*files, out=out)
        broken = [
            test
            for test, (outcome, _) in before.items()
            if outcome == "passed" and after.get(test, [""])[0] == "failed"
        ]
        kept.write_text(json.dumps(broken))
    return bool(json.loads(kept.read_text()))


def _observe(
    runner: Runner, repository: Path, commit: Commit, place: Path, *, mutants: int, testmon: bool
) -> dict[str, Any]:
    out = place / "outcomes.json"
    runner.at(commit.parent)
    started = time.monotonic()
    base = runner.run(out=out)
    plain = time.monotonic() - started
    if not _ran(base):
        return {}
    started = time.monotonic()
    mapped = mapping_run(runner, place)
    mapping = time.monotonic() - started
    chosen = _testmon(runner, commit, place) if testmon else None
    # The old tests on the source change alone: what does it break?
    runner.at(commit.parent)
    _put(runner, commit.id, commit.source)
    source_alone = runner.run(out=out)
    runner.at(commit.id)
    change = runner.run(out=out)
    # The source as it was, under the commit's tests.
    _put(runner, commit.parent, commit.source)
    before = runner.run(out=out)
    killed = []
    for path, line, what, text in _mutants(repository, commit, mutants):
        runner.at(commit.id)
        (runner.checkout / path).write_text(text)
        with_it = runner.run(out=out)
        killers = [
            test
            for test, (outcome, _) in change.items()
            if outcome == "passed" and with_it.get(test, ["failed"])[0] == "failed"
        ]
        if with_it:
            killed.append({"path": path, "line": line, "what": what, "killers": killers})
    runner.at(commit.id)
    return {
        "commit": commit.id,
        "parent": commit.parent,
        "source": commit.source,
        "tests": commit.tests,
        "base": base,
        "mapped": len(mapped),
        "source_alone": source_alone,
        "change": change,
        "fails_before": before,
        "mutants": killed,
        "testmon": chosen,
        "seconds": {"plain": plain, "map": mapping},
    }


def mapping_run(runner: Runner, place: Path) -> dict[str, Any]:
    """The outcomes of a run whose coverage data, test by test, stays in `place`."""
    config = place / "coveragerc"
    config.write_text(COVERAGE)
    covered = ("--cov=.", f"--cov-config={config}", "--cov-context=test", "--cov-report=")
    env = {"COVERAGE_FILE": str(place / "map.coverage")}
    return runner.run(*covered, env=env, out=place / "outcomes.json")


def name_of(path: Path) -> str:
    """What a clone is called; one in a folder `repo` by the folder above it."""
    return path.parent.name if path.name == "repo" else path.name


def _put(runner: Runner, version: str, paths: Sequence[str]) -> None:
    """A commit's version of some paths, on whatever is checked out."""
    for path in paths:
        text = text_at(runner.checkout, version, path)
        file = runner.checkout / path
        if text is None:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)


def _mutants(repository: Path, commit: Commit, count: int) -> list[tuple[str, int, str, str]]:
    found = []
    each = max(1, -(-count // len(commit.source)))
    for path in commit.source:
        text = text_at(repository, commit.id, path)
        if text is None:
            continue
        patch = git(repository, "diff", "-U0", commit.parent, commit.id, "--", path)
        lines = {
            line
            for start, length in _HUNK.findall(patch)
            for line in range(int(start), int(start) + int(length or 1))
        }
        made = mutate(path, text, frozenset(lines), each, seed=commit.id)
        found += [(path, m.line, m.what, m.text) for m in made]
    return found[:count]


def _testmon(runner: Runner, commit: Commit, place: Path) -> list[str] | None:
    """The tests that pytest-testmon would run after the change; None when it fails."""
    data = place / "testmondata"
    data.unlink(missing_ok=True)
    env = {"TESTMON_DATAFILE": str(data)}
    runner.at(commit.parent)
    if not runner.run("--testmon", env=env, out=place / "testmon.json"):
        return None
    git(runner.checkout, "checkout", "--quiet", "--force", "--detach", commit.id)
    ran = runner.run("--testmon", env=env, out=place / "testmon.json")
    for file in place.glob("testmondata*"):
        file.unlink()
    return sorted(ran)


def clone(repository: Path, place: Path) -> Path:
    """A clone of a repository to check commits out in."""
    if not (place / ".git").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["git", "clone", "--quiet", "--shared", "--no-checkout", str(repository), str(place)],
            check=True,
        )
    return place


if __name__ == "__main__":
    sys.exit("run `python -m benchmarks.selection`")
