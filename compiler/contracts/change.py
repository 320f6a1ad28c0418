"""The change hand-off, computed from git: nobody's word, only trees and counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factoryline.ledger.entry import Handoff
from factoryline.plan.model import Plan
from factoryline.system.diffs import FileLines
from factoryline.system.git import IDENTITY, Git, Signature, sign_now

EXACT = ("tree", "parent", "message")
"""Where these are the same as before, the commit is kept: the same work gives the same hand-off."""


def commit_round(
    tree_git: Git,
    *,
    parent: str,
    message: str,
    author: Signature | None,
    previous: Handoff | None,
) -> tuple[str, Signature]:
    """Commit all edits of a work tree as one commit; returns it with its author.

    `previous` is the change that this stage handed before, if any.
    """
    tree = tree_git.stage_all()
    made = {"tree": tree, "parent": parent, "message": message}
    if author is None:
        author = sign_now(*IDENTITY)
    if previous and all(previous[name] == made[name] for name in EXACT):
        author = Signature(**previous["author"])
    return tree_git.commit_tree(tree, [parent], message, author), author


def handoff(
    plan: Plan,
    git: Git,
    *,
    commit: str,
    parent: str,
    base: str,
    branch: str,
    author: Signature,
    message: str,
    patch: str,
) -> dict[str, Any]:
    """The change from `base` to `commit`, with the round's part from `parent`."""
    files = git.lines(base, commit)
    return {
        "commit": commit,
        "parent": parent,
        "base": base,
        "tree": git.tree_of(commit),
        "branch": branch,
        "author": {"name": author.name, "email": author.email, "date": author.date},
        "message": message,
        "files": [
            {
                "path": file.path,
                "added": file.added,
                "removed": file.removed,
                "surface": plan.surface_of(file.path),
            }
            for file in files
        ],
        "surfaces": lines_per_surface(plan, files),
        "round": lines_per_surface(plan, git.lines(parent, commit)),
        "patch": patch,
    }


def lines_per_surface(plan: Plan, files: tuple[FileLines, ...]) -> dict[str, dict[str, int]]:
    """Added and removed lines for every surface, and for `other` where a path is in none."""
    counts = {surface.name: {"added": 0, "removed": 0} for surface in plan.surfaces}
    for file in files:
        count = counts.setdefault(plan.surface_of(file.path) or "other", {"added": 0, "removed": 0})
        count["added"] += file.added
        count["removed"] += file.removed
    return counts


def in_lines(surfaces: Mapping[str, Mapping[str, int]]) -> str:
    """`+47 −1 desktop, +25 −3 server`; a surface without a changed line is left out."""
    return ", ".join(
        f"+{lines['added']} −{lines['removed']} {surface}"
        for surface, lines in surfaces.items()
        if any(lines.values())
    )
