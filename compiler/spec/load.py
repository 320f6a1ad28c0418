"""factory.yaml and the artifact files that it includes, read into a Spec.

`load` raises SpecError with every problem of syntax and schema in all of these files at once.
"""

from __future__ import annotations

from pathlib import Path

from factoryline.diagnostics import SpecError
from factoryline.spec import model, records, schema
from factoryline.spec.include import included, parse
from factoryline.spec.nodes import Node


def load(path: Path) -> model.Spec:
    """Read a specification. Raises SpecError."""
    home, file = path.parent, path.name
    root, problems = parse(home, file)
    problems = problems or schema.diagnose(root, schema.builtin("factory"))
    artifacts, searched = included(home, root, problems)
    if any(problem.severity == "error" for problem in problems):
        raise SpecError(problems, root=home)
    own = [entry for entry in records.fields(root, "artifacts") if entry[0] != "include"]
    flow = root.get("flow") or Node(span=root.span, fields={})
    return model.Spec(
        home=home,
        file=file,
        name=records.text(root, "name"),
        target=records.target(root),
        surfaces=tuple(records.surface(n, e) for n, e in records.fields(root, "surfaces")),
        agents=tuple(records.agent(n, e) for n, e in records.fields(root, "agents")),
        cells=tuple(records.cell(n, e) for n, e in records.fields(root, "cells")),
        line=records.refs(root, "line"),
        contracts=tuple(records.contract(n, e) for n, e in records.fields(root, "contracts")),
        scopes=tuple(records.scope(n, e) for n, e in records.fields(root, "scopes")),
        flow=model.FlowSpec(
            span=flow.span,
            wip=records.number(flow, "wip", 1),
            calibrated=records.flag(flow, "calibrated", True),
            notes=records.text(flow, "notes"),
            retries=records.number(flow, "retries", 3),
            reworks=records.number(flow, "reworks", 5),
            critiques=records.number(flow, "critiques", 2),
            merge=records.text(flow, "merge", "squash"),
            branches=records.text(flow, "branches", "factory/{artifact}"),
            sign=records.text(flow, "sign", "auto"),
            hooks=records.text(flow, "hooks", "none"),
            proof=records.proof(flow),
            budget=records.budget(flow),
        ),
        learning=records.learning(root),
        artifacts=(*(records.artifact(n, e) for n, e in own), *artifacts),
        problems=tuple(problems),
        sources=(str(path), *searched),
    )
