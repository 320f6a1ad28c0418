"""factory init: a first factory.yaml for a repository, and the word that tells doit who loads its
tasks. What it writes is a beginning for a person to read: it looks at files and runs nothing.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from factoryline.commands import new
from factoryline.commands.base import DOIT, loader_in, read_toml
from factoryline.diagnostics import listing
from factoryline.errors import UserError
from factoryline.forge import publish
from factoryline.forge.table import FORGES
from factoryline.pipeline import compile_factory
from factoryline.plan.agents.base import BASE
from factoryline.plan.agents.table import PROFILES
from factoryline.spec import adopted, runners, sketch
from factoryline.system import files
from factoryline.system.git import Git, open_repository
from factoryline.typed import typed

HELP = "write a first factory.yaml for this repository, and tell doit who loads its tasks"
EXAMPLES = (
    "factory init",
    "factory init --adopt my-branch",
    "factory init --agent claude --model sonnet",
    "factory init --reviews github --ci github",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--agent",
        metavar="PROFILE",
        choices=sorted({*PROFILES} - {BASE}),
        help="the coding agent that builds: %(choices)s; without it, work of yours is adopted",
    )
    parser.add_argument("--model", help="the agent's model, by the program's own name for it")
    parser.add_argument(
        "--adopt",
        metavar="BRANCH",
        help="make a branch or commit of yours the first artifact",
    )
    parser.add_argument(
        "--reviews",
        choices=("person", *FORGES),
        default="person",
        help="where reviews come from: a person here, or pull requests (%(choices)s)",
    )
    parser.add_argument(
        "--ci", choices=("github",), help="write a workflow that runs the line there (%(choices)s)"
    )


def run(args: argparse.Namespace) -> int:
    git = open_repository(Path.cwd())
    home = Path(args.file).absolute().parent if args.file else git.path
    path = home / "factory.yaml"
    if path.exists() and args.ci and not args.adopt:
        print(_workflow(git, home, compile_factory(path).target.base))
        return 0
    if path.exists() and args.adopt:
        return new.run(new.arguments(args.file, adopt=args.adopt))
    if path.exists():
        raise UserError(
            f"{path} is there already",
            help="`factory check` proves what it says; `factory new` adds an artifact",
        )
    _require_builder(args)
    found = runners.Files(root=home, paths=frozenset(git.files_in(home)), top=home)
    scopes = runners.scopes_of(found)
    base = _base(git, args.adopt or "")
    artifact = _adopted(git, args.adopt, base, scopes) if args.adopt else ""
    text = sketch.factory_text(
        name=adopted.name_of(home.name),
        base=base,
        scopes=scopes,
        surfaces=runners.surfaces_of(found),
        agent=args.agent or "",
        model=args.model or "",
        artifact=artifact,
        reviews=args.reviews,
    )
    files.write_text(path, text)
    runs = listing(f"the scope `{scope.name}` runs {scope.said}" for scope in scopes)
    print(f"wrote {os.path.relpath(path)}: {runs}")
    print(_loader(home))
    if args.ci:
        print(_workflow(git, home, base))
    if args.reviews in FORGES:
        print(_forge(git, args.reviews))
    hooks = git.hooks()
    if hooks:
        print(
            f"git hooks ({listing(hooks)}) do not run on what the line commits; "
            "`flow: {hooks: run}` runs them on the commit that lands"
        )
    first = "" if artifact else 'add the first artifact with `factory new "…"`, '
    print(f"next: {first}try `factory check`, commit, and type `{typed()}`")
    return 0


def _require_builder(args: argparse.Namespace) -> None:
    """Raises UserError where it is not clear who builds."""
    if args.adopt and args.agent:
        raise UserError(
            "adopted work takes the place of an agent's", help="give --adopt or --agent, not both"
        )
    if bool(args.agent) != bool(args.model):
        raise UserError(
            "an agent and its model go together",
            help=f"factory init --agent {args.agent or 'claude'} --model {args.model or '…'}",
        )


def _base(git: Git, adopted: str) -> str:
    """The branch to merge into: the one that the remote or git's configuration calls so, or main,
    or the current one, or the one that the adopted branch comes from.

    The current one counts also before its first commit.
    """
    remote = git.run("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").out.strip()
    first = git.configured("init.defaultBranch")
    for name in (remote.removeprefix("origin/"), first, *sketch.PLAIN):
        if name and name != adopted and git.commit_of(f"refs/heads/{name}"):
            return name
    current = git.run("symbolic-ref", "--quiet", "--short", "HEAD").out.strip()
    if current and current != adopted:
        return current
    others = [name for name in git.branches() if name != adopted]
    if not adopted or not others:
        raise UserError(
            "no branch is checked out to merge into",
            help="`git switch` to it" + (f"; {adopted} is what is adopted" if adopted else ""),
        )
    return min(others, key=lambda other: len(git.text("rev-list", f"{other}..{adopted}").split()))


def _adopted(git: Git, revision: str, base: str, scopes: Sequence[runners.Scope]) -> str:
    found = adopted.adopted(git, revision, base, scopes)
    lines = sketch.artifact_lines(found.title, found.goal, found.scopes, adopt=found.work)
    return sketch.artifact_text(found.name, lines)


def _workflow(git: Git, home: Path, base: str) -> str:
    """Write a workflow for GitHub, which looks for it at the top of a repository."""
    place = git.path / ".github/workflows/factory.yml"
    if home != git.path:
        raise UserError(
            "a workflow works on the factory.yaml at the top of its repository",
            help=f"copy what fits from {resources.files('factoryline.templates')}",
        )
    if place.exists():
        raise UserError(f"{place} is there already", help="it is yours to edit, or to remove")
    text = resources.files("factoryline.templates").joinpath("github-workflow.yml").read_text()
    files.write_text(place, text.replace("BASE", base))
    return f"wrote {os.path.relpath(place)}: GitHub runs the line; commit and push it"


def _forge(git: Git, name: str) -> str:
    """Which repository reviews will come from, or how to say it."""
    repository, _ = publish.place(name, git, "origin")
    why, help = FORGES[name].missing()
    there = f"of {repository}" if repository else "of a repository that `target` has to name"
    more = f"; {why}: {help}" if why else ""
    say = "" if repository else f": target: {{{name}: {{repository: OWNER/NAME}}}}"
    return f"reviews come from pull requests {there}{say}{more}"


def _loader(home: Path) -> str:
    """See to it that doit asks us; what was done, or what is left to do, in a line."""
    place = loader_in(home)
    if place:
        return f"doit asks factory for its tasks already ({place})"
    if (home / "dodo.py").exists():
        return "`doit` keeps this project's own tasks (dodo.py); `factory run` runs the line"
    if "doit" in read_toml(home / "pyproject.toml").get("tool", {}):
        return 'add to [tool.doit] of pyproject.toml: loader = "factory"'
    if (home / DOIT).exists():
        return f"add to [GLOBAL] of {DOIT}: loader = factory"
    files.write_text(home / DOIT, "[GLOBAL]\nloader = factory\n")
    return f"wrote {DOIT}: doit asks factory for its tasks"
