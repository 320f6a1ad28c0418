"""factory history: past changes of a repository that are exercises with a hidden judge."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from factoryline.commands.base import open_factory
from factoryline.commands.replay import line_like, new_folder
from factoryline.diagnostics import plural
from factoryline.errors import UserError
from factoryline.spec import replay
from factoryline.spec.replay import Change
from factoryline.system import files
from factoryline.system.git import Git, open_repository
from factoryline.trials import find
from factoryline.trials.tasks import FILE, Task, Unusable, found
from factoryline.typed import typed

HELP = "find past changes whose tests fail before and pass after them"
EXAMPLES = (
    "factory history main~200..main --into ../tasks",
    "factory history main~900..main --into ../tasks --since 2026-01-01 --paths server --limit 50",
    "factory history",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "range", nargs="?", metavar="BASE..HEAD", help="the commits; in the new folder, nothing"
    )
    parser.add_argument("--into", metavar="FOLDER", help="a new folder for the line that finds out")
    parser.add_argument("--since", default="", metavar="DATE", help="without older changes")
    parser.add_argument(
        "--paths", action="append", default=[], metavar="PATH", help="changes that touch this path"
    )
    parser.add_argument("--limit", type=int, default=50, help="how many to look at (%(default)s)")


def run(args: argparse.Namespace) -> int:
    return _begin(args) if args.range else _told(args)


def _begin(args: argparse.Namespace) -> int:
    """Write the line that looks at the changes of a range."""
    if not args.into:
        raise UserError("nothing says where the line goes", help="name a new folder: --into FOLDER")
    git = open_repository(Path.cwd())
    folder = new_folder(git, args.into)
    like = line_like(args)
    if not like.get("scopes"):
        raise UserError("there is no line here that says what runs the tests", help="factory init")
    asked = _chosen(git, args)
    usable = [change for change, why in asked if not why]
    for why, count in Counter(why for _, why in asked if why).most_common():
        print(f"{plural(count, 'change')} left out: {why}")
    if not usable:
        raise UserError(f"{args.range} has no change with tests and sources", help="name another")
    find.write(git, folder, usable, like)
    place = os.path.relpath(folder)
    print(f"wrote {place}: {plural(len(usable), 'change')} to look at, each on its own base")
    print(f"next: go to {place}, type `{typed()}`, which runs their tests, and `factory history`")
    return 0


def _chosen(git: Git, args: argparse.Namespace) -> list[tuple[Change, str]]:
    """The newest changes of the range that are asked for, each with why it is none, if so."""
    listed = replay.changes(
        git, args.range, limit=10**6, rounds=False, since=args.since, paths=args.paths
    )
    chosen: list[tuple[Change, str]] = []
    usable = 0
    for change in reversed(listed):
        why = find.unusable(git, change)
        chosen.append((change, why))
        usable += not why
        if usable == args.limit:
            break
    return chosen[::-1]


def _told(args: argparse.Namespace) -> int:
    """Which of the changes that the line looked at are tasks; writes them down."""
    factory = open_factory(args)
    seen = list(found(factory.plan, factory.ledger, factory.repository))
    tasks = [one for one in seen if isinstance(one, Task)]
    unusable = [one for one in seen if isinstance(one, Unusable)]
    value = {
        "tasks": [one.to_json() for one in tasks],
        "unusable": [one.to_json() for one in unusable],
    }
    files.write_json(factory.plan.home / FILE, value)
    print("\n".join(_lines(seen, tasks, unusable)))
    return 0


def _lines(
    seen: Sequence[object], tasks: Sequence[Task], unusable: Sequence[Unusable]
) -> Iterator[str]:
    for task in tasks:
        tests = plural(len(task.hidden) + task.unnamed, "hidden test")
        yield f".  {task.name}  {tests}, {plural(len(task.sources), 'file')}"
    for one in unusable:
        yield f"!  {one.name}  {one.reason}"
    left = sum(one is None for one in seen)
    yield f"{plural(len(tasks), 'task')} of {plural(len(seen), 'change')}, in {FILE}"
    if left:
        yield f"{plural(left, 'change')} not looked at yet: `{typed()}` goes on"
