"""A template reads only what is there: variables, fields of contracts, filters and tests.

The syntax tree is followed with the JSON Schemas of the values that a template gets. Where a schema
leaves a value open, so does this check; what `is defined` guards is the template's own business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from factoryline.diagnostics import Diagnostic, Span, did_you_mean, listing
from factoryline.plan import builtin
from factoryline.plan.checks.base import parsed
from factoryline.spec import schema
from factoryline.spec.model import Ref, Spec

if TYPE_CHECKING:
    from jinja2 import nodes

Shape = Mapping[str, Any]
"""A JSON Schema of a value that a template gets; empty where anything may come."""

TEXT: Shape = {"type": "string"}
TEXTS: Shape = {"type": "array", "items": TEXT}
NUMBER: Shape = {"type": "number"}


def _object(**fields: Shape) -> Shape:
    return {"type": "object", "properties": fields}


def _list(item: Shape) -> Shape:
    return {"type": "array", "items": item}


_VERIFY = _list(_object(scope=TEXT, tests=TEXTS, select=TEXT, command=TEXT, folder=TEXT))
_ITEM = _object(statement=TEXT, details=TEXTS, output=TEXT)
_ROUND: Shape = {
    "type": "object",
    "properties": {"from": TEXT, "kind": TEXT, "items": _list(_ITEM)},
}
_DOCUMENT = _object(contract=TEXT, stage=TEXT, language=TEXT, text=TEXT)
_PRIOR = schema.builtin("prior")

BRIEF: Mapping[str, Shape] = {
    "artifact": _object(name=TEXT, goal=TEXT, consumer=TEXT, source=TEXT, verify=_VERIFY),
    "cell": TEXT,
    "contract": TEXT,
    "round": NUMBER,
    "touches": TEXT,
    "keep_out": TEXTS,
    "priors": _list(_PRIOR),
    "lessons": TEXTS,
    "feedback": _ROUND,
    "earlier": _list(_ROUND),
    "rejected": TEXTS,
    "documents": _list(_DOCUMENT),
    "patch": TEXT,
    "record": TEXT,
    "schema": {},
    "handoff_in": TEXT,
    "handoff_path": TEXT,
}
"""What a brief is rendered from."""

_FACTS = _object(name=TEXT, title=TEXT, goal=TEXT, consumer=TEXT, source=TEXT)
PACKET: Mapping[str, Shape] = {
    "artifact": _FACTS,
    "change": schema.builtin("change"),
    "verdict": schema.builtin("verdict"),
    "verified": TEXT,
    "memo": {},
    "round": NUMBER,
    "rework": NUMBER,
    "checklist": TEXTS,
    "sections": TEXTS,
    "record": TEXT,
}
"""What a packet's body is rendered from."""

_STAGE = _object(
    stage=TEXT, seconds=NUMBER, outcome=TEXT, by=TEXT, attempts=NUMBER, spent=TEXT, usual=NUMBER
)
NOTE: Mapping[str, Shape] = {
    "artifact": _object(name=TEXT, title=TEXT, goal=TEXT),
    "note": schema.builtin("note"),
    "seconds": NUMBER,
    "cost": _object(usd=NUMBER, tokens=NUMBER),
    "spent": TEXT,
    "stages": _list(_STAGE),
    "surfaces": TEXTS,
}
"""What a post-run note is rendered from."""


def check(spec: Spec) -> Iterator[Diagnostic]:
    contracts = {own.name.name: own for own in spec.contracts}
    for cell in spec.cells:
        yield from _template(spec, cell.prompt, BRIEF, cell.name)
        yield from _template(spec, cell.template, PACKET, cell.name)
        for variant in cell.variants:
            yield from _template(spec, variant.body, PACKET, variant.surface)
    for name, own in contracts.items():
        values = {"packet": PACKET, "note": NOTE}.get(name) or {
            "handoff": _schema_of(spec, name),
            "artifact": _object(name=TEXT),
        }
        place = own.schema or own.name
        yield from _template(spec, own.template, values, place)


def _schema_of(spec: Spec, name: str) -> Shape:
    own = next((c for c in spec.contracts if c.name.name == name), None)
    if own is None or own.schema is None:
        return schema.builtin(name) if name in builtin.CONTRACTS else {}
    try:
        loaded = json.loads((spec.home / own.schema.name).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}  # `files` says what is wrong with it
    return loaded if isinstance(loaded, dict) else {}


def _template(
    spec: Spec, ref: Ref | None, values: Mapping[str, Shape], contract: Ref
) -> Iterator[Diagnostic]:
    if ref is None:
        return
    try:
        text = (spec.home / ref.name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return  # `files` says what is wrong with it
    related = ((ref.span, "the template is named here"), (contract.span, "what it renders"))
    for problem in problems_in(text, ref.name, values):
        yield Diagnostic(
            message=problem.message,
            span=problem.span,
            help=problem.help,
            code="template",
            related=related if contract.span != ref.span else related[:1],
        )


def problems_in(text: str, file: str, values: Mapping[str, Shape]) -> list[Problem]:
    """What a template reads that `values` do not have; `file` goes into the positions."""
    import jinja2

    try:
        tree = parsed(text)
    except jinja2.TemplateError:
        return []  # `files` says what is wrong with it
    walk = _Walk(file=file, lines=_BREAK.split(text), values=values)
    walk.body(tree.body, dict(values))
    return walk.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that a template reads and does not get."""

    message: str
    span: Span
    help: str


@dataclass(slots=True, kw_only=True)
class _Walk:
    """Follows a template's statements with the shapes of the names in scope."""

    file: str
    lines: list[str]
    values: Mapping[str, Shape]
    problems: list[Problem] = field(default_factory=list)
    guarded: list[str] = field(default_factory=list)

    def body(self, statements: list[nodes.Node], scope: dict[str, Shape]) -> None:
        for statement in statements:
            self.statement(statement, scope)

    def statement(self, node: nodes.Node, scope: dict[str, Shape]) -> None:
        from jinja2 import nodes

        if isinstance(node, nodes.For):
            inner = dict(scope) | {"loop": {}}
            self.bind(node.target, self.shape(node.iter, scope), inner)
            if node.test:
                self.shape(node.test, inner)
            self.body(node.body, inner)
            self.body(node.else_, scope)
        elif isinstance(node, nodes.If):
            self.condition(node, scope)
        elif isinstance(node, nodes.Assign):
            self.bind(node.target, self.shape(node.node, scope), scope)
        elif isinstance(node, nodes.Output):
            for part in node.nodes:
                self.shape(part, scope)
        else:
            # Macros, blocks and calls bring names of their own; their insides are left alone.
            return

    def condition(self, node: nodes.If, scope: dict[str, Shape]) -> None:
        before = len(self.guarded)
        self.guarded += _defined(node.test)
        self.shape(node.test, scope)
        self.body(node.body, scope)
        del self.guarded[before:]
        for branch in node.elif_:
            self.condition(branch, scope)
        self.body(node.else_, scope)

    def bind(self, target: nodes.Node, shape: Shape, scope: dict[str, Shape]) -> None:
        from jinja2 import nodes

        if isinstance(target, nodes.Name):
            scope[target.name] = _items(shape)
        elif isinstance(target, nodes.Tuple):
            # `for key, value in mapping.items()`
            pair = shape.get("pair", ({}, {}))
            for name, part in zip(target.items, pair, strict=False):
                if isinstance(name, nodes.Name):
                    scope[name.name] = part

    def shape(self, node: nodes.Node, scope: Mapping[str, Shape]) -> Shape:
        """The shape of an expression; what is wrong in it is noted on the way."""
        from jinja2 import nodes

        if isinstance(node, nodes.Name):
            return self.name(node, scope)
        if isinstance(node, nodes.Getattr):
            return self.field(node, self.shape(node.node, scope), node.attr)
        if isinstance(node, nodes.Getitem):
            inner = self.shape(node.node, scope)
            if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
                return self.field(node, inner, node.arg.value)
            self.shape(node.arg, scope)
            if isinstance(node.arg, nodes.Slice):
                return inner
            return _items(inner) or inner.get("additionalProperties") or {}
        if isinstance(node, nodes.Call):
            return self.call(node, scope)
        if isinstance(node, nodes.Filter):
            self.filter(node)
            if node.name in ("default", "d") and node.node:
                return self.under([_path(node.node)], node.node, scope)
        if isinstance(node, nodes.CondExpr):
            self.shape(node.test, scope)
            if node.expr2:
                self.shape(node.expr2, scope)
            return self.under(_defined(node.test), node.expr1, scope)
        if isinstance(node, nodes.And):
            self.shape(node.left, scope)
            self.under(_defined(node.left), node.right, scope)
            return {}
        if isinstance(node, nodes.Test):
            self.test(node)
            if node.name not in ("defined", "undefined"):
                self.shape(node.node, scope)
            return {}
        for child in node.iter_child_nodes():
            self.shape(child, scope)
        return {}

    def under(self, paths: list[str], node: nodes.Node, scope: Mapping[str, Shape]) -> Shape:
        """The shape of an expression that is only reached where `paths` are defined."""
        before = len(self.guarded)
        self.guarded += paths
        shape = self.shape(node, scope)
        del self.guarded[before:]
        return shape

    def name(self, node: nodes.Name, scope: Mapping[str, Shape]) -> Shape:
        if node.name not in scope and node.name not in ("range", "dict", "namespace", "loop"):
            self.report(
                node,
                node.name,
                f"there is no `{node.name}` here",
                did_you_mean(node.name, self.values),
            )
        return scope.get(node.name, {})

    def field(self, node: nodes.Node, shape: Shape, name: str) -> Shape:
        properties = shape.get("properties")
        if not isinstance(properties, Mapping) or name in _METHODS:
            extra = shape.get("additionalProperties")
            return extra if isinstance(extra, Mapping) else {}
        guarded = _path(node) in self.guarded
        if name in properties:
            if name not in shape.get("required", properties) and not guarded:
                message = f"`{_path(node)}` may be missing: its schema does not require it"
                help = f"{{% if {_path(node)} is defined %}} … {{% endif %}}"
                self.report(node, name, message, help)
            return _resolved(properties[name], shape)
        if not guarded:
            known = listing(sorted(properties), limit=12)
            guess = did_you_mean(name, properties)
            help = guess if guess.startswith("did") else f"it has {known}"
            self.report(node, name, f"`{_path(node)}` does not exist: no field `{name}`", help)
        return {}

    def call(self, node: nodes.Call, scope: Mapping[str, Shape]) -> Shape:
        from jinja2 import nodes

        for argument in node.args:
            self.shape(argument, scope)
        if isinstance(node.node, nodes.Getattr) and node.node.attr in _METHODS:
            shape = self.shape(node.node.node, scope)
            extra = shape.get("additionalProperties")
            return {"pair": (TEXT, extra if isinstance(extra, Mapping) else {})}
        self.shape(node.node, scope)
        return {}

    def filter(self, node: nodes.Filter) -> None:
        from jinja2.filters import FILTERS as OWN

        known = {*OWN, *builtin.FILTERS}
        if node.name not in known:
            message = f"there is no filter `{node.name}`"
            self.report(node, node.name, message, did_you_mean(node.name, known))

    def test(self, node: nodes.Test) -> None:
        from jinja2.tests import TESTS as OWN

        if node.name not in OWN:
            message = f"there is no test `{node.name}`"
            self.report(node, node.name, message, did_you_mean(node.name, OWN))

    def report(self, node: nodes.Node, word: str, message: str, help: str) -> None:
        line = self.lines[node.lineno - 1] if node.lineno <= len(self.lines) else ""
        column = line.find(word) + 1
        width = len(word) if column else 1
        span = Span(file=self.file, line=node.lineno, column=column or 1, width=width)
        problem = Problem(message=message, span=span, help=help)
        if problem not in self.problems:
            self.problems.append(problem)


_BREAK = re.compile("\r\n|\r|\n")
"""What ends a line to Jinja, whose lines we count."""

_METHODS = frozenset({"items", "keys", "values"})


def _items(shape: Shape) -> Shape:
    items = shape.get("items")
    return _resolved(items, shape) if isinstance(items, Mapping) else {}


def _resolved(shape: Any, within: Shape) -> Shape:
    """A shape with its reference followed and the definitions of its surroundings kept."""
    if not isinstance(shape, Mapping):
        return {}
    definitions = within.get("$defs", {})
    reference = str(shape.get("$ref", ""))
    if reference.startswith("#/$defs/"):
        shape = definitions.get(reference.removeprefix("#/$defs/"), {})
    choices = [c for c in shape.get("anyOf", ()) if c.get("type") != "null"]
    if len(choices) == 1:
        return _resolved(choices[0], within)
    return {**shape, "$defs": definitions} if definitions else shape


def _defined(test: nodes.Node) -> list[str]:
    """The paths that a condition makes sure of: `x.y is defined`, alone or joined by `and`."""
    from jinja2 import nodes

    if isinstance(test, nodes.Test) and test.name == "defined":
        return [_path(test.node)]
    if isinstance(test, nodes.And):
        return _defined(test.left) + _defined(test.right)
    return []


def _path(node: nodes.Node) -> str:
    from jinja2 import nodes

    if isinstance(node, nodes.Getattr):
        return f"{_path(node.node)}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return f"{_path(node.node)}.{node.arg.value}"
    return node.name if isinstance(node, nodes.Name) else "…"
