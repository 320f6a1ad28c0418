"""The choice of tests for one scope of an artifact: from git and a checkout to plan selections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from factoryline.plan.model import Scope, Selection
from factoryline.plan.model.paths import matcher
from factoryline.selection import scope as selecting
from factoryline.selection.change import Change, Drift, Edit
from factoryline.selection.choice import Choice, Why
from factoryline.selection.choose import choose
from factoryline.selection.coverage_map import CoverageMap, MapUnreadable
from factoryline.selection.paths import RELATED, sort_of
from factoryline.selection.tree import Tree
from factoryline.system.diffs import FileChange
from factoryline.system.git import Git
from factoryline.verification import maps

REASONS = 200
"""How many tests a verdict names with their reasons; the others are counted."""

MOST_BYTES = 2_000_000
"""Larger files are not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of a scope for a change, and the choice that led to it.

    map: the one that the choice was made with. wanting: whether one is missing that knows the
    base. aside: the changed files that the scope is not about.
    """

    name: str
    selection: Selection
    choice: Choice
    map: CoverageMap | None = None
    wanting: bool = True
    aside: tuple[str, ...] = ()


def steps(
    selection: Selection, repository: Git, base: str, commit: str, checkout: Path, folder: Path
) -> tuple[Step, ...]:
    """The runs that prove a change, cheapest first; each one runs when the one before it passed.

    `inner` comes before `merge` where it is much smaller, so that most failures are found in
    seconds; `all` comes last where the artifact asks for it.
    """
    scope = selection.scope
    change = _Change.between(repository, base, commit, checkout).of(scope)
    if selection.select != "changed":
        found = [Step(name="named", selection=selection, choice=Choice(tests=()), wanting=False)]
    else:
        found = list(_chosen(selection, change, folder))
    if selection.before_merge == "all" and not found[-1].choice.widened:
        whole = Choice(tests=scope.all, widened="the artifact asks for it before the merge")
        last, every = found[-1], _with(selection, scope.all)
        found.append(
            Step(name="all", selection=every, choice=whole, map=last.map, wanting=last.wanting)
        )
    return tuple(replace(step, aside=change.aside) for step in found)


def aside(scope: Scope, repository: Git, base: str, commit: str) -> tuple[str, ...]:
    """The changed files that a scope is not about, as far as factory.yaml says it."""
    if not scope.about:
        return ()
    edits = edits_between(repository, base, commit)
    return tuple(edit.path for edit in edits if not _said(scope, edit))


def widened(selection: Selection, reason: str) -> Step:
    """Everything in the scope, for a reason that a run gave."""
    scope = selection.scope
    choice = Choice(tests=scope.all, widened=reason)
    return Step(name="merge", selection=_with(selection, scope.all), choice=choice)


def as_json(step: Step) -> dict[str, Any]:
    """A step as the verdict's check has it."""
    why = step.choice.why
    return {
        "step": step.name,
        "summary": step.choice.summary,
        "widened": step.choice.widened,
        "chosen": step.choice.chosen,
        "known": step.choice.known,
        "map": step.map.commit if step.map and step.name != "all" else "",
        "why": [{"test": w.test, "by": w.by, "why": w.why} for w in why[:REASONS]],
        "unnamed": len(why[REASONS:]),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """The base, the built commit, and what differs between them."""

    repository: Git
    base: str
    commit: str
    old: Tree
    new: Tree
    edits: tuple[Edit, ...]
    aside: tuple[str, ...] = ()

    @classmethod
    def between(cls, repository: Git, base: str, commit: str, checkout: Path) -> _Change:
        new = Tree(repository.blobs_at(commit), lambda path: _on_disk(checkout / path))
        return cls(
            repository=repository,
            base=base,
            commit=commit,
            old=_tree(repository, base, new),
            new=new,
            edits=edits_between(repository, base, commit),
        )

    def since(self, start: str) -> Change:
        """The change from another commit on, and how the base differs from that.

        A test that the change can break behaves otherwise at the base or at the change than it
        did at that commit: both are followed.
        """
        if start == self.base:
            return Change(old=self.old, new=self.new, edits=self.edits)
        own = {path for edit in self.edits for path in (edit.old, edit.new) if path}
        edits = edits_between(self.repository, start, self.commit)
        python = (e for e in edits_between(self.repository, start, self.base) if _is_python(e))
        return Change(
            old=_tree(self.repository, start, self.new),
            new=self.new,
            edits=tuple(edit for edit in edits if {edit.old, edit.new} & own),
            drift=Drift(base=self.old, edits=tuple(python)),
        )

    def of(self, scope: Scope) -> _Change:
        """What of the change a scope is about; where nothing is, the choice sees all of it."""
        about = tuple(edit for edit in self.edits if self._concerns(scope, edit))
        left = tuple(edit.path for edit in self.edits if edit not in about)
        return replace(self, edits=about or self.edits, aside=left)

    def _concerns(self, scope: Scope, edit: Edit) -> bool:
        """Whether a scope is about a file: as it is said, or by the runner's own language.

        A program in another language matters where a file of the runner's own names it, its folder
        or its ending. What is compiled into a package is not told apart, so it always matters.
        """
        if scope.about:
            return _said(scope, edit)
        if any(rule.holds(edit.path) for rule in scope.rules):
            return True
        text = self.new.text(edit.path) or self.old.text(edit.path)
        if sort_of(edit.path, text) != ("python" if scope.related else "related"):
            return True
        pure = PurePosixPath(edit.path)
        folder = pure.parent.as_posix() if len(pure.parts) > 2 else f"{pure.parent.as_posix()}/"
        words = (pure.name, folder, f"*{pure.suffix}")
        return any(
            any(word in tree.text(path) for word in words)
            for tree in (self.old, self.new)
            for path in (scope_files(tree) if scope.related else tree.python)
        )


def edits_between(git: Git, old: str, new: str) -> tuple[Edit, ...]:
    """What differs between two commits or trees; renames are followed."""
    return tuple(_edit(git, one) for one in git.changed_files(old, new))


def _edit(git: Git, one: FileChange) -> Edit:
    python = one.path.endswith(".py") or (one.old_path or "").endswith(".py")
    both = one.status in "MR" and one.old_blob != one.new_blob
    return Edit(
        old=None if one.status in "AC" else one.old_path or one.path,
        new=None if one.status == "D" else one.path,
        hunks=git.hunks(one.old_blob, one.new_blob) if python and both else (),
        old_blob=one.old_blob,
    )


def _is_python(edit: Edit) -> bool:
    return edit.path.endswith(".py")


def _tree(repository: Git, commit: str, like: Tree) -> Tree:
    return Tree(repository.blobs_at(commit), lambda path: _at(repository, commit, path), like)


def scope_files(tree: Tree) -> Iterator[str]:
    """The files of a tree that runners of JavaScript read."""
    return (path for path in tree.blobs if PurePosixPath(path).suffix in RELATED)


def _said(scope: Scope, edit: Edit) -> bool:
    """Whether a file is one that factory.yaml says the scope is about, or one of its tests."""
    own = (_join(scope.cwd, path).rstrip("/") for path in scope.all)
    if any(edit.path == path or edit.path.startswith(f"{path}/") for path in own):
        return True
    return bool(matcher(scope.about).match_file(edit.path))


def _chosen(selection: Selection, change: _Change, folder: Path) -> Iterable[Step]:
    scope = selection.scope
    if scope.related:
        yield _related(selection, change)
        return
    found = maps.nearest(folder, scope, change.repository, change.base)
    kept, start = found or (None, change.base)
    since = change.since(start)
    try:
        whole = choose(since, _scope(selection, kept))
    except MapUnreadable:
        kept, since = None, change.since(change.base)
        whole = choose(since, _scope(selection, None))
    wanting = kept is None or bool(kept.cut_short or (since.drift and since.drift.edits))

    def step(name: str, choice: Choice) -> Step:
        tests = [_below(scope.cwd, test) for test in choice.tests]
        chosen = _with(selection, tests)
        return Step(name=name, selection=chosen, choice=choice, map=kept, wanting=wanting)

    if kept is None and selection.effort == "merge" and maps.records(scope) and _is_much(whole):
        reason = f"{whole.chosen} of {whole.known} tests by imports, and there is no map yet"
        whole = replace(whole, tests=scope.all, why=(), widened=reason)
        yield Step(name=selection.effort, selection=_with(selection, scope.all), choice=whole)
        return
    if whole.first:
        yield step("inner", whole.first)
    yield step(selection.effort, whole)


MUCH = 0.5
"""From this share on, a choice without a map is everything: the run leaves one for those to come.
"""


def _is_much(choice: Choice) -> bool:
    return not choice.widened and choice.chosen >= MUCH * (choice.known or 0) > 0


def _scope(selection: Selection, kept: CoverageMap | None) -> selecting.Scope:
    scope = selection.scope
    in_words = "{tests}" in scope.run
    return selecting.Scope(
        tests=[_join(scope.cwd, path) for path in scope.all],
        map=kept,
        rules=scope.rules,
        effort=selection.effort,
        most=selecting.MOST_CHARACTERS if in_words else selecting.MOST_IN_ONE,
    )


def _related(selection: Selection, change: _Change) -> Step:
    """The runner's own choice, for a change that it can see; everything otherwise."""
    scope = selection.scope
    changed = []
    for edit in change.edits:
        rules = [rule for rule in scope.rules if rule.holds(edit.path)]
        if rules:
            changed += [test for rule in rules for test in rule.tests_for(edit.path)]
            continue
        sort = sort_of(edit.path, change.new.text(edit.path))
        if sort == "prose":
            continue
        if edit.new is None:
            return widened(selection, f"{edit.path} is gone")
        if sort != "related":
            kind = "Python" if sort == "python" else sort
            return widened(selection, f"{edit.path} is {kind}, which the runner cannot relate")
        changed.append(_below(scope.cwd, edit.path))
    if not changed:
        return widened(selection, "no test reaches the change")
    why = tuple(
        Why(test=path, by="the runner", why="its related tests are run")
        for path in dict.fromkeys(changed)
    )
    choice = Choice(tests=tuple(dict.fromkeys(changed)), why=why)
    command = tuple(word.replace("{changed}", "{tests}") for word in scope.related)
    related = replace(selection, scope=replace(scope, run=command))
    return Step(name=selection.effort, selection=_with(related, choice.tests), choice=choice)


def _with(selection: Selection, tests: Sequence[str]) -> Selection:
    return replace(selection, tests=tuple(tests))


def _join(cwd: str, path: str) -> str:
    start = "" if cwd in (".", "") else cwd.rstrip("/") + "/"
    return start + path.removeprefix("./") if path != "." else start.rstrip("/") or "."


def _below(cwd: str, path: str) -> str:
    start = "" if cwd in (".", "") else cwd.rstrip("/") + "/"
    return (path.removeprefix(start) or ".") if path + "/" != start else "."


def _at(repository: Git, commit: str, path: str) -> str | None:
    done = repository.run("cat-file", "blob", f"{commit}:{path}")
    return done.out if done.code == 0 and len(done.stdout) <= MOST_BYTES else None


def _on_disk(path: Path) -> str | None:
    """A file's text; None for links, binary and very large ones."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
        return None
    data = path.read_bytes()
    return None if b"\0" in data else data.decode(errors="replace")
