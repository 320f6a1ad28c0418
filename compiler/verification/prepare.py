"""What a scope needs before it can run, made once for its lock files and kept under state/.work/.

A preparation is made at its final place under a lock, and counts from the moment its mark is
written: a kill leaves something without a mark, which is made anew. Whoever uses one holds the lock
together with others, so that no rotation takes it away.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from factoryline.diagnostics import listing
from factoryline.errors import ending
from factoryline.plan.digest import shape
from factoryline.plan.model import Prepare, Scope
from factoryline.system import files, locks
from factoryline.system.git import Git
from factoryline.verification import environment
from factoryline.verification.site import Site, beside

KEPT = 8
"""How many preparations stay; the one that was not used for longest goes first."""


class Failed(Exception):
    """A preparation that did not end well. reason: a sentence; output: what its program printed."""

    def __init__(self, *, reason: str, output: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.output = output


def digest(scope: Scope, checkout: Path) -> str:
    """What a kept preparation is made from: commands, environment, lock files. Empty if none is."""
    prepare = scope.prepare
    if prepare is None or not prepare.locks:
        return ""
    folder = checkout / scope.cwd
    locks = {lock: _content(folder / lock) for lock in prepare.locks}
    parts = {
        "prepare": shape(prepare),
        "cwd": scope.cwd,
        "env": dict(scope.env),
        "declared": environment.declared(scope),
        "locks": locks,
    }
    return files.digest_json(parts)


def keeps(scope: Scope) -> tuple[str, ...]:
    """The folders that a preparation puts into a checkout."""
    return scope.prepare.keeps if scope.prepare else ()


@contextlib.contextmanager
def prepared(
    scope: Scope, checkout: Path, log: Path, repository: Git, commit: str, store: Path
) -> Iterator[None]:
    """Put into a checkout all that the scope needs, for the time of a block. Raises Failed.

    `store` is the folder of all preparations.
    """
    own = beside(checkout) / scope.name
    files.remove_tree(own)
    files.remove(own)
    prepare = scope.prepare
    if prepare is None:
        yield
    elif not prepare.locks:
        afresh(scope, checkout, log, commit)
        yield
        files.remove_tree(own)
    else:
        name = digest(scope, checkout).removeprefix("sha256:")[:24]
        place = _Place(store, name)
        with _whole(scope, prepare, log, repository, commit, place):
            for keep in prepare.keeps:
                files.copy_whole(place.keeps / keep, checkout / scope.cwd / keep)
            files.link(own, place.own)
            yield
            files.remove(own)


def afresh(scope: Scope, checkout: Path, log: Path, commit: str) -> None:
    """Run a scope's preparation in a checkout of `commit`, and keep nothing. Raises Failed."""
    prepare, own = scope.prepare, beside(checkout) / scope.name
    if prepare is None:
        return
    files.remove_tree(own)
    files.make_folder(own)
    _run(scope, prepare, Site(checkout=checkout, log=log, prepared=own))
    for keep in prepare.keeps:
        _made(checkout / scope.cwd, keep)
    if not prepare.locks:
        # With lock files it runs in a checkout that serves for nothing else.
        _unedited(checkout, commit)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one preparation lies: own/ is {prepared}, keeps/ what goes into checkouts."""

    store: Path
    name: str

    @property
    def own(self) -> Path:
        return self.store / self.name / "own"

    @property
    def keeps(self) -> Path:
        return self.store / self.name / "keeps"

    @property
    def mark(self) -> Path:
        return self.store / f"{self.name}.whole"

    @property
    def lock(self) -> Path:
        return self.store / f"{self.name}.lock"


@contextlib.contextmanager
def _whole(
    scope: Scope, prepare: Prepare, log: Path, repository: Git, commit: str, place: _Place
) -> Iterator[None]:
    """Hold a preparation that is whole, after making it where it is not."""
    while True:
        with locks.held(place.lock, shared=True):
            if place.mark.is_file():
                files.touch(place.mark)
                yield
                return
        with locks.held(place.lock):
            if not place.mark.is_file():
                _make(scope, prepare, log, repository, commit, place)
        _rotate(place.store)


def _make(
    scope: Scope, prepare: Prepare, log: Path, repository: Git, commit: str, place: _Place
) -> None:
    # A checkout that nobody else ever uses: what points into it fails loudly afterwards, instead of
    # finding the files of another commit.
    files.remove_tree(place.store / place.name)
    tree = place.store / f"{place.name}.making"
    checkout = repository.add_worktree(tree, commit).path
    try:
        files.make_folder(place.own)
        _run(scope, prepare, Site(checkout=checkout, log=log, prepared=place.own))
        for keep in prepare.keeps:
            files.move(_made(checkout / scope.cwd, keep), place.keeps / keep)
        files.write_text(place.mark, f"{scope.name}\n")
    finally:
        repository.remove_worktree(tree)
        if not place.mark.is_file():
            files.remove_tree(place.store / place.name)


def _run(scope: Scope, prepare: Prepare, site: Site) -> None:
    for number, argv in enumerate(prepare.run, start=1):
        log = Path(f"{site.log}.prepare-{number}")
        done = site.run(scope, argv, {}, log=log)
        if done.code != 0:
            output = "\n".join(part.strip() for part in (done.out, done.err) if part.strip())
            raise Failed(
                reason=f"its preparation `{shlex.join(argv)}` {ending(done.code)}", output=output
            )


def _made(folder: Path, keep: str) -> Path:
    made = folder / keep
    if not made.is_dir():
        raise Failed(reason=f"its preparation made no `{keep}`", output="")
    return made


def _unedited(checkout: Path, commit: str) -> None:
    """What is verified is the commit: a preparation may add to it, and edit nothing."""
    edited = [path for path, how in Git(checkout).leftovers(commit).items() if how == "edited"]
    if edited:
        raise Failed(reason=f"its preparation edited {listing(edited, limit=5)}", output="")


def _rotate(store: Path) -> None:
    """Remove what was not used for longest, and what a kill left half made."""
    marks = sorted(store.glob("*.whole"), key=_used, reverse=True)
    stay = {mark.stem for mark in marks[:KEPT]}
    for folder in store.iterdir():
        place = _Place(store, folder.name)
        if not folder.is_dir() or folder.suffix or folder.name in stay:
            continue
        with locks.held(place.lock, wait=False) as free:
            if free and folder.name not in stay:
                files.remove(place.mark)
                files.remove_tree(folder)


def _used(mark: Path) -> float:
    try:
        return mark.stat().st_mtime
    except OSError:
        return 0.0


def _content(path: Path) -> str | None:
    return files.digest_bytes(path.read_bytes()) if path.is_file() else None
