"""What each strategy would run for a commit. Every one gets the same change and gives test ids.

Ids are functions without parameters. `changed` is in every row from the name match on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from factoryline.selection import conventions, imports, recording
from factoryline.selection.change import Change, Edit
from factoryline.selection.choose import choose
from factoryline.selection.coverage_map import CoverageMap
from factoryline.selection.scope import Scope
from factoryline.selection.tests import function_of
from factoryline.selection.tree import Tree
from factoryline.system.git import Git
from factoryline.verification.steps import edits_between


@dataclass(kw_only=True)
class Case:
    """One commit as a strategy sees it; `sources_only` hides that its tests changed.

    known: all test functions of the tree under test. widened: whether the last choice was all.
    """

    repository: Path
    observed: Mapping[str, Any]
    place: Path
    sources_only: bool = False
    widened: bool = False

    @cached_property
    def git(self) -> Git:
        return Git(self.repository)

    @cached_property
    def known(self) -> tuple[str, ...]:
        outcomes = self.observed["source_alone" if self.sources_only else "change"]
        outcomes = outcomes or self.observed["change"]
        return tuple(dict.fromkeys(function_of(test) for test in outcomes if "::" in test))

    @cached_property
    def edits(self) -> tuple[Edit, ...]:
        edits = edits_between(self.git, self.observed["parent"], self.observed["commit"])
        if not self.sources_only:
            return edits
        return tuple(edit for edit in edits if edit.path in set(self.observed["source"]))

    @cached_property
    def old(self) -> Tree:
        return self._tree(self.observed["parent"], self.new)

    @cached_property
    def new(self) -> Tree:
        if not self.sources_only:
            return self._tree(self.observed["commit"])
        source = set(self.observed["source"])
        commit, parent = self.observed["commit"], self.observed["parent"]
        blobs = {p: b for p, b in self.git.blobs_at(parent).items() if p not in source}
        blobs |= {p: b for p, b in self.git.blobs_at(commit).items() if p in source}
        return Tree(blobs, lambda p: _text(self.git, commit if p in source else parent, p))

    def _tree(self, commit: str, like: Tree | None = None) -> Tree:
        return Tree(self.git.blobs_at(commit), lambda path: _text(self.git, commit, path), like)

    @cached_property
    def map(self) -> CoverageMap | None:
        kept = self.place / "map.zip"
        if not kept.exists() and (self.place / "map.coverage").exists():
            parent = self.observed["parent"]
            blobs = self.git.blobs_at(parent)
            found = recording.read_coverage(
                [self.place / "map.coverage"],
                self.place.parent / "clone",
                parent,
                blobs,
                lambda path: _text(self.git, parent, path),
            )
            kept.write_bytes(found.to_bytes())
        return CoverageMap(kept) if kept.exists() else None

    def of_files(self, files: Iterable[str]) -> set[str]:
        wanted = set(files)
        return {test for test in self.known if test.partition("::")[0] in wanted}

    @cached_property
    def changed_files(self) -> set[str]:
        return self.of_files(edit.path for edit in self.edits if conventions.is_test(edit.path))


def _text(git: Git, commit: str, path: str) -> str | None:
    done = git.run("show", f"{commit}:{path}")
    return done.out if done.code == 0 and b"\0" not in done.stdout else None


def whole(case: Case) -> set[str]:
    return set(case.known)


def random_tenth(case: Case) -> set[str]:
    chance = random.Random(case.observed["commit"])
    return set(chance.sample(case.known, -(-len(case.known) // 10)))


def changed(case: Case) -> set[str]:
    return case.changed_files


def names(case: Case) -> set[str]:
    texts = {path: case.new.text(path) for path in case.new.tests}
    paths = [edit.path for edit in case.edits if edit.path.endswith(".py")]
    found = conventions.reaching(paths, texts, limit=len(texts))
    return case.changed_files | case.of_files(path for path, _ in found)


def direct(case: Case) -> set[str]:
    """Test files that import a changed module, re-exports resolved."""
    return case.changed_files | case.of_files(_importers(case, hops=1))


def transitive(case: Case) -> set[str]:
    return case.changed_files | case.of_files(_importers(case, hops=99))


def _importers(case: Case, *, hops: int) -> set[str]:
    """Test files that import changed modules, over `hops` steps; re-exports are no step."""
    reached = {edit.path for edit in case.edits if edit.path.endswith(".py")}
    edges: dict[str, set[str]] = {}
    for path in case.new.python:
        found = set()
        for targets in case.new.imports_of(path).values():
            for place, name in targets:
                found.add(place)
                if name:
                    found |= imports.origin(case.new, place, name)
        edges[path] = found
    for _ in range(hops):
        more = {path for path, targets in edges.items() if targets & reached} - reached
        if not more:
            break
        reached |= more
    return {path for path in reached if conventions.is_test(path)}


def testmon(case: Case) -> set[str] | None:
    chosen = case.observed.get("testmon")
    if chosen is None or case.sources_only:
        return None
    return {function_of(test) for test in chosen}


def ours(effort: str, *, mapped: bool) -> Callable[[Case], set[str]]:
    def select(case: Case) -> set[str]:
        change = Change(old=case.old, new=case.new, edits=case.edits)
        scope = Scope(tests=("tests",), map=case.map if mapped else None, effort=effort)
        chosen = choose(change, scope)
        case.widened = bool(chosen.widened)
        return expand(case, chosen.tests)

    return select


def expand(case: Case, tests: Iterable[str]) -> set[str]:
    """Arguments of pytest as the test functions that they run."""
    found: set[str] = set()
    for argument in tests:
        if argument == "tests":
            return set(case.known)
        start = (argument, argument + "::", argument.rstrip("/") + "/")
        found |= {t for t in case.known if t == argument or t.startswith(start[1:])}
    return found


STRATEGIES: dict[str, Callable[[Case], set[str] | None]] = {
    "whole suite": whole,
    "random 10 %": random_tenth,
    "changed files": changed,
    "name match": names,
    "direct importers": direct,
    "transitive closure": transitive,
    "pytest-testmon": testmon,
    "inner, no map": ours("inner", mapped=False),
    "merge, no map": ours("merge", mapped=False),
    "inner": ours("inner", mapped=True),
    "merge": ours("merge", mapped=True),
}
