"""The artifact's own work tree, on its own branch: where cells work, and what they changed."""

from __future__ import annotations

from pathlib import Path

from factoryline.contracts.base import Added
from factoryline.errors import CommandFailed, UserError, WorldError
from factoryline.run import restore
from factoryline.run.factory import Factory
from factoryline.system import internals
from factoryline.system.git import Git


def prepare(factory: Factory, artifact: str, start: str) -> Git:
    """The artifact's work tree at exactly `start`, on its branch, with nothing else in it."""
    repository, branch = factory.repository, factory.branch(artifact)
    path = factory.tree_path(artifact)
    restore.ensure(factory.ledger, repository, start)
    _keep_unknown(factory, artifact, branch, start)
    tree = Git(path)
    try:
        move(tree, branch, start)
    except (OSError, CommandFailed):
        # It is not there yet, or a kill left it in a state that git does not take.
        repository.remove_worktree(path)
        common = repository.text("rev-parse", "--path-format=absolute", "--git-common-dir")
        internals.drop_foreign(Path(common))
        _add(repository, tree, branch, start)
        move(tree, branch, start)
    return tree


def move(tree: Git, branch: str, commit: str) -> None:
    """Put a work tree and its branch on `commit`; edits and untracked files are gone."""
    # One that was copied along with the repository would move the branches of the original.
    if not internals.belongs(tree.path):
        raise FileNotFoundError(tree.path)
    tree.text("checkout", "--quiet", "--force", "-B", branch, commit)
    tree.reset(commit)


def edits(tree: Git, start: str) -> tuple[str, ...]:
    """The paths that differ from `start`, committed or not; ignored files are no edits."""
    tree.stage_all()
    names = tree.text("diff", "--cached", "--name-only", "--no-renames", "-z", start)
    return tuple(name for name in names.split("\0") if name)


def added(tree: Git, start: str) -> tuple[Added, ...]:
    """The text that the edits add to `start`, a run of lines each; call `edits` before."""
    options = ("--cached", "--unified=0", "--no-renames", "--no-color", "--no-ext-diff")
    diff = tree.text("-c", "core.quotePath=false", "diff", *options, start)
    found: list[Added] = []
    path, number, lines = "", 0, list[str]()
    for line in (*diff.split("\n"), "@@ +0 @@"):
        if line.startswith("+") and number:
            lines.append(line[1:])
            continue
        if lines:
            found.append(Added(path=path, line=number, text="\n".join(lines)))
            number, lines = 0, []
        if line.startswith("+++ "):
            path = line[4:].removeprefix("b/").rstrip("\t")
        if line.startswith("@@ "):
            number = int(line.split("+")[1].split(" ")[0].split(",")[0])
        elif line.startswith("diff --git "):
            number = 0
    return tuple(found)


def discard(factory: Factory, artifact: str) -> None:
    """Remove an artifact's work tree; its branch and its record stay."""
    path = factory.tree_path(artifact)
    if path.exists():
        factory.repository.remove_worktree(path)


def _add(repository: Git, tree: Git, branch: str, start: str) -> None:
    tree.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        repository.text("worktree", "add", "--quiet", "-B", branch, str(tree.path), start)
    except CommandFailed as failed:
        clash = repository.in_the_way(branch)
        if clash:
            raise UserError(
                f"the branch `{clash[0]}` is in the way of `{branch}`, the line's own: "
                "git keeps no branch beside one whose name goes on after a slash",
                help=f"rename it (`git branch -m {clash[0]} …`), or give the line's branches "
                "another name: flow: {branches: lines/{artifact}}",
            ) from failed
        elsewhere = repository.checkout_of(branch)
        if elsewhere is None:
            raise
        raise WorldError(
            f"the branch {branch} is checked out in {elsewhere}",
            help=f"switch that checkout to another branch; {branch} belongs to the line",
        ) from failed


def _keep_unknown(factory: Factory, artifact: str, branch: str, start: str) -> None:
    """Commits that somebody else put on the branch stay reachable before it is moved."""
    repository = factory.repository
    tip = repository.commit_of(f"refs/heads/{branch}")
    if tip is None:
        return
    entries = factory.record(artifact).all("change")
    made = [commit for e in entries if repository.commit_of(commit := e.handoff["commit"])]
    if not any(repository.is_ancestor(tip, commit) for commit in (start, *made)):
        repository.keep(f"kept/{artifact}/{tip[:16]}", tip)
