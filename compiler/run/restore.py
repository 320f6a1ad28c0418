"""Commits that a clone does not have, made again from the ledger: same content, same id.

The patch of each change and the recipe of each merge lie in the ledger, so a clone without the
artifact's branch can review, package and go on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from factoryline.errors import WorldError
from factoryline.ledger.entry import Entry
from factoryline.ledger.store import Ledger
from factoryline.system import files
from factoryline.system.git import Git, Signature


def ensure(ledger: Ledger, repository: Git, commit: str) -> None:
    """Make `commit` exist in `repository`. Raises WorldError when nothing tells how."""
    if repository.commit_of(commit) is None:
        _make(repository, ledger, _recipes(ledger), commit)


def newest_merge(ledger: Ledger, repository: Git) -> str | None:
    """The last commit that the ledger merged, made again in a fresh scaffold; None without one."""
    recipes = _recipes(ledger)
    merges = {c: e for c, e in recipes.items() if e.contract == "merge"}
    earlier = {entry.handoff["before"] for entry in merges.values()}
    newest = next((commit for commit in merges if commit not in earlier), None)
    if newest:
        _make(repository, ledger, recipes, newest)
    return newest


def _recipes(ledger: Ledger) -> dict[str, Entry]:
    """Every commit that the ledger knows how to make."""
    entries = [e for e in ledger.all_entries() if e.contract in ("change", "merge")]
    return {e.handoff["commit"]: e for e in entries if e.handoff["commit"]}


def _make(repository: Git, ledger: Ledger, recipes: Mapping[str, Entry], commit: str) -> None:
    """Make a commit and all that it rests on; years of merges may, hence no recursion."""
    waiting, begun = [commit], set[str]()
    while waiting:
        now = waiting[-1]
        if repository.commit_of(now):
            waiting.pop()
            continue
        entry = recipes.get(now)
        if entry is None:
            raise WorldError(
                f"the commit {now} is not in {repository.path}, and the ledger cannot make it",
                help="fetch it from where the artifact was worked on, or `factory rebase` the"
                " artifact",
            )
        missing = [one for one in _needs(recipes, entry) if not repository.commit_of(one)]
        if not missing:
            _make_one(repository, ledger, recipes, entry)
        elif now in begun:
            raise _changed_by_hand(f"the ledger's record of {now} rests on itself", entry)
        else:
            begun.add(now)
            waiting += missing


def _make_one(repository: Git, ledger: Ledger, recipes: Mapping[str, Entry], entry: Entry) -> None:
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


def _needs(recipes: Mapping[str, Entry], entry: Entry) -> list[str]:
    """The commits that one is made from."""
    if entry.contract == "change":
        return [entry.handoff["parent"]]
    return [*entry.handoff["recipe"]["parents"], _merged(recipes, entry)]


def _merged(recipes: Mapping[str, Entry], merge: Entry) -> str:
    """The commit that was merged: the artifact's last change."""
    changes = [
        e
        for e in recipes.values()
        if e.contract == "change" and e.stage.artifact == merge.stage.artifact
    ]
    last = max(changes, key=lambda e: e.stage.round or 0)
    return str(last.handoff["commit"])


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


def _merge(repository: Git, recipes: Mapping[str, Entry], entry: Entry) -> str:
    recipe = entry.handoff["recipe"]
    tree, _ = repository.merge_tree(entry.handoff["before"], _merged(recipes, entry))
    author = Signature(**recipe["author"])
    return repository.commit_tree(
        tree or recipe["tree"], recipe["parents"], recipe["message"], author
    )
