"""Small mutations of the lines that a commit changed, to see which tests notice."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARE = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_COMPARE |= {"is": "is not", "is not": "is", "in": "not in", "not in": "in"}
_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """`text` is the whole file with one small mistake on `line`."""

    path: str
    line: int
    what: str
    text: str


def mutate(path: str, text: str, lines: frozenset[int], count: int, *, seed: str) -> list[Mutant]:
    """Up to `count` mutants of the given lines, chosen at random but the same each time."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    source = text.encode()
    starts = [0]
    for row in source.split(b"\n"):
        starts.append(starts[-1] + len(row) + 1)
    found = []
    for node, new, what in _changes(tree):
        if node.lineno not in lines or node.end_lineno is None or node.end_col_offset is None:
            continue
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        changed = (source[:start] + new.encode() + source[end:]).decode()
        try:
            if ast.dump(ast.parse(changed)) != ast.dump(tree):
                found.append(Mutant(path=path, line=node.lineno, what=what, text=changed))
        except (SyntaxError, ValueError):
            continue
    chance = random.Random(f"{seed}{path}")
    chance.shuffle(found)
    # One a line first: many mistakes on one line tell less than one on each.
    seen: dict[int, int] = {}
    ranked = []
    for mutant in found:
        seen[mutant.line] = seen.get(mutant.line, -1) + 1
        ranked.append((seen[mutant.line], mutant))
    return [mutant for _, mutant in sorted(ranked, key=lambda pair: pair[0])][:count]


def _changes(tree: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            sign = _SIGNS[type(node.ops[0])]
            left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
            yield node, f"(({left}) {_COMPARE[sign]} ({right}))", f"{sign} to {_COMPARE[sign]}"
        elif isinstance(node, ast.BoolOp):
            word = " or " if isinstance(node.op, ast.And) else " and "
            values = [f"({ast.unparse(value)})" for value in node.values]
            yield node, f"({word.join(values)})", "and to or" if "or" in word else "or to and"
        elif isinstance(node, (ast.If, ast.While)):
            yield node.test, f"(not ({ast.unparse(node.test)}))", "condition turned round"
        elif isinstance(node, ast.Return) and node.value is not None:
            if not (isinstance(node.value, ast.Constant) and node.value.value is None):
                yield node, "return None", "returns None"
        elif isinstance(node, ast.Constant):
            yield from _constant(node)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            sign = "-" if isinstance(node.op, ast.Add) else "+"
            text = f"(({ast.unparse(node.left)}) {sign} ({ast.unparse(node.right)}))"
            yield node, text, "+ and - exchanged"
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node, "pass", "call removed"
        elif isinstance(node, (ast.Assign, ast.AugAssign)) and not isinstance(
            node.value, ast.Constant
        ):
            yield node.value, "None", "None assigned"


def _constant(node: ast.Constant) -> Iterator[tuple[ast.expr, str, str]]:
    if isinstance(node.value, bool):
        yield node, str(not node.value), f"{node.value} to {not node.value}"
    elif isinstance(node.value, int):
        yield node, str(node.value + 1), f"{node.value} to {node.value + 1}"
    elif isinstance(node.value, str) and node.value.isidentifier():
        yield node, repr("XX" + node.value), "another text"
