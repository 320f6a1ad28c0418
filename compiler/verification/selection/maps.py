"""The kept context maps of a factory: recording one, finding the one to use, removing old ones.

They lie under `state/.work/maps/`, one file a scope and tree. Losing them costs precision and
nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from factoryline.diagnostics import StageFailed
from factoryline.errors import ending
from factoryline.plan.model import Scope
from factoryline.system import files, process
from factoryline.system.git import Git
from factoryline.verification.selection.change import Edit, Shift
from factoryline.verification.selection.contextmap import ContextMap, MapUnreadable
from factoryline.verification.selection.record import read_coverage

KEPT = 3
"""Maps kept for each scope, the newest ones."""

MAP_TIMES = 6.0
"""Recording may take this many times a run's time limit: it runs everything, and slower."""

COVERAGE = """[run]
# From Python 3.14 on the default core keeps only the first test of each line.
core = ctrace
relative_files = true
disable_warnings = no-ctracer
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A map that was just made. `failed` is set where the recorded run did not end well."""

    path: Path
    tests: int
    files: int
    failed: str


def command_of(scope: Scope) -> tuple[str, ...] | None:
    """What records a scope's map: its `map`, or its pytest command with coverage; else None."""
    if scope.map:
        return scope.map
    words = [PurePosixPath(word).name for word in scope.run]
    if not any(word in ("pytest", "py.test") for word in words) or "{tests}" not in scope.run:
        return None
    plain = [word for word in scope.run if "{report}" not in word and word != "--junitxml"]
    return (*plain, "--cov=.", "--cov-config={config}", "--cov-context=test", "--cov-report=")


def record(scope: Scope, repository: Git, commit: str, checkout: Path, folder: Path) -> Recorded:
    """Run everything in the scope under coverage and keep which test executed which line.

    `checkout` is a clean work tree of `commit`. Raises StageFailed when nothing was recorded.
    """
    command = command_of(scope)
    assert command is not None, "the caller looked"
    files.make_folder(folder)
    log = folder / f"{scope.name}.recording"
    data, config = Path(f"{log}.coverage"), Path(f"{log}.coveragerc")
    for stale in folder.glob(f"{data.name}*"):
        files.remove_quickly(stale)
    files.write_text(config, COVERAGE)
    words = {"map": str(data), "config": str(config), "python": process.python()}
    argv: list[str] = []
    for word in command:
        argv += scope.all if word == "{tests}" else [process.fill(word, words)]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **scope.env, "COVERAGE_FILE": str(data)}
    done = process.run(
        argv, cwd=checkout / scope.cwd, env=env, timeout=scope.timeout * MAP_TIMES, log=log
    )
    blobs = repository.blobs_at(commit)
    if not data.exists():
        raise StageFailed(
            f"the map of `{scope.name}` was not recorded: its command {ending(done.code)} and "
            "left no coverage data",
            span=scope.span,
            help="pytest-cov has to be installed where the tests run",
            detail=_end(done),
        )
    recording = read_coverage(
        data, checkout, commit, blobs, lambda path: _text(checkout / path), cwd=scope.cwd
    )
    files.remove_quickly(data)
    if not recording.tests:
        raise StageFailed(
            f"the map of `{scope.name}` is empty: no test was recorded with its lines",
            span=scope.span,
            help="the command has to write coverage contexts, as --cov-context=test does",
            detail=_end(done),
        )
    path = path_of(folder, scope, repository.tree_of(commit))
    files.write_durable(path, recording.to_bytes(scope=scope.name))
    prune(folder, scope)
    failed = "" if done.code == 0 else f"the run {ending(done.code)}"
    return Recorded(
        path=path, tests=len(recording.tests), files=len(recording.files), failed=failed
    )


def path_of(folder: Path, scope: Scope, tree: str) -> Path:
    """Where the map of a scope at a tree lies. Another command makes another map."""
    shape = [command_of(scope), scope.cwd, sorted(scope.env.items()), scope.all]
    digest = files.digest_json(shape).removeprefix("sha256:")
    return folder / f"{scope.name}-{digest[:8]}-{tree[:20]}.zip"


def prune(folder: Path, scope: Scope) -> None:
    """Keep the newest maps of a scope."""
    start = path_of(folder, scope, "").name.removesuffix(".zip")[: -len("12345678-")]
    found = sorted(folder.glob(f"{start}????????-*.zip"), key=lambda path: -path.stat().st_mtime)
    for path in found[KEPT:]:
        files.remove_quickly(path)


def find(folder: Path, scope: Scope, repository: Git, base: str) -> ContextMap | None:
    """The map of the base's tree, else the newest one of an earlier commit; None without any."""
    exact = path_of(folder, scope, repository.tree_of(base))
    start = exact.name.rpartition("-")[0]
    others = sorted(folder.glob(f"{start}-*.zip"), key=lambda path: -path.stat().st_mtime)
    for path in [exact, *others] if exact.exists() else others:
        try:
            kept = ContextMap(path)
        except MapUnreadable:
            files.remove_quickly(path)
            continue
        if path == exact or repository.is_ancestor(kept.commit, base):
            return kept
    return None


def shifts(kept: ContextMap, repository: Git, edits: Sequence[Edit]) -> dict[str, Shift]:
    """For files that changed between the map and the base: their lines in terms of the map's.

    A file whose recorded text is no longer in the repository is left out; its lines are unknown.
    """
    found = {}
    for edit in edits:
        mapped = kept.file(edit.old) if edit.old else None
        if not edit.old or not mapped or mapped.blob == edit.old_blob:
            continue
        if repository.succeeds("cat-file", "-e", mapped.blob):
            found[edit.old] = Shift(repository.hunks(mapped.blob, edit.old_blob))
    return found


def _end(done: process.Completed) -> str:
    return "\n".join(part.strip() for part in (done.out, done.err) if part.strip())[-2000:]


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return None
