"""What a program did beyond its work: seen, undone, told.

`Watch.begin` looks before a cell's program runs and `end` after it. What only git goes by (its
settings, hooks, references, the ledger) is put back exactly, and what stood there instead is kept
beside the logs. Files of other checkouts are told and left: a person may work there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from factoryline.cells import program
from factoryline.cells.base import Job, Result, Waiting
from factoryline.contracts.base import Effect
from factoryline.diagnostics import StageFailed, listing
from factoryline.run import shapes, workspace
from factoryline.run.factory import Factory
from factoryline.system import files, git, internals, snapshot
from factoryline.system.internals import Checkout, References
from factoryline.system.snapshot import Saved

LISTED = 5
"""How many names a sentence holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How things were before a program ran."""

    factory: Factory
    job: Job
    common: Path
    own: Path
    link: dict[str, Saved]
    settings: dict[str, Saved]
    strangers: frozenset[str]
    references: References
    index: bytes
    checkouts: Mapping[Path, Checkout]
    records: dict[str, Saved]

    @classmethod
    def begin(cls, factory: Factory, job: Job) -> Watch:
        common, own = internals.common_folder(job.tree.path)
        return cls(
            factory=factory,
            job=job,
            common=common,
            own=own,
            link=snapshot.take(job.tree.path, [".git"]),
            settings=internals.settings(common, own),
            strangers=internals.strangers(common),
            references=internals.references(job.repository),
            index=(own / "index").read_bytes(),
            checkouts=_checkouts(factory, common, own),
            records=_records(factory, job),
        )

    def end(self) -> tuple[Effect, ...]:
        """Undo what can be undone, and tell all of it. Git is asked after its settings are back."""
        found = [
            *self._processes(),
            *self._link(),
            *self._settings(),
            *self._strangers(),
            *self._records(),
        ]
        elsewhere = tuple(self._elsewhere())
        found += [*self._index(), *shapes.unnest(self.job.tree, self.aside / "nested")]
        found += [*self._references(), *elsewhere]
        workspace.edits(self.job.tree, self.job.start)
        return (*found, *shapes.odd(self.job.tree, self.job.start))

    @property
    def aside(self) -> Path:
        """Where what was undone is kept until the stage's next attempt."""
        return self.job.scratch / "undone"

    def _processes(self) -> Iterator[Effect]:
        if program.leftover(self.job).exists():
            yield Effect(what="left processes running, which were ended", breach=False)

    def _link(self) -> Iterator[Effect]:
        tree = self.job.tree.path
        if self.link != snapshot.take(tree, [".git"]):
            snapshot.put_back(tree, self.link, [".git"], aside=self.aside)
            yield self._undone("replaced .git, which makes its folder a work tree")
        for name in os.listdir(self.own):
            if name.endswith(".lock"):
                files.remove_quickly(self.own / name)

    def _settings(self) -> Iterator[Effect]:
        now = internals.settings(self.common, self.own)
        changed = tuple(
            name for name in snapshot.differences(self.settings, now) if not self._of_the_line(name)
        )
        if not changed:
            return
        snapshot.put_back(self.common, self.settings, changed, aside=self.aside)
        told = [name for name in changed if name != internals.STASHES]
        if told:
            yield self._undone(f"changed {_named('.git/', told)}")

    def _of_the_line(self, name: str) -> bool:
        """Whether a file belongs to a work tree that the line itself makes and removes."""
        first, _, rest = name.partition("/")
        if first != "worktrees" or rest.startswith(f"{self.own.name}/"):
            return False
        # Which one that is, its own file says; a removed one is nobody's any more.
        link = self.common / first / rest.partition("/")[0] / "gitdir"
        was = self.settings.get(f"{first}/{rest.partition('/')[0]}/gitdir")
        text = link.read_text().strip() if link.is_file() else os.fsdecode(was.data if was else b"")
        return Path(text).is_relative_to(self.factory.ledger.work)

    def _strangers(self) -> Iterator[Effect]:
        new = sorted(internals.strangers(self.common) - self.strangers)
        snapshot.put_back(self.common, {}, new, aside=self.aside)
        if new:
            told = listing((f".git/{name}" for name in new), limit=LISTED)
            # Programs keep notes of their own there, and git does not read them.
            yield Effect(what=f"left {told}, which was moved to {self.aside}", breach=False)

    def _records(self) -> Iterator[Effect]:
        state = self.factory.ledger.state
        changed = snapshot.differences(self.records, _records(self.factory, self.job))
        snapshot.put_back(state, self.records, changed, aside=self.aside)
        if changed:
            yield self._undone(f"changed the ledger: {_named('state/', changed)}")

    def _index(self) -> Iterator[Effect]:
        hidden = internals.hidden(self.job.tree.path)
        if hidden:
            files.put(self.own / "index", self.index, 0o644)
            yield self._undone(f"told git to overlook its edits of {_named('', hidden)}")

    def _references(self) -> Iterator[Effect]:
        job, before = self.job, self.references
        now = internals.references(job.repository)
        names = tuple(n for n in sorted({*before, *now}) if before.get(n) != now.get(n))
        names = tuple(n for n in names if not self._moves_by_itself(n, now.get(n)))
        told = [f"{_verb(before, now, name)} {_reference(name)}" for name in names]
        for name in names:
            # Nothing that somebody committed is lost: it can be found and moved to its place.
            tip = now.get(name, "")
            if tip and not tip.startswith("ref: ") and tip not in before.values():
                job.repository.keep(f"kept/{job.artifact.name}/{tip[:16]}", tip)
        internals.restore_references(job.repository, self.common, before, names)
        if "refs/stash" in names:  # which has added to the list
            snapshot.put_back(self.common, self.settings, [internals.STASHES], aside=self.aside)
        if names:
            yield Effect(
                what=f"{listing(told, limit=LISTED)}; it was put back",
                help="the line commits what is in the work tree; what was committed elsewhere is "
                f"under refs/factory/kept/{job.artifact.name}/",
            )

    def _moves_by_itself(self, name: str, value: str | None) -> bool:
        """Whether a reference may move while the program runs: its own, the line's, a person's."""
        if name == f"refs/heads/{self.factory.branch(self.job.artifact.name)}":
            return True
        if name.startswith("refs/heads/"):
            return self._made_elsewhere(name, value)
        return self._parallel and name.startswith("refs/factory/")

    @property
    def _branches(self) -> set[str]:
        names = (artifact.name for artifact in self.factory.plan.artifacts)
        return {f"refs/heads/{self.factory.branch(name)}" for name in names}

    @property
    def _parallel(self) -> bool:
        return self.factory.plan.flow.wip > 1

    def _made_elsewhere(self, name: str, value: str | None) -> bool:
        """Whether a branch was moved from within a checkout of it, and not by our program's git."""
        if self._parallel and name in self._branches:
            return True
        for place, folder in internals.checkouts(self.common, self.own).items():
            head = internals.look_at_head(folder)
            if head.checked_out == name and head.last == value and place != self.job.tree.path:
                return head.by != program.signature(self.job)[1]
        return False

    def _elsewhere(self) -> Iterator[Effect]:
        later = _checkouts(self.factory, self.common, self.own)
        for place in sorted({*self.checkouts, *later}):
            was, now = self.checkouts.get(place), later.get(place)
            if self._parallel and now and internals.last_author(now.log) == git.IDENTITY[1]:
                continue  # the line merged there
            if was is None or now is None:
                yield self._seen(f"the checkout {place} {'is new' if now else 'is gone'}")
                continue
            changed = was.differences(now)
            if changed:
                yield self._seen(f"{_named('', changed)} changed in the checkout {place}")
            elif was.index != now.index and internals.hidden(place):
                yield self._seen(f"the index of the checkout {place} changed")

    def _seen(self, what: str) -> Effect:
        return Effect(
            what=f"works in its own work tree, but while it ran {what}",
            help="it was left as it is, since it may be a person's: look at it with `git status`; "
            "where that was you, run the stage again",
        )

    def _undone(self, what: str) -> Effect:
        return Effect(
            what=f"{what}; it was put back",
            help=f"a program works on the files of its work tree; what it wrote is in {self.aside}",
        )


def watched(
    factory: Factory, job: Job, work: Callable[[Job], Result | Waiting]
) -> tuple[Result | Waiting, tuple[Effect, ...]]:
    """Let a cell work; what its program did beyond that is undone, however it ended."""
    files.remove_tree(job.scratch / "undone")
    files.remove_quickly(program.leftover(job))
    watch = Watch.begin(factory, job)
    found: tuple[Effect, ...] = ()
    try:
        try:
            result = work(job)
        finally:
            found = watch.end()
    except StageFailed as failure:
        told = [f"`{job.cell.name}` {effect.what}" for effect in found]
        failure.detail = "\n".join(filter(None, (*told, failure.detail)))
        _note(factory, job, found)
        raise
    # What breaks the contract is told with the rejection.
    _note(factory, job, [effect for effect in found if not effect.breach])
    return result, found


def _note(factory: Factory, job: Job, found: Iterable[Effect]) -> None:
    reasons = [f"`{job.cell.name}` {effect.what}" for effect in found]
    if reasons:
        factory.ledger.history(job.artifact.name).append("noticed", job.stage.id, reasons=reasons)


def _checkouts(factory: Factory, common: Path, own: Path) -> dict[Path, Checkout]:
    """The checkouts of people; the line puts its own ones right before each use."""
    return {
        place: internals.look(place, folder, _state_in(factory, place))
        for place, folder in internals.checkouts(common, own).items()
        if not place.is_relative_to(factory.ledger.work)
    }


def _state_in(factory: Factory, place: Path) -> tuple[str, ...]:
    state = factory.ledger.state
    return (state.relative_to(place).as_posix(),) if state.is_relative_to(place) else ()


def _records(factory: Factory, job: Job) -> dict[str, Saved]:
    """What the ledger has, and the rules it has learned; of one artifact where others may move."""
    ledger, name = factory.ledger, job.artifact.name
    own = (ledger.artifacts / name, ledger.artifacts / f"{name}.json")
    parts = own if factory.plan.flow.wip > 1 else (ledger.artifacts, ledger.priors)
    return snapshot.take(ledger.state, [os.path.relpath(p, ledger.state) for p in parts])


def _named(before: str, names: Iterable[str]) -> str:
    return listing((before + name for name in names), limit=LISTED)


def _verb(before: References, now: References, name: str) -> str:
    if name not in before:
        return "made"
    return "moved" if name in now else "removed"


def _reference(name: str) -> str:
    for beginning, kind in (("refs/heads/", "the branch"), ("refs/tags/", "the tag")):
        if name.startswith(beginning):
            return f"{kind} {name.removeprefix(beginning)}"
    return "the stash" if name == "refs/stash" else name
