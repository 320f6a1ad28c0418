"""factory replay: changes that were merged before, as artifacts of a line beside this one."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from factoryline.diagnostics import plural
from factoryline.errors import UserError
from factoryline.pipeline import find
from factoryline.spec import replay
from factoryline.spec.include import parse
from factoryline.system.git import Git, open_repository
from factoryline.typed import typed

HELP = "make a line of changes that were merged before, so that its report has them"
EXAMPLES = (
    "factory replay main~50..main --into ../replay",
    "factory replay v1.2..main --into ../replay --rounds --verify",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("range", metavar="BASE..HEAD", help="which commits of the main line")
    parser.add_argument("--into", required=True, metavar="FOLDER", help="a new folder for the line")
    parser.add_argument("--limit", type=int, default=50, help="the newest N of them (%(default)s)")
    parser.add_argument(
        "--rounds", action="store_true", help="a round for each commit of a merged branch"
    )
    parser.add_argument(
        "--verify", action="store_true", help="run this line's scopes, and not only keep the record"
    )


def run(args: argparse.Namespace) -> int:
    git = open_repository(Path.cwd())
    folder = new_folder(git, args.into)
    like = line_like(args)
    if args.verify and not like.get("scopes"):
        raise UserError(
            "there is no line here that says what verifies a change", help="factory init"
        )
    found = replay.changes(git, args.range, limit=args.limit, rounds=args.rounds)
    if not found:
        raise UserError(f"{args.range} has no change", help="name a range that has: main~50..main")
    kept = like if args.verify else {"surfaces": like.get("surfaces")}
    replay.write(git, folder, found, kept)
    place = os.path.relpath(folder)
    print(f"wrote {place}: {plural(len(found), 'change')} as artifacts, over a clone of {git.path}")
    print(f"next: go to {place} and type `{typed()}`, then `factory report`")
    return 0


def new_folder(git: Git, name: str) -> Path:
    """Where a line beside this one goes. Raises UserError where it cannot."""
    folder = Path(name).absolute()
    if folder.exists():
        raise UserError(f"{folder} is there already", help="name a new folder: --into FOLDER")
    if folder.is_relative_to(git.path):
        raise UserError(
            f"{folder} lies in the repository that is replayed", help="name a folder beside it"
        )
    return folder


def _has_line() -> bool:
    try:
        find(Path.cwd())
    except UserError:
        return False
    return True


def line_like(args: argparse.Namespace) -> dict[str, Any]:
    """What the line here says of surfaces and scopes, with its interpreters by their whole path;
    nothing where there is no line."""
    if not (args.file or _has_line()):
        return {}
    path = (Path(args.file) if args.file else find(Path.cwd())).absolute()
    value: Any = parse(path.parent, path.name)[0].plain()
    whole = dict(value) if isinstance(value, dict) else {}
    for scope in (whole.get("scopes") or {}).values():
        if isinstance(scope, dict) and scope.get("python"):
            scope["python"] = str(path.parent / scope["python"])
    return whole
