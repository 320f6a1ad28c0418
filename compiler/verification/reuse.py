"""When a check need not run: the same files, scope, tests and environment passed before.

What was proven stands in the verdicts of the ledger, so that a fresh clone knows it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from pathlib import PurePosixPath
from typing import Any

from factoryline.plan.digest import shape
from factoryline.plan.model import Selection
from factoryline.system import files
from factoryline.verification import environment

FORMAT = 1
"""Moves when a check begins to mean something else; what was proven before counts no more."""

Earlier = Callable[[str], Mapping[str, Any] | None]
"""A check that passed, by its key; its `ground` says under `reused` where it is from."""


def never(key: str) -> None:
    """Nothing passed before."""
    del key


def key(
    selection: Selection, listing: Mapping[str, str], protected: Iterable[str], prepared: str
) -> str:
    """The digest of all that a check's result depends on.

    listing: each path of the commit with its mode and content. protected: the factory's own paths,
    which are no part of the product. prepared: the digest of the scope's preparation.
    """
    scope = selection.scope
    own = frozenset(protected)
    tests = {test.partition("::")[0].rstrip("/") for test in selection.chosen}
    relevant = {
        path: facts
        for path, facts in listing.items()
        if not _in(path, own) and (scope.reads(path) or _in(path, tests))
    }
    parts = {
        "format": FORMAT,
        "scope": shape(scope),
        "tests": list(selection.chosen),
        "files": relevant,
        "environment": environment.declared(scope),
        "prepared": prepared,
    }
    return files.digest_json(parts)


def _in(path: str, places: Set[str]) -> bool:
    """Whether a path is one of the places, or lies in one."""
    above = PurePosixPath(path).parents
    return path in places or any(str(folder) in places for folder in above)
