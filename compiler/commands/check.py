"""factory check: is the specification sound?"""

from __future__ import annotations

import argparse
from pathlib import Path

from factoryline.diagnostics import Diagnostic, SpecError, ordered, plural
from factoryline.emit.diagnostics.base import found
from factoryline.emit.diagnostics.table import FORMATS
from factoryline.errors import ExitCode
from factoryline.pipeline import find
from factoryline.plan.resolve import check, resolve
from factoryline.spec.load import load
from factoryline.spec.model import Spec

HELP = "prove what can be proven about factory.yaml before anything runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strict", action="store_true", help="warnings are errors")
    parser.add_argument(
        "--format",
        choices=sorted(FORMATS),
        default="text",
        help="text for people; the others are printed to standard output, errors too",
    )


def run(args: argparse.Namespace) -> int:
    path = (Path(args.file) if args.file else find(Path.cwd())).absolute()
    spec, problems = _problems(path)
    refused = any(args.strict or problem.severity == "error" for problem in problems)
    if refused and args.format == "text":
        raise SpecError(problems, root=path.parent)
    text = FORMATS[args.format](found(problems, path.parent))
    if text:
        print(text)
    if spec and args.format == "text":
        plan = resolve(spec)
        cells = " → ".join(cell.name for cell in plan.line)
        print(f"{spec.file} is sound: {cells}; {plural(len(plan.artifacts), 'artifact')}")
    return ExitCode.REFUSED if refused else ExitCode.OK


def _problems(path: Path) -> tuple[Spec | None, tuple[Diagnostic, ...]]:
    """The specification, unless it cannot be read, and its problems in order of position."""
    try:
        spec = load(path)
    except SpecError as error:
        return None, error.diagnostics
    return spec, ordered(check(spec))
