"""A scope run in a checkout that it leaves as it was, or not run at all where it passed before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from factoryline.diagnostics import listing, plural
from factoryline.plan.model import Scope, Selection
from factoryline.system.git import Git
from factoryline.verification import prepare, reuse, scopes
from factoryline.verification.coverage.coverage_py import Watch
from factoryline.verification.reuse import Earlier
from factoryline.verification.scopes import Checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What is verified. files: each path with its mode and content. protected: the factory's own
    paths. earlier: finds what passed before. changed: the files whose lines a proof counts.
    """

    id: str
    files: Mapping[str, str]
    protected: tuple[str, ...] = ()
    earlier: Earlier = reuse.never
    changed: tuple[str, ...] = ()


def verify(
    selection: Selection,
    commit: Commit,
    checkout: Path,
    scratch: Path,
    *,
    turns: Path | None = None,
) -> Checked:
    """`scopes.verify`, with the `ground` of its check, which is no part of the verdict.

    turns: as `Watch` has it; the lines of all files count then.
    """
    scope = selection.scope
    made_from = prepare.digest(scope, checkout)
    key = reuse.key(selection, commit.files, commit.protected, made_from)
    found = commit.earlier(key) if scope.reuse and not scope.coverage else None
    if found is not None:
        ground = {key: value for key, value in found["ground"].items() if key != "steps"}
        check = {**found, "selection": None, "earlier": [], "left": [], "ground": ground}
        return Checked(selection=selection, ran=scopes.NOT_RUN, check=check)
    watch = Watch(turns=turns) if turns else Watch(files=commit.changed)
    git = Git(checkout)
    before = git.leftovers(commit.id)
    checked = scopes.verify(selection, checkout, scratch, watch)
    left = {p: how for p, how in _left(scope, git, commit.id).items() if p not in before}
    check = checked.check | {"ground": {"key": key, "prepared": made_from, "reused": None}}
    if left and check["outcome"] == "pass":
        check |= {"outcome": "fail", "reason": _told(left)}
    return replace(checked, check=check)


def unprepared(selection: Selection, failed: prepare.Failed) -> Checked:
    """The check of a scope whose preparation did not end well."""
    ground: dict[str, Any] = {"key": "", "prepared": "", "reused": None}
    check = scopes.bare(selection, reason=failed.reason, output=failed.output)
    ran = replace(scopes.NOT_RUN, trouble=failed.reason)
    return Checked(selection=selection, ran=ran, check=check | {"ground": ground})


def _left(scope: Scope, git: Git, commit: str) -> dict[str, str]:
    """What is in a checkout that the commit does not have, and that the scope may not leave."""
    own = tuple(f"{(Path(scope.cwd) / keep).as_posix()}/" for keep in prepare.keeps(scope))
    return {
        path: how
        for path, how in git.leftovers(commit).items()
        if not scope.may_leave(path) and not path.startswith(own)
    }


def _told(left: Mapping[str, str]) -> str:
    """`it edited a.py and left 2 new files in the checkout: b.txt and c.txt`."""
    edited = [path for path, how in left.items() if how == "edited"]
    new = [path for path, how in left.items() if how == "new"]
    parts = [f"edited {listing(edited, limit=5)}"] if edited else []
    if new:
        names = listing(new, limit=5)
        parts.append(f"left {plural(len(new), 'new file')} in the checkout: {names}")
    return f"it {' and '.join(parts)}"
