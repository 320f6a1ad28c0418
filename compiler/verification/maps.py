"""The kept coverage maps of a factory: recording one, finding the one to use, removing old ones.

They lie under `state/.work/maps/`, one file a scope and tree. Losing them costs precision and
nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from factoryline.diagnostics import StageFailed
from factoryline.errors import ending
from factoryline.plan.model import Scope
from factoryline.selection.carry import carry
from factoryline.selection.change import Shift
from factoryline.selection.coverage_map import CoverageMap, MapUnreadable, Recording
from factoryline.selection.recording import read_coverage
from factoryline.system import files, process
from factoryline.system.git import Git
from factoryline.verification import interpreter
from factoryline.verification.coverage import coverage_py

KEPT = 3
"""Maps kept for each scope, the newest ones."""

MAP_TIMES = 6.0
"""Recording may take this many times a run's time limit: it runs everything, and slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A map that was just made. `failed` is set where the recorded run did not end well."""

    path: Path
    tests: int
    files: int
    failed: str


def command_of(scope: Scope) -> tuple[str, ...] | None:
    """What records a scope's map: its `map`, or its pytest command below `coverage run`."""
    if scope.map:
        return scope.map
    if "{tests}" not in scope.run:
        return None
    if coverage_py.measures(scope.run):
        return tuple(word.replace("{coverage}", "{map}") for word in scope.run)
    words = [PurePosixPath(word).name for word in scope.run]
    place = next((i for i, word in enumerate(words) if word in ("pytest", "py.test")), None)
    if place is None:
        return None
    measured = ("coverage", "run", "--data-file={map}", "-m", "pytest")
    plain = [word for word in scope.run if "{report}" not in word and word != "--junitxml"]
    return (*plain[:place], *measured, *plain[place + 1 :])


def records(scope: Scope) -> bool:
    """Whether a scope's own runs can leave a map."""
    if scope.coverage != "coverage-py" or "{tests}" not in scope.run:
        return False
    return coverage_py.measures(scope.run)


def record(scope: Scope, repository: Git, commit: str, checkout: Path, folder: Path) -> Recorded:
    """Run everything in the scope under coverage and keep which test executed which line.

    `checkout` is a clean work tree of `commit`. Raises StageFailed when nothing was recorded.
    """
    command = command_of(scope)
    assert command is not None, "the caller looked"
    files.make_folder(folder)
    log = folder / f"{scope.name}.recording"
    data, turns = Path(f"{log}.coverage"), Path(f"{log}.turns")
    for stale in folder.glob(f"{log.name}*"):
        files.remove_quickly(stale)
    words = {"map": str(data), "config": f"{log}.coveragerc", "python": interpreter.of(scope)}
    words["report"] = f"{log}.report"
    argv: list[str] = []
    for word in command:
        argv += scope.all if word == "{tests}" else [process.fill(word, words)]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **scope.env}
    ours = coverage_py.settings(checkout / scope.cwd, log, env, (), monitors=False, turns=turns)
    env |= {"COVERAGE_FILE": str(data), **({} if scope.map else ours)}
    done = process.run(
        argv, cwd=checkout / scope.cwd, env=env, timeout=scope.timeout * MAP_TIMES, log=log
    )
    if not data.exists():
        raise StageFailed(
            f"the map of `{scope.name}` was not recorded: its command {ending(done.code)} and "
            "left no coverage data",
            span=scope.span,
            help="coverage.py has to be installed where the tests run: pip install coverage",
            detail=_end(done),
        )
    recording = _read(scope, repository, commit, checkout, data, turns)
    if not recording.tests:
        raise StageFailed(
            f"the map of `{scope.name}` is empty: no test was recorded with its lines",
            span=scope.span,
            help="the command has to write coverage contexts, as --cov-context=test does",
            detail=_end(done),
        )
    path = _keep(scope, repository, folder, recording)
    failed = "" if done.code == 0 else f"the run {ending(done.code)}"
    return Recorded(
        path=path, tests=len(recording.tests), files=len(recording.files), failed=failed
    )


def keep(
    scope: Scope,
    repository: Git,
    commit: str,
    checkout: Path,
    folder: Path,
    *,
    data: Path,
    turns: Path,
    kept: CoverageMap | None,
) -> None:
    """Keep what a verdict's run of a commit recorded; where it ran a part, `kept` carried on.

    Nothing is kept of a run in which some chosen test had no turn.
    """
    if not turns.exists() or not coverage_py.parts(data):
        return
    recording = _read(scope, repository, commit, checkout, data, turns)
    if kept is not None:
        try:
            recording = carry(
                kept,
                recording,
                repository.blobs_at(commit),
                lambda old, new: Shift(repository.hunks(old, new)),
                lambda path: _text(checkout / path),
            )
        except MapUnreadable:
            return
    if recording.tests:
        _keep(scope, repository, folder, recording)


def _read(
    scope: Scope, repository: Git, commit: str, checkout: Path, data: Path, turns: Path
) -> Recording:
    """What a run recorded, by its data and what the probe said."""
    found = coverage_py.parts(data)
    said = json.loads(turns.read_text(encoding="utf-8")) if turns.exists() else {"cut_short": ()}
    return read_coverage(
        found,
        checkout,
        commit,
        repository.blobs_at(commit),
        lambda path: _text(checkout / path),
        cwd=scope.cwd,
        cut_short=said["cut_short"],
    )


def _keep(scope: Scope, repository: Git, folder: Path, recording: Recording) -> Path:
    files.make_folder(folder)
    path = path_of(folder, scope, repository.tree_of(recording.commit))
    files.write_durable(path, recording.to_bytes(scope=scope.name))
    prune(folder, scope)
    return path


def path_of(folder: Path, scope: Scope, tree: str) -> Path:
    """Where the map of a scope at a tree lies. Another command makes another map."""
    shape = [command_of(scope), scope.cwd, sorted(scope.env.items()), scope.all]
    digest = files.digest_json(shape).removeprefix("sha256:")
    return folder / f"{scope.name}-{digest[:8]}-{tree[:20]}.zip"


def prune(folder: Path, scope: Scope) -> None:
    """Keep the newest maps of a scope."""
    start = path_of(folder, scope, "").name.removesuffix(".zip")[: -len("12345678-")]
    for path in _newest(folder, f"{start}????????-*.zip")[KEPT:]:
        files.remove_quickly(path)


def nearest(
    folder: Path, scope: Scope, repository: Git, base: str
) -> tuple[CoverageMap, str] | None:
    """The map of the base's tree, else the one whose Python files differ least, and a commit with
    its files; None without any.

    It may be of any commit that is still there, also of one that was never merged.
    """
    exact = path_of(folder, scope, repository.tree_of(base))
    start = exact.name.rpartition("-")[0]
    best: tuple[int, CoverageMap] | None = None
    for path in [exact] if exact.exists() else _newest(folder, f"{start}-*.zip"):
        try:
            kept = CoverageMap(path)
        except MapUnreadable:
            files.remove_quickly(path)
            continue
        if path == exact:
            return kept, base
        if repository.commit_of(kept.commit) is None:
            continue
        edits = repository.changed_files(kept.commit, base)
        far = sum(one.path.endswith(".py") for one in edits)
        if best is None or far < best[0]:
            best = far, kept
    return (best[1], best[1].commit) if best else None


def _newest(folder: Path, pattern: str) -> Sequence[Path]:
    return sorted(folder.glob(pattern), key=lambda path: -path.stat().st_mtime)


def _end(done: process.Completed) -> str:
    return "\n".join(part.strip() for part in (done.out, done.err) if part.strip())[-2000:]


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return None
