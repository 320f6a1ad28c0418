"""merge: an approved artifact comes into the base, so that the next one starts from it.

Killed in the middle, it finds its own commit again by a trailer and does not merge twice.
"""

from __future__ import annotations

from typing import Any

from factoryline.cells import hooks, hosted
from factoryline.cells.base import Job, Result
from factoryline.contracts.touches import protected_in, protects
from factoryline.diagnostics import Held, StageFailed, listing, plural
from factoryline.errors import CommandFailed
from factoryline.ledger.entry import Handoff
from factoryline.system.git import IDENTITY, Git, Signature, sign_now
from factoryline.typed import typed


def run(job: Job) -> Result:
    git, branch, method = job.repository, job.plan.target.base, job.plan.flow.merge
    packet = job.handoff("packet")
    tip = git.commit_of(f"refs/heads/{branch}")
    if tip is None:
        raise StageFailed(
            f"the target has no branch `{branch}` to merge into", span=job.plan.target.span
        )
    if job.plan.forge and packet.get("pull"):
        return _hosted(job, packet, tip)
    done = _already(git, packet, tip, method)
    if done:
        parents = git.text("show", "-s", "--format=%P", done).split()
        return _merged(job, before=parents[0], commit=done, summary="was merged before")
    tree, conflicts = git.merge_tree(tip, packet["commit"])
    if tree is None:
        return _conflict(job, tip, conflicts)
    author = _author(git, packet["commit"])
    parents = [tip] if method == "squash" else [tip, packet["commit"]]
    message = hooks.before(job, tip, tree, _message(job, packet))
    commit = _commit(job, tree, parents, message, author)
    _advance(job, branch, tip, commit)
    hooks.after(job)
    summary = f"merged as {commit[:10]} into {branch}"
    return _merged(job, before=tip, commit=commit, summary=summary)


def _hosted(job: Job, packet: Handoff, tip: str) -> Result:
    """The forge merges, and the base here follows."""
    git, branch = job.repository, job.plan.target.base
    there = hosted.base(job)
    _follow(job, branch, tip, there)
    commit = hosted.look(job, packet).pull.merged
    if not commit:
        tree, conflicts = git.merge_tree(there, packet["commit"])
        if tree is None:
            return _conflict(job, there, conflicts)
        commit = hosted.merge(job, packet, _message(job, packet))
        there = hosted.base(job)
    if not git.is_ancestor(commit, there):
        raise Held(
            f"{packet['pull']['address']} is merged as {commit[:10]}, which `{branch}` of "
            f"{job.plan.target.remote} does not have",
            span=job.plan.target.span,
            help=f"look where it was merged to; `{typed()}` looks again",
        )
    _follow(job, branch, git.commit_of(f"refs/heads/{branch}") or tip, there)
    before = git.text("show", "-s", "--format=%P", commit).split()[0]
    summary = f"merged as {commit[:10]} into {branch}, {packet['pull']['address']}"
    return _merged(job, before=before, commit=commit, summary=summary)


def _follow(job: Job, branch: str, tip: str, there: str) -> None:
    """Bring the base branch here to where it is on the remote. Raises Held where they part."""
    if job.repository.is_ancestor(there, tip):
        return
    if not job.repository.is_ancestor(tip, there):
        name = job.plan.target.remote
        raise Held(
            f"`{branch}` has commits here that {name} does not have, and {name} has others",
            span=job.plan.target.span,
            help=f"bring them together (`git pull --rebase {name} {branch}` there), then "
            f"`{typed()}`; the merge goes on from here",
        )
    _advance(job, branch, tip, there)


def _already(git: Git, packet: Handoff, tip: str, method: str) -> str | None:
    if not git.is_ancestor(packet["base"], tip):
        return None
    if method == "merge" and git.is_ancestor(packet["commit"], tip):
        path = git.text("rev-list", "--ancestry-path", "--reverse", f"{packet['commit']}..{tip}")
        return path.split("\n")[0] or None
    return git.find_commit(f"Factory-Change: {packet['commit']}", since=packet["base"], tip=tip)


def _advance(job: Job, branch: str, tip: str, commit: str) -> None:
    """Move the base branch; where it is checked out, the checkout moves along."""
    checkout = job.repository.checkout_of(branch)
    if checkout is None:
        job.repository.text("update-ref", f"refs/heads/{branch}", commit, tip)
        return
    git = Git(checkout, theirs=True)
    # What no artifact may change is never in the way of a merge, nor is a file that git does not
    # know and the merge does not bring.
    own = protected_in(job.plan, git.path)
    edited, brought = git.changes(untracked=False), git.listing(commit)
    found = [path for path in git.changes() if path in edited or path in brought]
    dirty = [path for path in found if not protects(own, path)]
    if dirty:
        raise Held(
            f"{job.artifact.name} is approved, but the checkout of `{branch}` in {checkout} has "
            f"{plural(len(dirty), 'uncommitted change')}: {listing(dirty, limit=5)}",
            span=job.plan.target.span,
            help=f"commit or stash them, then `{typed()}`; the merge goes on from here",
        )
    git.fast_forward(commit)


def _commit(job: Job, tree: str, parents: list[str], message: str, author: Signature) -> str:
    """The commit that lands; signed where `sign`, or else git's configuration, says so."""
    git, sign = job.repository, job.plan.flow.sign
    asked = git.configured("commit.gpgsign").lower() in ("true", "yes", "on", "1")
    if sign == "never" or (sign == "auto" and not asked):
        return git.commit_tree(tree, parents, message, author)
    # The committer is the line, which has no key: it is that of the person whose machine this is.
    named = git.configured("user.signingkey") or git.configured("gpg.format") == "ssh"
    key = "" if named else git.configured("user.email")
    try:
        return git.commit_tree(tree, parents, message, author, key=key)
    except CommandFailed as failed:
        raise Held(
            f"{job.artifact.name} is approved, but git could not sign the merge: "
            f"{failed.err.strip() or failed}",
            span=job.plan.flow.span,
            help=f"put git's signing right, then `{typed()}`; or say `flow: {{sign: never}}`",
        ) from failed


def _message(job: Job, packet: Handoff) -> str:
    artifact = job.artifact
    goal = [artifact.goal, ""] if artifact.goal != packet["title"] else []
    lines = [packet["title"], "", *goal]
    lines += [f"Source: {artifact.source}"] if artifact.source else []
    lines += [f"Factory-Artifact: {artifact.name}", f"Factory-Change: {packet['commit']}"]
    return "\n".join(lines) + "\n"


def _author(git: Git, commit: str) -> Signature:
    """The change's author, at this moment."""
    author = git.signature_of(commit)
    name, email = (author.name, author.email) if author.name else IDENTITY
    return sign_now(name, email)


def _merged(job: Job, *, before: str, commit: str, summary: str) -> Result:
    git = job.repository
    author = git.signature_of(commit)
    recipe: dict[str, Any] = {
        "tree": git.tree_of(commit),
        "parents": git.text("show", "-s", "--format=%P", commit).split(),
        "message": git.message_of(commit),
        "author": {"name": author.name, "email": author.email, "date": author.date},
    }
    content = git.content_of(commit)
    head = content.partition("\n\n")[0]
    # What the recipe does not tell: a signature, or that somebody else made it.
    if "\ngpgsig" in head or "\ncommitter {} <{}> ".format(*IDENTITY) not in head:
        recipe["signed"] = content
    return Result(
        outcome="merged",
        summary=summary,
        handoff=_handoff(job, "merged", before=before, commit=commit, recipe=recipe),
    )


def _conflict(job: Job, tip: str, conflicts: tuple[str, ...]) -> Result:
    return Result(
        outcome="conflict",
        summary=f"conflicts with {job.plan.target.base} in {listing(conflicts, limit=3)}",
        handoff=_handoff(job, "conflict", before=tip, conflicts=conflicts),
    )


def _handoff(
    job: Job,
    outcome: str,
    *,
    before: str,
    commit: str | None = None,
    recipe: dict[str, Any] | None = None,
    conflicts: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "method": job.plan.flow.merge,
        "before": before,
        "commit": commit,
        "branch": job.plan.target.base,
        "conflicts": list(conflicts),
        "recipe": recipe,
    }
