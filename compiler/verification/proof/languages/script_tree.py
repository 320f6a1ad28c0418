"""What of a JavaScript or TypeScript file may be mutated: its tree, without what tests ignore.

tree-sitter is an extra of its own; `parse` says what to install where it is missing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from factoryline.verification.proof.languages.base import Unreadable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

EXTRA = "install factoryline[javascript]"


def parse(path: str, source: bytes) -> Node:
    """The tree of a file, by the grammar of its name. Raises Unreadable without a parser."""
    return _parser(path).parse(source).root_node


def read(path: str, source: bytes) -> Node:
    """`parse`, for a file that is all understood. Raises Unreadable."""
    root = parse(path, source)
    if root.has_error or not _is_text(source):
        raise Unreadable("it cannot be read as JavaScript or TypeScript here")
    return root


def _is_text(source: bytes) -> bool:
    try:
        return "\0" not in source.decode()
    except UnicodeDecodeError:
        return False


@cache
def _grammar(name: str) -> Parser:
    try:
        import tree_sitter_javascript
        import tree_sitter_typescript
        from tree_sitter import Language as Grammar
        from tree_sitter import Parser
    except ImportError as error:
        raise Unreadable(EXTRA) from error
    make = {
        "javascript": tree_sitter_javascript.language,
        "typescript": tree_sitter_typescript.language_typescript,
        "tsx": tree_sitter_typescript.language_tsx,
    }
    try:
        return Parser(Grammar(make[name]()))
    except ValueError as error:
        raise Unreadable(f"{EXTRA}: its packages do not fit together, {error}") from error


def _parser(path: str) -> Parser:
    ending = PurePosixPath(path).suffix
    typed = "typescript" if ending in (".ts", ".mts", ".cts") else "javascript"
    return _grammar("tsx" if ending == ".tsx" else typed)


def counted(
    path: str, source: bytes, lines: frozenset[int], executable: frozenset[int]
) -> frozenset[int]:
    """The lines of `executable` on which begins what the given lines are part of.

    A line of JSX counts by its `return (`; one of a comment, or of a type, by none.
    """
    root, text = read(path, source), source.split(b"\n")
    found = (_counted(root, text[line - 1], line, executable) for line in lines)
    return frozenset(line for line in found if line)


def _counted(root: Node, text: bytes, line: int, executable: frozenset[int]) -> int:
    place = (line - 1, len(text) - len(text.lstrip()))
    around = list(_around(root.descendant_for_point_range(place, place)))
    if not around or around[0].type == "comment" or any(map(_is_type, around)):
        return 0
    starts = (node.start_point[0] + 1 for node in around)
    return next((start for start in starts if start in executable), 0)


def _around(node: Node | None) -> Iterator[Node]:
    """A node and all that it is part of, without the whole file."""
    while node is not None and node.parent is not None:
        yield node
        node = node.parent


def text_of(node: Node) -> bytes:
    return node.text or b""


def walk(root: Node, lines: list[int]) -> Iterator[Node]:
    """The nodes that reach one of some lines and may be mutated. No recursion: trees are deep."""
    left = [root]
    while left:
        node = left.pop()
        if _reaches(node, lines) and not _is_left_alone(node):
            yield node
            left += _inner(node)


def _reaches(node: Node, lines: list[int]) -> bool:
    at = bisect_left(lines, node.start_point[0] + 1)
    return at < len(lines) and lines[at] <= node.end_point[0] + 1


def _inner(node: Node) -> Iterator[Node]:
    kept_out = _KEPT_OUT.get(node.type, ())
    for index, child in enumerate(node.children):
        if child.is_named and node.field_name_for_child(index) not in kept_out:
            yield child


_KEPT_OUT: Mapping[str, tuple[str, ...]] = {
    # Fields of a node that are no work: names, and a step without which a loop never ends.
    "for_statement": ("increment",),
    "pair": ("key",),
    "method_definition": ("name",),
    "public_field_definition": ("name",),
    "field_definition": ("property",),
}

_SILENT = frozenset("import_statement import_alias decorator string regex jsx_text comment".split())

_TYPES = frozenset(
    "interface_declaration ambient_declaration function_signature method_signature"
    " abstract_method_signature index_signature implements_clause extends_type_clause".split()
)

_QUIET = frozenset("console log logger logging debug assert invariant warning".split())
"""Names of what is called to tell or to make sure: tests rightly do not look at it."""

_ONLY_HERE = re.compile(rb"NODE_ENV|__DEV__|require\.main|import\.meta\.(main|hot|env)")
"""Conditions that hold for one way of being run."""


def _is_left_alone(node: Node) -> bool:
    kind = node.type
    if kind in _SILENT or _is_type(node):
        return True
    if kind == "export_statement":
        return node.child_by_field_name("source") is not None
    if kind == "call_expression":
        return [*_words(node)][-1:] == ["console"]
    if kind == "expression_statement":
        called = first(node)
        if called is None or called.type != "call_expression":
            return False
        return not _QUIET.isdisjoint(_words(called))
    if kind == "arguments":
        return _makes_error(node.parent)
    if kind == "if_statement":
        return bool(_ONLY_HERE.search(text_of(field(node, "condition"))))
    return False


def _is_type(node: Node) -> bool:
    """Whether a node is there for the type checker, and gone when the file runs."""
    kind = node.type
    if kind in ("export_statement", "import_statement"):
        exported = node.child_by_field_name("declaration")
        only = any(child.type == "type" for child in node.children)
        return only or (exported is not None and _is_type(exported))
    named = kind.startswith("type_") or kind.endswith(("_type", "_annotation"))
    return kind in _TYPES or (named and kind != "type_assertion")


def _words(call: Node) -> Iterator[str]:
    """The names in what is called: `this`, `logger`, `debug`."""
    node = call.child_by_field_name("function")
    while node is not None and node.type in ("member_expression", "call_expression"):
        if node.type == "member_expression":
            yield text_of(field(node, "property")).decode()
            node = node.child_by_field_name("object")
        else:
            node = node.child_by_field_name("function")
    if node is not None:
        yield text_of(node).decode()


def _makes_error(call: Node | None) -> bool:
    """Whether arguments are those of an error: what it says is a message."""
    if call is None:
        return False
    made = call.child_by_field_name("constructor") or call.child_by_field_name("function")
    return made is not None and text_of(made).endswith((b"Error", b"Exception"))


def first(node: Node) -> Node | None:
    """What a node begins with, beside its own words and comments."""
    return next((c for c in node.children if c.is_named and c.type != "comment"), None)


def field(node: Node, name: str) -> Node:
    found = node.child_by_field_name(name)
    assert found is not None, f"the grammar gives every {node.type} a {name}"
    return found
