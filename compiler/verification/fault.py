"""Whose fault it is that a scope cannot be prepared, or that no test runs: tried on its base.

An output's words do not tell a registry that is away from a package that there is not. What fails
on the base as well is not for the builder to mend, so that it opens no round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from factoryline.diagnostics import StageFailed
from factoryline.plan.model import Scope
from factoryline.verification import prepare, scopes
from factoryline.verification.scopes import OUTPUT_CHARACTERS, Checked

AGAIN = "the next run tries again, and no retry is used up"
AT_MOST = 60.0
"""Seconds that all tests get on the base, where the change's own are not there. What does not work
at all fails sooner.
"""
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


def idle_on_the_base(
    checked: Checked,
    *,
    change: Path,
    base: Path,
    commit: str,
    log: Path,
    artifact: str,
    missing: Sequence[str] = (),
) -> None:
    """Raise StageFailed when a scope of which no test ran on the change runs none on its base too.

    The same command then does not work here at all, such as with a module that is not installed.
    missing: what the checkouts lack; where something is, a failure on the base is enough.
    """
    scope, chosen = checked.selection.scope, checked.selection.chosen
    if not (base / scope.cwd).is_dir():
        return
    # A new test of an old file is not there, but the others of the file tell as much.
    named = dict.fromkeys(test.partition("::")[0] for test in chosen)
    places = base / scope.cwd, change / scope.cwd
    tests = [test for test in named if _stands(test, *places)]
    if named and not tests:
        tests = [test for test in scope.all if _stands(test, *places)]
        scope = replace(scope, timeout=min(scope.timeout, AT_MOST))
    if named and not tests:
        return
    also = scopes.attempt(scope, tests, base, log)
    if also.idle or (missing and also.trouble):
        raise StageFailed(
            f"the scope `{scope.name}` does not work, and not because of the change: "
            f"{checked.ran.trouble}, and on the base {commit[:10]} as well",
            span=scope.span,
            help="".join(f"{one}; " for one in missing)
            + f"check its command and what it needs; {AGAIN}. Where it is the base that is "
            f"broken, commit the repair there and type `factory rebase {artifact}`",
            detail=checked.check["output"],
        )


def _stands(path: str, base: Path, change: Path) -> bool:
    """Whether the base has the file of a test, as far as that is a path at all."""
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
