"""Small mutations of JavaScript and TypeScript, found in the tree that tree-sitter makes of them.

Same operators as for Python, where there is a counterpart. `script_tree` says what is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from factoryline.verification.proof.languages.base import Language, Mutant, in_order
from factoryline.verification.proof.languages.script_tree import (
    counted,
    field,
    first,
    parse,
    read,
    text_of,
    walk,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def mutants(path: str, source: bytes, lines: frozenset[int]) -> tuple[Mutant, ...]:
    """Every mutation that begins on one of `lines`, in order of position. Raises Unreadable."""
    made = (
        Mutant(
            path=path,
            line=source.count(b"\n", 0, start) + 1,
            start=start,
            end=end,
            new=new.encode(),
            kind=kind,
        )
        for node in walk(read(path, source), sorted(lines))
        for start, end, new, kind in _mutate(node)
    )
    return in_order((one for one in made if one.line in lines), source)


def holds(mutant: Mutant, source: bytes) -> bool:
    """Whether a mutation leaves the syntax of its file whole."""
    return not parse(mutant.path, mutant.apply(source)).has_error


LANGUAGE = Language(
    name="JavaScript",
    endings=(".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"),
    mutants=mutants,
    holds=holds,
    counted=counted,
)


Edit = tuple[int, int, str, str]
"""The first byte, the byte after the last, what comes there, and the kind of mutation."""


def _mutate(node: Node) -> Iterator[Edit]:
    make = _MUTATE.get(node.type)
    if make:
        yield from make(node)


def _binary(node: Node) -> Iterator[Edit]:
    operator = field(node, "operator")
    word = operator.type
    kind = next((kind for kind, words in _OPERATORS.items() if word in words), "")
    texts = kind == "arithmetic" and any(map(_is_no_number, _operands(node)))
    if kind and not texts and not _mixes(node, word):
        yield operator.start_byte, operator.end_byte, _OPERATORS[kind][word], kind


_OPERATORS: Mapping[str, Mapping[str, str]] = {
    "comparison": {
        "===": "!==",
        "!==": "===",
        "==": "!=",
        "!=": "==",
        "<": "<=",
        "<=": "<",
        ">": ">=",
        ">=": ">",
    },
    "boolean": {"&&": "||", "||": "&&", "??": "&&"},
    "arithmetic": {
        "+": "-",
        "-": "+",
        "*": "/",
        "/": "*",
        "%": "*",
        "**": "*",
        "<<": ">>",
        ">>": "<<",
        ">>>": "<<",
        "&": "|",
        "|": "&",
        "^": "&",
    },
}


def _mixes(node: Node, word: str) -> bool:
    """Whether another operator would stand beside a `??`, which is an error without brackets."""
    beside = [one for one in (node.parent, *_operands(node)) if one and one.type == node.type]
    return word == "??" and any(field(one, "operator").type == word for one in beside)


def _operands(node: Node) -> tuple[Node, Node]:
    return field(node, "left"), field(node, "right")


def _is_no_number(node: Node) -> bool:
    """Whether an operand is no number, so that another operator would break at once."""
    inner = [child for child in node.children if child.is_named]
    if node.type == "parenthesized_expression":
        return any(map(_is_no_number, inner))
    if node.type == "binary_expression" and field(node, "operator").type == "+":
        return any(map(_is_no_number, _operands(node)))
    return node.type in ("string", "template_string", "array", "object", "regex", "jsx_element")


def _augmented(node: Node) -> Iterator[Edit]:
    operator = field(node, "operator")
    new = _OPERATORS["arithmetic"].get(operator.type.removesuffix("="))
    if new and not _is_no_number(field(node, "right")):
        yield operator.start_byte, operator.end_byte, f"{new}=", "arithmetic"


def _update(node: Node) -> Iterator[Edit]:
    operator = field(node, "operator")
    new = "--" if operator.type == "++" else "++"
    yield operator.start_byte, operator.end_byte, new, "arithmetic"


def _number(node: Node) -> Iterator[Edit]:
    text = text_of(node).decode()
    plain = re.fullmatch(r"0|[1-9][0-9]*", text)
    step = "1n" if text.endswith("n") else "1"
    new = str(int(text) + 1) if plain else f"({text} + {step})"
    yield node.start_byte, node.end_byte, new, "constant"


def _truth(node: Node) -> Iterator[Edit]:
    new = "false" if node.type == "true" else "true"
    yield node.start_byte, node.end_byte, new, "constant"


def _condition(node: Node) -> Iterator[Edit]:
    """The condition of an `if` or of `a ? b : c`, negated."""
    test = field(node, "condition")
    if test.type == "parenthesized_expression":
        test = first(test) or test
    # A comparison for sameness is negated by its operator, and `!` by leaving it out.
    same = test.type == "binary_expression" and field(test, "operator").type in _SAME
    negated = test.type == "unary_expression" and field(test, "operator").type == "!"
    if not same and not negated:
        text = text_of(test).decode()
        yield test.start_byte, test.end_byte, f"!({text})", "negated condition"


_SAME = ("===", "!==", "==", "!=")


def _unary(node: Node) -> Iterator[Edit]:
    operator, operand = field(node, "operator"), field(node, "argument")
    kind = {"!": "negated condition", "-": "arithmetic"}.get(operator.type)
    if kind and not (operator.type == "-" and operand.type == "number"):
        yield node.start_byte, operand.start_byte, _blank(node), kind


def _blank(node: Node) -> str:
    """What has to stand before another text for a node: the `return!a` of minified files."""
    word = node.prev_sibling
    glued = word and word.end_byte == node.start_byte and word.type.isalpha()
    return " " if glued else ""


def _return(node: Node) -> Iterator[Edit]:
    value = first(node)
    if value is not None:
        yield from _nothing_for(value)


def _arrow(node: Node) -> Iterator[Edit]:
    body = field(node, "body")
    if body.type != "statement_block":
        yield from _nothing_for(body)


def _nothing_for(value: Node) -> Iterator[Edit]:
    if value.type not in ("undefined", "null", "true", "false"):
        yield value.start_byte, value.end_byte, f"{_blank(value)}undefined", "return value"


def _statement(node: Node) -> Iterator[Edit]:
    """A statement left out, where what it does is an effect."""
    if node.type != "expression_statement" or _has_effect(node):
        yield node.start_byte, node.end_byte, ";", "removed statement"


def _has_effect(node: Node) -> bool:
    inner = first(node)
    if inner is None:
        return False
    if inner.type == "call_expression":
        return field(inner, "function").type != "super"
    if inner.type == "assignment_expression":
        target = field(inner, "left")
        member = target.type in ("member_expression", "subscript_expression")
        return member and not text_of(target).startswith((b"module.exports", b"exports."))
    if inner.type == "unary_expression":
        return field(inner, "operator").type == "delete"
    return inner.type in (
        "await_expression",
        "augmented_assignment_expression",
        "update_expression",
    )


_MUTATE: Mapping[str, Callable[[Node], Iterator[Edit]]] = {
    "binary_expression": _binary,
    "augmented_assignment_expression": _augmented,
    "update_expression": _update,
    "number": _number,
    "true": _truth,
    "false": _truth,
    "if_statement": _condition,
    "ternary_expression": _condition,
    "unary_expression": _unary,
    "return_statement": _return,
    "arrow_function": _arrow,
    "expression_statement": _statement,
    "throw_statement": _statement,
    "break_statement": _statement,
}
