"""Whose fault it is that a scope cannot be prepared, or leaves no report: tried on its base.

An output's words do not tell a registry that is away from a package that there is not. What fails
on the base as well is not for the builder to mend, so that it opens no round.
"""

from __future__ import annotations

from pathlib import Path

from factoryline.diagnostics import StageFailed
from factoryline.plan.model import Scope
from factoryline.verification import prepare, scopes
from factoryline.verification.scopes import OUTPUT_CHARACTERS, Checked

AGAIN = "the next run tries again, and no retry is used up"
HELP = (
    "see to what it needs, such as the network, a registry, a program, or `prepare` itself; "
    f"{AGAIN}"
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


def silent_on_the_base(
    checked: Checked, *, change: Path, base: Path, commit: str, log: Path
) -> None:
    """Raise StageFailed when a scope that left no report on the change leaves none on its base too.

    The same command then does not work here at all, such as with a plugin that is not installed.
    """
    scope, chosen = checked.selection.scope, checked.selection.chosen
    tests = [test for test in chosen if _stands(test, base / scope.cwd, change / scope.cwd)]
    if (chosen and not tests) or not (base / scope.cwd).is_dir():
        return
    also = scopes.attempt(scope, tests, base, log)
    if also.silent:
        raise StageFailed(
            f"the scope `{scope.name}` does not work, and not because of the change: "
            f"{checked.ran.trouble}, and on the base {commit[:10]} as well",
            span=scope.span,
            help=f"see to its command and to what it needs; {AGAIN}",
            detail=checked.check["output"],
        )


def _stands(test: str, base: Path, change: Path) -> bool:
    """Whether the base has what a test's name begins with, as far as that is a path at all."""
    path = test.partition("::")[0]
    return (base / path).exists() or not (change / path).exists()


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
