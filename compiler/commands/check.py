"""factory check: is the specification sound?"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from factoryline.cells import preflight
from factoryline.diagnostics import Diagnostic, Span, SpecError, listing, ordered, plural
from factoryline.emit.diagnostics.base import found
from factoryline.emit.diagnostics.table import FORMATS
from factoryline.errors import ExitCode, ProgramMissing
from factoryline.learning.priors import idle
from factoryline.ledger.store import Ledger
from factoryline.pipeline import find
from factoryline.plan.agents.base import resolved
from factoryline.plan.checks.table import TARGET_CHECKS
from factoryline.plan.model import Plan
from factoryline.plan.resolve import check, resolve
from factoryline.run import evidence
from factoryline.run.factory import Factory, ignored
from factoryline.spec.load import load
from factoryline.spec.model import Spec
from factoryline.system import process

HELP = "prove what can be proven about factory.yaml before anything runs"
EXAMPLES = (
    "factory check",
    "factory check --strict --format github",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strict", action="store_true", help="warnings are errors")
    parser.add_argument(
        "--environment", action="store_true", help="look for the programs on this machine too"
    )
    parser.add_argument(
        "--format",
        choices=sorted(FORMATS),
        default="text",
        help="text for people; the others are printed to standard output, errors too",
    )


def run(args: argparse.Namespace) -> int:
    path = (Path(args.file) if args.file else find(Path.cwd())).absolute()
    spec, problems = _problems(path, environment=args.environment)
    plan = None
    if spec and not any(problem.severity == "error" for problem in problems):
        plan = resolve(spec)
        problems = ordered([*problems, *_idle_priors(plan), *_unproven(plan), *_ignored(spec)])
    refused = any(args.strict or problem.severity == "error" for problem in problems)
    if refused and args.format == "text":
        raise SpecError(problems, root=path.parent)
    text = FORMATS[args.format](found(problems, path.parent))
    if text:
        print(text)
    if spec and plan and args.format == "text":
        cells = " → ".join(cell.name for cell in plan.line)
        print(f"{spec.file} is sound: {cells}; {plural(len(plan.artifacts), 'artifact')}")
    return ExitCode.REFUSED if refused else ExitCode.OK


def _problems(path: Path, *, environment: bool) -> tuple[Spec | None, tuple[Diagnostic, ...]]:
    """The specification, unless it cannot be read, and its problems in order of position."""
    try:
        spec = load(path)
    except SpecError as error:
        return None, error.diagnostics
    problems = [*check(spec), *(found for proof in TARGET_CHECKS for found in proof(spec))]
    if environment:
        problems += _programs(spec)
    if environment and not any(problem.severity == "error" for problem in problems):
        problems += [found for a in spec.agents for found in preflight.check(resolved(a))]
        plan = resolve(spec)
        for cell in plan.line:
            if cell.sandbox:
                problems += preflight.sandboxed(cell.name, cell.span, network=cell.network)
        problems += preflight.hosted(plan)
    return spec, ordered(problems)


def _idle_priors(plan: Plan) -> Iterator[Diagnostic]:
    """A warning for each rule that a person confirmed and no artifact will see or keep."""
    for prior, reason in idle(plan, Ledger(plan.home / "state")):
        yield Diagnostic(
            message=f"the prior `{prior['id']}` reaches no artifact: {reason}",
            span=Span(file=f"state/priors/{prior['id']}.json", line=1, column=1),
            help="name its surfaces anew in that file, or remove the file",
            severity="warning",
            code="idle-prior",
        )


def _unproven(plan: Plan) -> Iterator[Diagnostic]:
    """A warning where more is to be in progress at once than the ledger speaks for."""
    found = evidence.lacking(Factory(plan))
    if found:
        yield Diagnostic(
            message=f"`wip: {plan.flow.wip}` is more than the ledger speaks for: {listing(found)}",
            span=plan.flow.span,
            help="`factory calibrate` shows it all",
            severity="warning",
            code="wip",
        )


def _ignored(spec: Spec) -> Iterator[Diagnostic]:
    """A warning where git is told to leave the ledger out of commits."""
    # What is made from a folder is tried out, and its ledger may be made again.
    line = ignored(spec.home) if spec.target.repo else ""
    if line:
        yield Diagnostic(
            message=f"git ignores the ledger, so a clone would run everything again ({line})",
            span=spec.target.span,
            help="add `!/state/` after that line; state/.work/ stays out by itself",
            severity="warning",
            code="ignored-ledger",
        )


def _programs(spec: Spec) -> Iterator[Diagnostic]:
    """A problem for each program of a scope or a cell that this machine does not have."""
    commands = [cell.run for cell in spec.cells]
    for scope in spec.scopes:
        commands += [scope.run, scope.list, scope.again, *((name,) for name in scope.requires)]
        commands += scope.prepare.run if scope.prepare else ()
    for first in (command[0] for command in commands if command):
        try:
            if not first.name.startswith("{"):
                process.find_program(first.name)
        except ProgramMissing as missing:
            yield Diagnostic(
                message=missing.message, span=first.span, help=missing.help, code="missing-program"
            )
