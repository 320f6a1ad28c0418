"""The files that a specification names are there and can be used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from factoryline.diagnostics import Diagnostic, did_you_mean
from factoryline.plan import builtin
from factoryline.plan.checks.base import is_file, parsed
from factoryline.spec import schema
from factoryline.spec.model import Ref, Spec


def check(spec: Spec) -> Iterator[Diagnostic]:
    for cell in spec.cells:
        bodies = [variant.body for variant in cell.variants]
        for ref in (cell.prompt, cell.template, *bodies):
            yield from _template(spec.home, ref)
    commands = (*(cell.run for cell in spec.cells), *(agent.command for agent in spec.agents))
    for ref in (ref for command in commands for ref in command):
        if ref.name.startswith("{home}/"):
            yield from _readable(spec.home, replace(ref, name=ref.name.removeprefix("{home}/")))
    for contract in spec.contracts:
        yield from _template(spec.home, contract.template)
        yield from _schema(spec.home, contract.schema)
        name = contract.name.name
        if contract.schema and name in builtin.MADE_BY_CODE:
            yield Diagnostic(
                message=f"the schema of `{name}` is ours: the line computes these hand-offs",
                span=contract.schema.span,
                help="leave `schema` out; `template` may be your own",
                code="contract",
            )
        if not contract.schema and name not in builtin.CONTRACTS:
            yield Diagnostic(
                message=f"the contract `{name}` needs a schema",
                span=contract.name.span,
                help=f"schema: contracts/{name}.schema.json",
                code="contract",
            )
    for artifact in spec.artifacts:
        for ref in (ref for round in artifact.adopt for ref in round):
            if looks_like_file(ref.name):
                yield from _readable(spec.home, ref)
        for ref in artifact.reviews:
            yield from _readable(spec.home, ref)


def looks_like_file(name: str) -> bool:
    """Whether an `adopt` item means a patch file, and not a revision of the target."""
    return name.endswith((".patch", ".diff", ".mbox"))


def _readable(home: Path, ref: Ref | None) -> Iterator[Diagnostic]:
    if ref and not is_file(home / ref.name):
        yield Diagnostic(
            message=f"there is no file `{ref.name}`",
            span=ref.span,
            help="paths are relative to the folder of factory.yaml",
            code="missing-file",
        )


def _template(home: Path, ref: Ref | None) -> Iterator[Diagnostic]:
    missing = list(_readable(home, ref))
    yield from missing
    if ref is None or missing:
        return
    import jinja2

    try:
        text = builtin.expand((home / ref.name).read_text(encoding="utf-8"))
        tree = parsed(text)
    except UnicodeDecodeError:
        yield Diagnostic(message=f"`{ref.name}` is not UTF-8 text", span=ref.span, code="template")
    except jinja2.TemplateSyntaxError as error:
        yield Diagnostic(
            message=f"{ref.name}:{error.lineno}: this is not a Jinja template: {error.message}",
            span=ref.span,
            code="template",
        )
    else:
        foreign = jinja2.nodes.Include, jinja2.nodes.Import, jinja2.nodes.Extends
        for node in tree.find_all((*foreign, jinja2.nodes.FromImport)):
            name = str(getattr(getattr(node, "template", None), "value", ""))
            yield Diagnostic(
                message=f"{ref.name}:{node.lineno}: `{name}` is not one of our parts, and nothing "
                "else can be included",
                span=ref.span,
                help=did_you_mean(name, builtin.PARTS),
                code="template",
            )


def _schema(home: Path, ref: Ref | None) -> Iterator[Diagnostic]:
    missing = list(_readable(home, ref))
    yield from missing
    if ref is None or missing:
        return
    try:
        document = json.loads((home / ref.name).read_bytes())
    except ValueError as error:
        problem = f"is not JSON: {error}"
    except RecursionError:
        problem = "is not JSON: the nesting is too deep"
    else:
        reason = "" if isinstance(document, dict) else "it is not a mapping"
        reason = reason or schema.schema_problem(document)
        problem = f"is not a JSON Schema (2020-12): {reason}" if reason else ""
    if problem:
        yield Diagnostic(message=f"`{ref.name}` {problem}", span=ref.span, code="schema")
