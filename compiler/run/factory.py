"""A plan with its ledger and its target repository: what every run works with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from factoryline.contracts.touches import protected_in
from factoryline.diagnostics import did_you_mean
from factoryline.errors import UserError
from factoryline.ledger.query import Record, recorded
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Plan
from factoryline.run import restore
from factoryline.system import files, git
from factoryline.system.git import Git, Signature
from factoryline.system.locks import locked


def ignored(home: Path) -> str:
    """The line by which git ignores the ledger, as `.gitignore:3: state/`; empty when it does not.

    A home that lies in no repository has no line.
    """
    return Git(home, theirs=True).ignoring("state/factory-artifacts/NAME/note.json")


class Factory:
    """The factory of one factory.yaml."""

    def __init__(self, plan: Plan, asked: int | None = None) -> None:
        """`asked` is when the plan was asked for, in ns: what was edited since is not in it."""
        self.plan = plan
        self.asked = time.time_ns() if asked is None else asked
        self.ledger = Ledger(plan.home / "state")

    @cached_property
    def repository(self) -> Git:
        """The target. A scaffolded one is made on first use."""
        target = self.plan.target
        if target.repo is not None:
            return git.open_repository(target.repo)
        place = self.ledger.work / "target"
        if not place.exists():
            self._scaffold(place)
        return git.open_repository(place)

    @cached_property
    def protected(self) -> tuple[str, ...]:
        """The factory's own paths in the target, which no artifact may change."""
        return protected_in(self.plan, self.repository.path)

    def need_artifact(self, name: str) -> str:
        """The name, or a UserError that knows the artifacts there are."""
        names = [artifact.name for artifact in self.plan.artifacts]
        if name not in names:
            raise UserError(f"there is no artifact named `{name}`", help=did_you_mean(name, names))
        return name

    @contextmanager
    def writing(self, purpose: str) -> Iterator[None]:
        """Hold the lock of the ledger for the time of a block. Raises Busy."""
        with locked(self.ledger.work / "lock", purpose) as lock:
            self.ledger.settle(lock)
            yield

    def branch(self, artifact: str) -> str:
        return self.plan.flow.branches.replace("{artifact}", artifact)

    def scratch(self, artifact: str, stage_id: str) -> Path:
        """Where a stage's brief, hand-off, reports and logs lie."""
        return self.ledger.work / "logs" / artifact / stage_id

    def tree_path(self, artifact: str) -> Path:
        return self.ledger.work / "trees" / artifact

    def record(self, artifact: str) -> Record:
        """What the ledger has of an artifact, fresh or not."""
        return recorded(self.plan, self.ledger, artifact)

    def _scaffold(self, place: Path) -> None:
        """Make the target from its folder, whole or not at all.

        The first commit has a fixed date, so that every clone of the factory gets the same one, and
        what the ledger knows to be merged is merged again.
        """
        source, base = self.plan.target.scaffold, self.plan.target.base
        assert source is not None, "a target without a repository is a scaffold"
        unfinished = place.with_name("target.new")
        files.remove_tree(unfinished)
        fresh = git.create(unfinished, branch=base)
        files.copy_tree(source, unfinished)
        author = Signature(name=git.IDENTITY[0], email=git.IDENTITY[1], date=_SCAFFOLD_DATE)
        commit = fresh.commit_tree(fresh.stage_all(), [], f"Scaffold {source.name}\n", author)
        fresh.point(base, restore.newest_merge(self.ledger, fresh) or commit)
        fresh.reset(base)
        unfinished.rename(place)


_SCAFFOLD_DATE = "2020-01-01T00:00:00+00:00"
