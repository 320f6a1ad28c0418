"""factory map: record which tests execute which lines, at the base commit."""

from __future__ import annotations

import argparse
import time

from factoryline.commands.base import open_factory
from factoryline.diagnostics import did_you_mean, listing, plural
from factoryline.emit.graphs.base import scopes as scopes_of
from factoryline.errors import UserError
from factoryline.plan.model import Scope
from factoryline.run.factory import Factory
from factoryline.system import process
from factoryline.system.locks import locked
from factoryline.verification import maps, parts

HELP = (
    "record which tests execute which lines, so that `select: changed` finds fewer and better ones"
)
EXAMPLES = (
    "factory map",
    "factory map tests",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scopes", nargs="*", metavar="SCOPE", help="all that can be, unless given")
    parser.add_argument("--force", action="store_true", help="record again what is up to date")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    base = factory.plan.target.base
    commit = factory.repository.commit_of(base)
    if commit is None:
        raise UserError(
            f"the target has no commit `{base}` to map",
            help="commit once, or name the branch: target: {repo: ., base: …}",
        )
    wanted = _wanted(factory, args.scopes)
    factory.ledger.prepare()
    # A lock of its own: recording takes long, and the line may run meanwhile.
    with locked(factory.ledger.maps / "lock", "factory map"):
        process.end_orphans(factory.ledger.maps)
        for scope in wanted:
            path = maps.path_of(factory.ledger.maps, scope, factory.repository.tree_of(commit))
            if path.exists() and not args.force:
                print(f"{scope.name}: up to date, {base} is at {commit[:10]}")
            else:
                print(_record(factory, scope, commit))
    return 0


def _record(factory: Factory, scope: Scope, commit: str) -> str:
    started = time.monotonic()
    place = factory.ledger.work / "checkouts" / f"map of {scope.name}"
    try:
        checkout = factory.repository.add_worktree(place, commit)
        parts.fill(factory.repository, commit, place)
        made = maps.record(scope, factory.repository, commit, checkout.path, factory.ledger.maps)
    finally:
        factory.repository.remove_worktree(place)
    size = made.path.stat().st_size / 1000
    text = f"{scope.name}: {plural(made.tests, 'test')} over {plural(made.files, 'file')} at "
    text += f"{commit[:10]}, {size:.0f} kB, {time.monotonic() - started:.1f} s"
    return text + (f"; {made.failed}, so what failed is mapped in part" if made.failed else "")


def _wanted(factory: Factory, names: list[str]) -> list[Scope]:
    """The scopes to map. Raises UserError for names that are none, or that nothing can record."""
    scopes = {scope.name: scope for scope in scopes_of(factory.plan)}
    for name in names:
        if name not in scopes:
            raise UserError(f"there is no scope named `{name}`", help=did_you_mean(name, scopes))
        if maps.command_of(scopes[name]) is None:
            raise UserError(
                f"the scope `{name}` does not say how to record its map",
                help="give it `map: […]`, a command that writes coverage.py data to {map}",
            )
    found = [scopes[name] for name in names]
    found = found or [scope for scope in scopes.values() if maps.command_of(scope)]
    if not found:
        known = listing(scopes) if scopes else "none"
        raise UserError(
            f"no scope can be mapped; there are: {known}",
            help="scopes that run pytest with {tests} can, and those with `map: […]`",
        )
    return found
