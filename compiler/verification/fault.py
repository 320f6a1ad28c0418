"""Whose fault it is that a scope cannot be prepared: tried on its base.

An output's words do not tell a registry that is away from a package that there is not. What fails
on the base as well is not for the builder to mend, so that it opens no round.
"""

from __future__ import annotations

from pathlib import Path

from factoryline.diagnostics import StageFailed
from factoryline.plan.model import Scope
from factoryline.verification import prepare
from factoryline.verification.scopes import OUTPUT_CHARACTERS

HELP = (
    "see to what it needs, such as the network, a registry, a program, or `prepare` itself; the "
    "next run tries again, and no retry is used up"
)


def on_the_base(
    scope: Scope, failed: prepare.Failed, *, change: Path, base: Path, commit: str, log: Path
) -> None:
    """Raise StageFailed when the preparation that failed on the change fails on its base too.

    `change` and `base` are checkouts; `commit` is the base's. One that was kept is made again: that
    it could be made last week says nothing about today.
    """
    if not _comparable(scope, change, base):
        return
    try:
        prepare.afresh(scope, base, log, commit)
    except prepare.Failed as also:
        raise StageFailed(
            f"the scope `{scope.name}` cannot be prepared, and not because of the change: "
            f"{failed.reason}, and on the base {commit[:10]} as well",
            span=scope.span,
            help=HELP,
            detail=_streams(failed, also),
        ) from also


def _comparable(scope: Scope, change: Path, base: Path) -> bool:
    """Whether the base has what is prepared at all: its folder, and the lock files."""
    locks = scope.prepare.locks if scope.prepare else ()
    needed = [scope.cwd, *(f"{scope.cwd}/{lock}" for lock in locks)]
    return all((base / path).exists() for path in needed if (change / path).exists())


def _streams(failed: prepare.Failed, also: prepare.Failed) -> str:
    """What the programs printed, once where it is the same."""
    first = f"on the change: {failed.reason}\n{failed.output.strip()[-OUTPUT_CHARACTERS:]}"
    if (also.reason, also.output) == (failed.reason, failed.output):
        return first.rstrip()
    second = f"on the base: {also.reason}\n{also.output.strip()[-OUTPUT_CHARACTERS:]}"
    return f"{first.rstrip()}\n{second.rstrip()}"
