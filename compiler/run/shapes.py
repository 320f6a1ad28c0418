"""What a work tree may not hold, whoever may touch it: links that lead out, other repositories."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from factoryline.contracts.base import Effect
from factoryline.diagnostics import listing
from factoryline.system import files, internals
from factoryline.system.git import Git

LISTED = 5
"""How many names a sentence holds."""


def unnest(tree: Git, aside: Path) -> Iterator[Effect]:
    """Make plain folders of the repositories that lie in a work tree: git could not add them."""
    found = [
        path
        for path in _repositories(tree.path)
        if not tree.succeeds("check-ignore", "--quiet", "--", path)
    ]
    for path in found:
        files.move_aside(tree.path / path, aside / path)
    if found:
        yield Effect(
            what=f"left {_names(found)}, a repository within the work tree",
            help=f"a repository of its own cannot be part of a change; it was moved to {aside}",
        )


def odd(tree: Git, start: str) -> Iterator[Effect]:
    """What is wrong with the entries that differ from `start`. All edits are staged."""
    changes = internals.staged(tree, start)
    leading = [c.path for c in changes if c.mode == "120000" and _leads_out(tree.path, c.path)]
    if leading:
        yield Effect(
            what=f"made links that lead out of the work tree: {_names(leading)}",
            help="a link in a change leads to another file of it, by a relative path",
        )
    modules = [c.path for c in changes if "160000" in (c.mode, c.before)]
    if modules:
        yield Effect(
            what=f"changed submodules: {_names(modules)}",
            help="what a submodule holds is no part of the change; move it on by a change of yours",
        )
    modes = [c for c in changes if c.only_mode]
    if modes:
        told = [f"{c.path} ({c.before} → {c.mode})" for c in modes]
        yield Effect(what=f"changed nothing but the mode of {_names(told)}", breach=False)


def _repositories(top: Path) -> list[str]:
    found = []
    for at, folders, names in os.walk(top):
        if ".git" in (*folders, *names) and at != str(top):
            found.append(os.path.relpath(os.path.join(at, ".git"), top))
        folders[:] = [name for name in folders if name != ".git"]
    return sorted(found)


def _ignored(tree: Git, path: str) -> bool:
    return tree.succeeds("check-ignore", "--quiet", "--", path)


def _leads_out(top: Path, path: str) -> bool:
    target = os.readlink(top / path)
    place = os.path.normpath(os.path.join(os.path.dirname(path), target))
    return os.path.isabs(target) or place.split(os.sep)[0] in ("..", ".git")


def _names(names: list[str]) -> str:
    return listing(names, limit=LISTED)
