"""A Python file as the definitions and statements that it is made of.

Nothing is imported and nothing is run: the syntax tree alone decides.
"""

from __future__ import annotations

import ast
import copy
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

Function = (ast.FunctionDef, ast.AsyncFunctionDef)

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What `ast.parse` raises for a text that it cannot take."""


@dataclass(eq=False)
class Part:
    """A function, the head of a class, an import or another statement, outside any function.

    name: qualified by its classes (`Schema.load`, `Schema.Meta.ordered`), empty without one.
    binds: the names that it gives a value to, each without its classes.
    first, last: its lines, decorators included. body: the first line that only a call executes.
    """

    kind: str
    name: str
    binds: tuple[str, ...]
    node: ast.stmt
    first: int
    last: int
    owner: str = ""
    body: int = 0

    @cached_property
    def uses(self) -> frozenset[str]:
        """Every name that it mentions: names, attributes, parameters, fixtures in decorators."""
        return frozenset(_mentioned(self._looked_at()))

    @cached_property
    def decorators(self) -> tuple[str, ...]:
        """As they are written, without layout."""
        return tuple(ast.unparse(one) for one in getattr(self.node, "decorator_list", ()))

    @cached_property
    def uses_at_import(self) -> frozenset[str]:
        """The names that it reads when its file is imported: all but those of a function's body."""
        if not isinstance(self.node, Function):
            return self.uses
        arguments = self.node.args
        defaults = (one for one in arguments.kw_defaults if one)
        return frozenset(_mentioned([*self.node.decorator_list, *arguments.defaults, *defaults]))

    @cached_property
    def meaning(self) -> str:
        """The same for two versions that differ in comments, layout or documentation only."""
        return "\n".join(dump(node) for node in self._looked_at())

    @cached_property
    def untyped(self) -> str:
        """Its meaning without annotations, which few programs look at."""
        return "\n".join(dump(Untyped().visit(copy.deepcopy(n))) for n in self._looked_at())

    @cached_property
    def head(self) -> str:
        """Of a function: what runs at import; decorators, parameters, defaults, untyped."""
        if not isinstance(self.node, Function):
            return self.meaning
        parts = [*self.node.decorator_list, Untyped().visit(copy.deepcopy(self.node.args))]
        return "\n".join(ast.dump(part) for part in parts)

    def _looked_at(self) -> Sequence[ast.AST]:
        if isinstance(self.node, ast.ClassDef):
            # What stands inside are parts of their own.
            return [*self.node.decorator_list, *self.node.bases, *self.node.keywords]
        return [self.node]


@dataclass(frozen=True, slots=True)
class Import:
    """`from module import name as alias`; `level` counts the dots. name is None for `import x`."""

    module: str
    name: str | None
    alias: str
    level: int


@dataclass(eq=False)
class Outline:
    """All parts of a file in order, and its imports wherever they stand, in functions too."""

    parts: tuple[Part, ...]
    imports: tuple[Import, ...]
    lines: tuple[str, ...]
    by_name: dict[str, list[Part]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for part in self.parts:
            if part.name:
                self.by_name[part.name].append(part)

    def text_of(self, part: Part) -> tuple[str, ...]:
        return self.lines[part.first - 1 : part.last]

    def functions(self) -> Iterator[Part]:
        return (part for part in self.parts if part.kind == "function")


def outline(text: str) -> Outline | None:
    """None for a text that this Python cannot parse."""
    try:
        tree = ast.parse(text)
        parts = tuple(_parts(tree.body, ""))
        imports = tuple(_imports(tree))
    except UNREADABLE:
        return None
    return Outline(parts=parts, imports=imports, lines=tuple(text.split("\n")))


def _parts(body: Sequence[ast.stmt], owner: str) -> Iterator[Part]:
    for index, node in enumerate(body):
        if isinstance(node, Function):
            yield _part("function", node, owner, (node.name,), first_of(node))
        elif isinstance(node, ast.ClassDef):
            name = f"{owner}.{node.name}" if owner else node.name
            head = _part("class", node, owner, (node.name,), first_of(node))
            head.last = max(head.first, node.body[0].lineno - 1)
            yield head
            yield from _parts(node.body, name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            if not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                yield from _import_parts(node, owner)
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)) and not _is_typing(
            node
        ):
            yield from _compound(node, owner)
        elif not (_is_documentation(node) and index == 0) and not _is_typing(node):
            yield _part("value", node, owner, tuple(_bound(node)), node.lineno)


def _compound(node: ast.stmt, owner: str) -> Iterator[Part]:
    """What stands under `if`, `try` and the like at import; its condition is a part as well."""
    blocks: list[Sequence[ast.stmt]] = []
    for name in ("body", "orelse", "finalbody"):
        blocks.append(getattr(node, name, []))
    blocks += [handler.body for handler in getattr(node, "handlers", [])]
    inner = [part for block in blocks for part in _parts(block, owner)]
    conditions = [getattr(node, name, None) for name in ("test", "iter")]
    for condition in conditions:
        if condition is not None:
            statement = ast.copy_location(ast.Expr(condition), condition)
            binds = tuple(dict.fromkeys(name for part in inner for name in part.binds))
            yield Part("value", "", binds, statement, node.lineno, condition.end_lineno, owner)
    yield from inner


def _part(kind: str, node: ast.stmt, owner: str, binds: tuple[str, ...], first: int) -> Part:
    name = ".".join(filter(None, [owner, binds[0]])) if binds else ""
    body = getattr(node, "body", None)
    start = body[0].lineno if kind == "function" and body else 0
    return Part(kind, name, binds, node, first, node.end_lineno or first, owner, start)


def _import_parts(node: ast.Import | ast.ImportFrom, owner: str) -> Iterator[Part]:
    """One part for each name, so that a further import changes no other."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            single: ast.stmt = ast.Import(names=[alias])
        else:
            single = ast.ImportFrom(module=node.module, names=[alias], level=node.level)
        bound = alias.asname or alias.name.partition(".")[0]
        part = _part("import", ast.copy_location(single, node), owner, (bound,), node.lineno)
        yield part


def _imports(node: ast.AST) -> Iterator[Import]:
    """All imports below a node: only statements are looked at, which are few of its nodes."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        inside = getattr(node, name, ())
        for inner in inside if isinstance(inside, list) else ():
            if isinstance(inner, ast.Import):
                for alias in inner.names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    yield Import(alias.name, None, bound, 0)
            elif isinstance(inner, ast.ImportFrom):
                for alias in inner.names:
                    bound = alias.asname or alias.name
                    yield Import(inner.module or "", alias.name, bound, inner.level)
            else:
                yield from _imports(inner)


def first_of(node: ast.stmt) -> int:
    """A definition's first line, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _bound(node: ast.stmt) -> Iterator[str]:
    wanted: list[ast.AST] = [node]
    for inner in wanted:
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, (ast.Store, ast.Del)):
            yield inner.id
        # What a comprehension binds is its own.
        children = ast.iter_child_nodes(inner)
        wanted += (child for child in children if not isinstance(child, ast.comprehension))


def _is_documentation(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_typing(node: ast.stmt) -> bool:
    """`if TYPE_CHECKING:` without an alternative never runs; `...` does nothing."""
    if isinstance(node, ast.If) and not node.orelse:
        return ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING"
    return isinstance(node, ast.Pass)


def _mentioned(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for root in nodes:
        for node in ast.walk(root):
            yield from _words(node)
        if isinstance(root, ast.expr):
            yield from _fixtures([root])


def _words(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            yield name
        case ast.keyword(arg=str(name)):
            yield name
        case ast.alias(name=name, asname=alias):
            yield from (alias or name).split(".")
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _fixtures(node.decorator_list)


def _fixtures(decorators: Sequence[ast.expr]) -> Iterator[str]:
    """The names in `@pytest.mark.usefixtures("name")`."""
    for decorator in decorators:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("usefixtures"):
            for argument in decorator.args:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value)


class Untyped(ast.NodeTransformer):
    """A copy without annotations of functions and values."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node  # what it annotates it may be made of


def dump(node: ast.AST) -> str:
    """`ast.dump` without documentation strings."""
    removed: list[tuple[list[ast.stmt], ast.stmt]] = []
    for inner in ast.walk(node):
        body = getattr(inner, "body", None)
        if isinstance(inner, (*Function, ast.ClassDef)) and body and _is_documentation(body[0]):
            removed.append((body, body.pop(0)))
    text = ast.dump(node)
    for body, statement in removed:
        body.insert(0, statement)
    return text
