"""What agents, sandboxes and forges need, looked for before the first token is spent: all at once.

Credentials are looked for by the name of their variable; no value is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache

from factoryline.cells import isolation
from factoryline.diagnostics import Diagnostic, Held, Span, listing
from factoryline.errors import FactoryError, ProgramMissing
from factoryline.forge.table import FORGES
from factoryline.plan.model import Agent, Plan
from factoryline.system import files, process, sandbox

VERSION_SECONDS = 30.0

_VERSION = re.compile(r"\d+(\.\d+)+\S*")


def problems(plan: Plan) -> tuple[Diagnostic, ...]:
    """What keeps agents and sandboxes of the line from working here; empty if nothing does."""
    found = [problem for agent in agents(plan) for problem in check(agent)]
    for cell in plan.line:
        if cell.sandbox:
            found += sandboxed(cell.name, cell.span, network=cell.network)
    return (*found, *hosted(plan))


def need(plan: Plan) -> None:
    """Raises Held with all of these problems."""
    found = problems(plan)
    if found:
        first, *others = found
        raise Held(
            first.message,
            span=first.span,
            help=first.help,
            detail="\n".join(f"{other.span}: {other.message}" for other in others),
        )


def agents(plan: Plan) -> tuple[Agent, ...]:
    """The agents of the line and of its artifacts, each once."""
    asked = [*(cell.agent for cell in plan.line), *(one.agent for one in plan.artifacts)]
    named = {agent.name: agent for agent in asked if agent}
    return tuple(named.values())


def check(agent: Agent) -> Iterator[Diagnostic]:
    """What keeps an agent from working here."""
    program = agent.command[0]
    try:
        if not program.startswith("{"):
            process.find_program(program)
    except ProgramMissing as missing:
        yield Diagnostic(
            message=f"the agent `{agent.name}` needs `{program}`, which was not found",
            span=agent.span,
            help=missing.help,
            code="missing-program",
        )
    if agent.credentials and not credentials(agent):
        yield Diagnostic(
            message=f"the agent `{agent.name}` has no credentials: none of "
            f"{listing(agent.credentials)} is set",
            span=agent.span,
            help="set one of them, or name others in `credentials`; with `home: shared` and "
            "`credentials: []` it uses what the program keeps in your home",
            code="missing-credentials",
        )


def sandboxed(cell: str, span: Span, *, network: bool) -> Iterator[Diagnostic]:
    """What keeps the program of a cell from running in its sandbox here."""
    why, help = sandbox.trouble(network=network)
    if why:
        yield Diagnostic(
            message=f"`{cell}` has no sandbox here: {why}", span=span, help=help, code="sandbox"
        )


def hosted(plan: Plan) -> Iterator[Diagnostic]:
    """What keeps reviews from coming from their forge."""
    why, help = FORGES[plan.forge].missing() if plan.forge else ("", "")
    if why:
        message = f"reviews come from {plan.forge}, and {why}"
        yield Diagnostic(message=message, span=plan.target.span, help=help, code="forge")


def credentials(agent: Agent) -> tuple[str, ...]:
    """The variables with credentials that are set, by name."""
    return tuple(name for name in agent.credentials if os.environ.get(name))


def version(agent: Agent) -> str:
    """The version of an agent's program; empty where it does not say."""
    return _version(agent.version, isolation.variables(agent)) if agent.version else ""


@cache
def _version(argv: tuple[str, ...], env: tuple[tuple[str, str], ...]) -> str:
    with files.temporary_folder() as home:
        try:
            done = process.run(
                argv, cwd=home, env={**dict(env), "HOME": str(home)}, timeout=VERSION_SECONDS
            )
        except (FactoryError, OSError):
            return ""
    found = _VERSION.search(f"{done.out}\n{done.err}")
    return found[0] if found and done.code == 0 else ""
