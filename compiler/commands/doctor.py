"""factory doctor: what this machine has of what the line needs."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from factoryline.cells import hooks, preflight
from factoryline.commands.base import DOIT, loader_in
from factoryline.diagnostics import listing, render
from factoryline.errors import ExitCode, ProgramMissing
from factoryline.forge import publish
from factoryline.forge.base import Away
from factoryline.forge.table import FORGES
from factoryline.pipeline import compile_factory, find
from factoryline.plan.model import Agent, Plan, Selection
from factoryline.system import git, process, sandbox
from factoryline.verification import interpreter

HELP = "show what this machine has of what the line needs, and what is missing"
EXAMPLES = ("factory doctor",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(args: argparse.Namespace) -> int:
    path = (Path(args.file) if args.file else find(Path.cwd())).absolute()
    plan = compile_factory(path)
    rows = [
        *_tools(path.parent).items(),
        *_hooks(plan),
        *_programs(plan),
        *(row for a in preflight.agents(plan) for row in _agent(a)),
        *_sandboxes(plan),
        *_forge(plan),
    ]
    width = max(len(what) for what, _ in rows)
    for what, found in rows:
        print(f"{what:{width}}  {found}")
    problems = preflight.problems(plan)
    missing = [what for what, found in rows if found == MISSING]
    if problems:
        print()
        print(render(problems, root=plan.home))
    return ExitCode.REFUSED if problems or missing else ExitCode.OK


MISSING = "missing"
NOT_ASKED = (
    f"does not ask factory for its tasks here: {DOIT} takes `loader = factory` in [GLOBAL], or "
    "`factory run` runs the line"
)


def _tools(home: Path) -> dict[str, str]:
    place = loader_in(home)
    asks = f", asks factory for its tasks ({place})" if place else f", {NOT_ASKED}"
    return {
        "factoryline": metadata.version("factoryline"),
        "python": f"{platform.python_version()} ({process.python()})",
        "doit": metadata.version("doit") + asks,
        "git": git.version(),
    }


def _hooks(plan: Plan) -> Iterator[tuple[str, str]]:
    """Which of a person's git hooks look at what lands."""
    found = git.Git(plan.target.repo).hooks() if plan.target.repo else ()
    run = [name for name in found if name in hooks.RUN and plan.flow.hooks == "run"]
    left = [name for name in found if name not in run]
    if run:
        yield "git hooks", f"{listing(run)} on the commit that lands"
    if left:
        more = "" if run else f"; `flow: {{hooks: run}}` takes {listing(hooks.RUN)}"
        yield "git hooks not run", f"{listing(left)}{more}"


def _programs(plan: Plan) -> Iterator[tuple[str, str]]:
    """The programs of the cells and of the scopes that some artifact uses."""
    users: dict[str, list[str]] = {}
    for cell in plan.line:
        if cell.run:
            users.setdefault(cell.run[0], []).append(cell.name)
    for selection in {s.scope.name: s for a in plan.artifacts for s in a.verify}.values():
        scope = selection.scope
        if scope.interpreter:
            said = interpreter.installed(scope)
            yield f"{scope.python} (for {scope.name})", said[0] if said else MISSING
        users.setdefault(_first(selection), []).append(scope.name)
    for program, names in users.items():
        if program and not program.startswith("{"):
            yield f"{program} (for {listing(names, limit=3)})", _place(program)


def _first(selection: Selection) -> str:
    return selection.scope.run[0]


def _agent(agent: Agent) -> Iterator[tuple[str, str]]:
    name = f"agent {agent.name}"
    program = agent.command[0]
    place = program if program.startswith("{") else _place(program)
    version = preflight.version(agent) if place != MISSING else ""
    known = "tried" if version in agent.tried else f"tried with {listing(agent.tried, last='or')}"
    told = f" {version} ({known})" if version and agent.tried else f" {version}".rstrip()
    yield name, place if place == MISSING else f"{place}{told}"
    yield f"{name}: model", agent.model or "the program's own"
    if agent.credentials:
        found = preflight.credentials(agent)
        yield f"{name}: credentials", f"{listing(found)} set" if found else MISSING
    home = "of its own for each attempt" if agent.home == "private" else "yours"
    yield f"{name}: home", home


def _sandboxes(plan: Plan) -> Iterator[tuple[str, str]]:
    names = [cell.name for cell in plan.line if cell.sandbox]
    if names:
        yield f"bubblewrap (for {listing(names, limit=3)})", _place(sandbox.PROGRAM)


def _forge(plan: Plan) -> Iterator[tuple[str, str]]:
    """Which repository reviews come from, and whether it can be asked."""
    if not plan.forge or not plan.target.repo:
        return
    why, _ = FORGES[plan.forge].missing()
    if why:
        yield plan.forge, MISSING
        return
    try:
        forge = publish.connect(plan, git.Git(plan.target.repo))
        yield plan.forge, f"{forge} with a token"
    except Away as away:
        yield plan.forge, str(away)


def _place(program: str) -> str:
    try:
        return process.find_program(program)
    except ProgramMissing:
        return MISSING
