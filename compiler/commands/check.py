"""factory check: is the specification sound?"""

from __future__ import annotations

import argparse
from pathlib import Path

from factoryline.diagnostics import SpecError, plural, render
from factoryline.plan.resolve import check, resolve
from factoryline.spec.load import find, load

HELP = "prove what can be proven about factory.yaml before anything runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strict", action="store_true", help="warnings are errors")


def run(args: argparse.Namespace) -> int:
    path = Path(args.file) if args.file else find(Path.cwd())
    spec = load(path.absolute())
    problems = check(spec)
    if problems and (args.strict or any(p.severity == "error" for p in problems)):
        raise SpecError(problems, root=spec.home)
    if problems:
        print(render(problems, root=spec.home))
    plan = resolve(spec)
    cells = " → ".join(cell.name for cell in plan.line)
    print(f"{spec.file} is sound: {cells}; {plural(len(plan.artifacts), 'artifact')}")
    return 0
