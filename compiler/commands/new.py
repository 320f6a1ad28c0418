"""factory new: one more artifact in factory.yaml, with everything that people wrote there kept."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from factoryline.commands.base import find_file, open_factory
from factoryline.diagnostics import SpecError, listing
from factoryline.errors import UserError
from factoryline.pipeline import compile_factory
from factoryline.plan import model
from factoryline.run.factory import Factory
from factoryline.spec import runners, sketch
from factoryline.spec.adopted import adopted, name_of
from factoryline.spec.insert import insert
from factoryline.system import files, process
from factoryline.typed import typed

HELP = "add an artifact to factory.yaml: a change that you want, or a branch of yours"
EXAMPLES = (
    'factory new "Sort by date" --goal "Entries of the list are sorted by their date."',
    "factory new --adopt my-branch",
    "factory new --from-issue https://github.com/OWNER/NAME/issues/7",
)


MEANS = {
    "title": "what a pull request would be called",
    "goal": "what is true afterwards that is not true now",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("title", nargs="?", help=MEANS["title"])
    parser.add_argument("--goal", help=MEANS["goal"])
    parser.add_argument("--name", help="its name; made from the title otherwise")
    parser.add_argument("--consumer", default="", help="who asked for it")
    parser.add_argument(
        "--from-issue", metavar="URL|FILE", help="take title and goal from an issue, or from a file"
    )
    parser.add_argument(
        "--agent",
        default="",
        help="the agent of factory.yaml that builds it, in place of the cell's",
    )
    parser.add_argument(
        "--adopt", metavar="BRANCH", help="take the work of a branch or commit of yours"
    )


def arguments(file: str | None, *, adopt: str) -> argparse.Namespace:
    """The arguments of `factory new --adopt BRANCH`."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return argparse.Namespace(file=file, **vars(parser.parse_args(["--adopt", adopt])))


def run(args: argparse.Namespace) -> int:
    path = find_file(args)
    factory = open_factory(args)
    asked = _asked(args, factory)
    lines = sketch.artifact_lines(
        asked.title,
        asked.goal,
        asked.scopes,
        adopt=asked.adopt,
        consumer=args.consumer,
        source=asked.source,
        agent=args.agent,
    )
    found = insert(path, asked.name, lines)
    before = found.path.read_bytes() if found.path.exists() else None
    files.write_text(found.path, found.text)
    try:
        compile_factory(path)
    except SpecError:
        # Everything that was typed is in the message; the file is as it was.
        if before is None:
            files.remove(found.path)
        else:
            files.write_durable(found.path, before)
        raise
    place = os.path.relpath(found.path)
    proven = listing(f"`{scope.name}`" for scope in asked.scopes)
    print(f"wrote {place}:{found.line}: the artifact `{asked.name}`, verified by {proven}")
    print(f"next: read it, commit, and type `{typed()}`")
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the artifact is to be."""

    name: str
    title: str
    goal: str
    scopes: Sequence[runners.Scope]
    adopt: str = ""
    source: str = ""


def _asked(args: argparse.Namespace, factory: Factory) -> _Asked:
    builds = next((c for c in factory.plan.line if c.hands.name == "change"), None)
    taken = [artifact.name for artifact in factory.plan.artifacts]
    if builds and builds.kind == "adopt" and not args.adopt:
        raise UserError(
            f"`{builds.name}` adopts work, and no work is named",
            help="name your branch, `--adopt BRANCH`, or let an agent build: "
            f"{builds.name}: {{kind: agent, agent: …}}",
        )
    if builds and builds.kind != "adopt" and args.adopt:
        raise UserError(
            f"`{builds.name}` does not adopt work: it is a cell of the kind {builds.kind}",
            help="leave --adopt away, and say a goal",
        )
    scopes = tuple(_scopes(factory))
    if args.adopt:
        found = adopted(factory.repository, args.adopt, factory.plan.target.base, scopes)
        title, goal = args.title or found.title, args.goal or found.goal
        name = _free(args.name or found.name, taken, given=bool(args.name))
        return _Asked(name=name, title=title, goal=goal, scopes=found.scopes, adopt=found.work)
    title, goal, source = _issue(args.from_issue) if args.from_issue else ("", "", "")
    title = args.title or title or _ask("title")
    goal = args.goal or goal or _ask("goal")
    name = args.name or name_of(" ".join(re.findall(r"\w+", title)[:5]))
    return _Asked(
        name=_free(name, taken, given=bool(args.name)),
        title=title,
        goal=goal,
        scopes=scopes,
        source=source,
    )


def _ask(what: str) -> str:
    """What a person answers. Raises UserError where nobody is asked, or nothing was said."""
    said, means = "", MEANS[what]
    if sys.stdin.isatty() and sys.stdout.isatty():
        said = input(f"{what} ({means}): ").strip()
    if not said:
        option = 'factory new "…"' if what == "title" else f"--{what} '…'"
        raise UserError(f"an artifact has a {what}: {means}", help=f"say it with {option}")
    return said


def _free(name: str, taken: Sequence[str], *, given: bool) -> str:
    """A name that no artifact has. Raises UserError where a person chose one that cannot be."""
    if given and name != name_of(name):
        raise UserError(
            f"`{name}` is not a name for an artifact",
            help=f"lower-case letters, digits and dashes, such as {name_of(name)}",
        )
    if name in taken and given:
        raise UserError(f"there is an artifact `{name}` already", help="choose another --name")
    number = 2
    first = name
    while name in taken:
        name, number = f"{first}-{number}", number + 1
    return name


def _scopes(factory: Factory) -> list[runners.Scope]:
    """The scopes of the plan, with what init would know of files that they are about."""
    home = factory.plan.home
    git = factory.repository
    paths = frozenset(git.files_in(home)) if git.path == home else frozenset[str]()
    known = {s.name: s for s in runners.scopes_of(runners.Files(root=home, paths=paths, top=home))}
    return [_scope(scope, known.get(scope.name)) for scope in factory.plan.scopes]


def _scope(scope: model.Scope, known: runners.Scope | None) -> runners.Scope:
    like = known or runners.Scope(said="", lines=())
    return replace(
        like,
        name=scope.name,
        folder=scope.cwd,
        selects=bool(scope.related) or any("{tests}" in word for word in scope.run),
        covers=bool(scope.coverage),
    )


def _issue(place: str) -> tuple[str, str, str]:
    """Title, goal and source of an issue. Raises UserError where it cannot be read."""
    if re.match(r"https?://", place):
        argv = ["gh", "issue", "view", place, "--json", "title,body,url"]
        done = process.run(argv, cwd=Path.cwd()).check(help="or save its text, and give the file")
        try:
            value = json.loads(done.out)
            return value["title"].strip(), _plain(value["body"]) or value["title"], value["url"]
        except (ValueError, LookupError) as wrong:
            raise UserError(
                f"gh printed no issue for {place}", help="save its text, and give the file"
            ) from wrong
    path = Path(place)
    if not path.is_file():
        raise UserError(f"there is no file {place}", help="give a file, or the address of an issue")
    title, _, body = files.read(path).decode("utf-8", "replace").strip().partition("\n")
    title = re.sub(r"^#+\s*", "", title).strip()
    return title, _plain(body) or title, ""


def _plain(text: str) -> str:
    """A text without what editors leave at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
