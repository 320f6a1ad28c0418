"""Small mutations of Python source at exact positions: the rest of the file stays byte for byte.

What looks equivalent is left out: annotations, docstrings, messages, logging, `__main__` blocks.
"""

from __future__ import annotations

import ast
import bisect
import io
import tokenize
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from factoryline.selection.outline import UNREADABLE
from factoryline.verification.proof.languages.base import (
    Language,
    Mutant,
    Unreadable,
    in_order,
)


def mutants(path: str, source: bytes, lines: frozenset[int]) -> tuple[Mutant, ...]:
    """Every mutation that begins on one of `lines`, in order of position.

    Raises Unreadable when this Python cannot read the file, or positions in it would not be exact.
    """
    try:
        text = _decoded(source)
        reader = _Reader.of(path, source, text)
        return in_order((m for m in _walk(ast.parse(text), reader) if m.line in lines), source)
    except (*UNREADABLE, tokenize.TokenError, LookupError) as error:
        raise Unreadable("it cannot be read as Python here") from error


def holds(mutant: Mutant, source: bytes) -> bool:
    """Whether a mutation changes the file's meaning and leaves its syntax whole."""
    try:
        return ast.dump(ast.parse(mutant.apply(source))) != ast.dump(ast.parse(source))
    except UNREADABLE:
        return False


def _decoded(source: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    text = source.decode(encoding)
    if text.encode() != source or "\r" in text.replace("\r\n", ""):
        raise ValueError("the syntax tree would count other bytes than the file has")
    return text


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Reader:
    """A text by bytes, as the syntax tree counts them. `offsets`: where each line begins."""

    path: str
    data: bytes
    offsets: tuple[int, ...]
    tokens: tuple[_Token, ...]

    @classmethod
    def of(cls, path: str, data: bytes, text: str) -> _Reader:
        lines = text.split("\n")
        offsets = [0]
        for line in lines:
            offsets.append(offsets[-1] + len(line.encode()) + 1)

        def offset(place: tuple[int, int]) -> int:
            row, column = place
            return offsets[row - 1] + len(lines[row - 1][:column].encode())

        readline = iter(line + "\n" for line in lines).__next__
        tokens = tuple(
            _Token(token.string, offset(token.start), offset(token.end))
            for token in tokenize.generate_tokens(readline)
            if token.type in (tokenize.OP, tokenize.NAME)
        )
        return cls(path, data, tuple(offsets), tokens)

    def at(self, row: int, column: int) -> int:
        return self.offsets[row - 1] + column

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def source(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.data[start:end].decode()

    def between(self, left: ast.expr, right: ast.expr) -> list[_Token]:
        """The operator's tokens between two operands, without brackets."""
        start, end = self.span(left)[1], self.span(right)[0]
        return [t for t in self.inside(start, end) if t.text not in "()"]

    def inside(self, start: int, end: int) -> tuple[_Token, ...]:
        low = bisect.bisect_left(self.tokens, start, key=lambda token: token.start)
        high = bisect.bisect_left(self.tokens, end, key=lambda token: token.start)
        return self.tokens[low:high]

    def mutant(self, start: int, end: int, new: str, kind: str) -> Mutant:
        line = bisect.bisect_right(self.offsets, start)
        return Mutant(path=self.path, line=line, start=start, end=end, new=new.encode(), kind=kind)


def _walk(node: ast.AST, reader: _Reader) -> Iterator[Mutant]:
    if isinstance(node, (ast.stmt, ast.expr)):
        if _is_quiet(node):
            return
        mutate = _MUTATE.get(type(node))
        if mutate:
            yield from mutate(node, reader)
        if isinstance(node, ast.stmt):
            yield from _removed(node, reader)
    for name, value in ast.iter_fields(node):
        if name in _UNWALKED or isinstance(node, _WHOLE):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child, reader)


_UNWALKED = ("annotation", "returns", "decorator_list", "type_params", "bases")
_WHOLE = (ast.JoinedStr, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)
"""A formatted text has no positions of its own before Python 3.12; the others say no work."""

_QUIET = {"print", "log", "logger", "logging", "warnings", "_log", "_logger", "LOG", "LOGGER"}


def _is_quiet(node: ast.AST) -> bool:
    """Code that tests rightly ignore: docstrings, logging, what is there for type checkers."""
    if isinstance(node, ast.Expr):
        if isinstance(node.value, ast.Constant):
            return True
        if isinstance(node.value, ast.Call):
            return not _QUIET.isdisjoint(_words(node.value.func))
    if isinstance(node, ast.If):
        test = ast.unparse(node.test)
        return test.endswith("TYPE_CHECKING") or "__name__" in test
    if isinstance(node, ast.Assign):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        return any(name.startswith("__") and name.endswith("__") for name in names)
    return isinstance(node, ast.Assert)


def _words(node: ast.expr) -> Iterator[str]:
    """The names in what is called: `self`, `logger`, `debug`."""
    while isinstance(node, (ast.Attribute, ast.Call)):
        if isinstance(node, ast.Attribute):
            yield node.attr
        node = node.value if isinstance(node, ast.Attribute) else node.func
    if isinstance(node, ast.Name):
        yield node.id


def _compare(node: ast.Compare, reader: _Reader) -> Iterator[Mutant]:
    operands = pairwise([node.left, *node.comparators])
    for (left, right), operator in zip(operands, node.ops, strict=True):
        new = _COMPARISONS.get(type(operator))
        tokens = reader.between(left, right)
        if new and tokens:
            yield reader.mutant(tokens[0].start, tokens[-1].end, new, "comparison")


_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}


def _boolean(node: ast.BoolOp, reader: _Reader) -> Iterator[Mutant]:
    new = "or" if isinstance(node.op, ast.And) else "and"
    for left, right in pairwise(node.values):
        for token in reader.between(left, right)[:1]:
            yield reader.mutant(token.start, token.end, new, "boolean")


def _arithmetic(node: ast.BinOp, reader: _Reader) -> Iterator[Mutant]:
    new = _ARITHMETIC.get(type(node.op))
    if new and not any(map(_is_text, (node.left, node.right))):
        for token in reader.between(node.left, node.right)[:1]:
            yield reader.mutant(token.start, token.end, new, "arithmetic")


def _augmented(node: ast.AugAssign, reader: _Reader) -> Iterator[Mutant]:
    new = _ARITHMETIC.get(type(node.op))
    if new and not _is_text(node.value):
        for token in reader.between(node.target, node.value)[:1]:
            yield reader.mutant(token.start, token.end, new + "=", "arithmetic")


_ARITHMETIC: Mapping[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "//",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.LShift: ">>",
    ast.RShift: "<<",
    ast.BitAnd: "|",
    ast.BitOr: "&",
    ast.BitXor: "&",
}


def _is_text(node: ast.expr) -> bool:
    """Whether an operand is no number, so that another operator would break at once."""
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    texts = isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    return texts or isinstance(node, (ast.JoinedStr, ast.List, ast.Tuple, ast.ListComp))


def _constant(node: ast.Constant, reader: _Reader) -> Iterator[Mutant]:
    value, source = node.value, reader.source(node)
    new = ""
    if isinstance(value, bool):
        new = str(not value)
    elif isinstance(value, int):
        new = str(value + 1) if source == str(value) else f"({source} + 1)"
    elif isinstance(value, float):
        new = f"({source} + 1)"
    if new:
        yield reader.mutant(*reader.span(node), new, "constant")


def _negated(node: ast.If | ast.IfExp, reader: _Reader) -> Iterator[Mutant]:
    yield from _negation(node.test, reader)


def _comprehension(node: ast.expr, reader: _Reader) -> Iterator[Mutant]:
    for part in getattr(node, "generators", ()):
        for condition in part.ifs:
            yield from _negation(condition, reader)


def _negation(test: ast.expr, reader: _Reader) -> Iterator[Mutant]:
    # A single comparison is negated by its operator, and `not` by leaving it out.
    single = isinstance(test, ast.Compare) and len(test.ops) == 1
    if single and type(test.ops[0]) not in _ORDER:  # type: ignore[attr-defined]
        return
    if not isinstance(test, ast.UnaryOp):
        yield reader.mutant(
            *reader.span(test), f"(not ({reader.source(test)}))", "negated condition"
        )


_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def _not(node: ast.UnaryOp, reader: _Reader) -> Iterator[Mutant]:
    start, _ = reader.span(node)
    if isinstance(node.op, ast.Not):
        yield reader.mutant(start, reader.span(node.operand)[0], "", "negated condition")
    if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield reader.mutant(start, reader.span(node.operand)[0], "", "arithmetic")


def _return(node: ast.Return, reader: _Reader) -> Iterator[Mutant]:
    value = node.value
    nothing = value is None or (isinstance(value, ast.Constant) and value.value is None)
    truth = isinstance(value, ast.Constant) and isinstance(value.value, bool)
    if value is not None and not nothing and not truth:
        # Brackets around the value lie outside of it, so the whole statement is replaced.
        yield reader.mutant(*reader.span(node), "return None", "return value")


def _removed(node: ast.stmt, reader: _Reader) -> Iterator[Mutant]:
    effect = isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await))
    stored = isinstance(node, ast.Assign) and any(
        isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets
    )
    if effect or stored or isinstance(node, (ast.Raise, ast.AugAssign, ast.Delete, ast.Break)):
        yield reader.mutant(*reader.span(node), "pass", "removed statement")


_MUTATE: Mapping[type[ast.AST], Callable[[Any, _Reader], Iterator[Mutant]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.BinOp: _arithmetic,
    ast.AugAssign: _augmented,
    ast.Constant: _constant,
    ast.If: _negated,
    ast.IfExp: _negated,
    ast.UnaryOp: _not,
    ast.Return: _return,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
}

LANGUAGE = Language(name="Python", endings=(".py",), mutants=mutants, holds=holds)
