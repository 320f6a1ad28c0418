"""Commits that a clone does not have, made again from the ledger: same content, same id.

The patch of each change and the recipe of each merge lie in the ledger, so a clone without the
artifact's branch can review, package and go on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from factoryline.errors import WorldError
from factoryline.ledger.entry import Entry
from factoryline.ledger.store import Ledger
from factoryline.system import files
from factoryline.system.git import Git, Signature


@dataclass(frozen=True, slots=True)
class _Recipes:
    """Every commit that the ledger knows how to make, and each artifact's last change."""

    entries: Mapping[str, Entry]
    last: Mapping[str, str]

    @classmethod
    def of(cls, ledger: Ledger) -> _Recipes:
        made = [e for e in ledger.all_entries() if e.contract in ("change", "merge")]
        entries = {e.handoff["commit"]: e for e in made if e.handoff["commit"]}
        changes = [(c, e) for c, e in entries.items() if e.contract == "change"]
        changes.sort(key=lambda pair: pair[1].stage.round or 0)
        return cls(entries=entries, last={e.stage.artifact: c for c, e in changes})

    def needs(self, entry: Entry) -> list[str]:
        """The commits that one is made from."""
        if entry.contract == "change":
            return [entry.handoff["parent"]]
        return [*entry.handoff["recipe"]["parents"], self.last[entry.stage.artifact]]


def ensure(ledger: Ledger, repository: Git, commit: str) -> None:
    """Make `commit` exist in `repository`. Raises WorldError when nothing tells how."""
    if repository.commit_of(commit) is None:
        _make(repository, ledger, _Recipes.of(ledger), commit)


def newest_merge(ledger: Ledger, repository: Git) -> str | None:
    """The last commit that the ledger merged, made again in a fresh scaffold; None without one."""
    recipes = _Recipes.of(ledger)
    merges = {c: e for c, e in recipes.entries.items() if e.contract == "merge"}
    earlier = {entry.handoff["before"] for entry in merges.values()}
    newest = next((commit for commit in merges if commit not in earlier), None)
    if newest:
        _make(repository, ledger, recipes, newest)
    return newest


def _make(repository: Git, ledger: Ledger, recipes: _Recipes, commit: str) -> None:
    """Make a commit and all that it rests on; years of merges may, hence no recursion."""
    waiting, begun, there = [commit], set[str](), set[str]()

    def is_there(commit: str) -> bool:
        if commit not in there and repository.commit_of(commit):
            there.add(commit)
        return commit in there

    while waiting:
        now = waiting[-1]
        if is_there(now):
            waiting.pop()
            continue
        entry = recipes.entries.get(now)
        if entry is None:
            raise WorldError(
                f"the commit {now} is not in {repository.path}, and the ledger cannot make it",
                help="fetch it from where the artifact was worked on, or `factory rebase` the"
                " artifact",
            )
        missing = [one for one in recipes.needs(entry) if not is_there(one)]
        if not missing:
            _make_one(repository, ledger, recipes, entry)
        elif now in begun:
            raise _changed_by_hand(f"the ledger's record of {now} rests on itself", entry)
        else:
            begun.add(now)
            waiting += missing


def _make_one(repository: Git, ledger: Ledger, recipes: _Recipes, entry: Entry) -> None:
    commit = entry.handoff["commit"]
    if entry.contract == "change":
        made = _change(repository, ledger, entry)
    else:
        made = _merge(repository, recipes, entry)
    if made != commit:
        raise _changed_by_hand(f"the ledger's record of {commit} gives {made}", entry)


def _changed_by_hand(what: str, entry: Entry) -> WorldError:
    return WorldError(
        what,
        help=f"the files of {entry.stage.artifact} were changed by hand; restore them from git",
    )


def _change(repository: Git, ledger: Ledger, entry: Entry) -> str:
    change = entry.handoff
    patch = files.read(ledger.folder(entry.stage.artifact) / change["patch"])
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        repository.text("read-tree", change["parent"], env=index)
        repository.text("apply", "--cached", "--whitespace=nowarn", "-", stdin=patch, env=index)
        tree = repository.text("write-tree", env=index)
    author = Signature(**change["author"])
    made = repository.commit_tree(tree, [change["parent"]], change["message"], author)
    repository.keep(f"restored/{made[:16]}", made)
    return made


def _merge(repository: Git, recipes: _Recipes, entry: Entry) -> str:
    recipe = entry.handoff["recipe"]
    if "signed" in recipe:
        repository.merge_tree(entry.handoff["before"], recipes.last[entry.stage.artifact])
        return repository.write_commit(recipe["signed"])
    tree, _ = repository.merge_tree(entry.handoff["before"], recipes.last[entry.stage.artifact])
    author = Signature(**recipe["author"])
    return repository.commit_tree(
        tree or recipe["tree"], recipe["parents"], recipe["message"], author
    )
