"""Where two versions of a function part: the old lines that a test has to execute to notice.

A test that executes none of these lines runs the same statements in both versions. Statements are
compared block by block, so layout, comments and definitions that moved tell nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from weakref import WeakKeyDictionary

from factoryline.selection.outline import dump, first_of

Lines = frozenset[int]
Block = Sequence[ast.stmt]


def parting(old: ast.stmt, new: ast.stmt) -> Lines:
    """The lines of `old` at which it and `new` part, its head left out; none if they never do."""
    before, after = _Shape.of(old), _Shape.of(new)
    body = frozenset(range(before.blocks[0][0].lineno, (old.end_lineno or 0) + 1))
    return _blocks(before.blocks[0], after.blocks[0], body) if before.bare == after.bare else body


def is_seen(node: ast.stmt) -> bool:
    """Whether a call of a function leaves a line: one that has documentation alone leaves none."""
    return any(_leaves_a_trace(inner) for inner in getattr(node, "body", ()))


def mentioning(node: ast.stmt, lines: Lines) -> Lines:
    """The lines of the innermost statements of a function that some of its lines belong to.

    coverage.py counts a statement that spans lines under some of them only.
    """
    return frozenset().union(*(span for span in _heads(node) if not span.isdisjoint(lines)))


_HEADS: WeakKeyDictionary[ast.stmt, tuple[Lines, ...]] = WeakKeyDictionary()


def _heads(node: ast.stmt) -> tuple[Lines, ...]:
    """The heads of all statements in a function; many names are looked for in the same one."""
    if node not in _HEADS:
        inside = (inner for inner in ast.walk(node) if isinstance(inner, ast.stmt))
        _HEADS[node] = tuple(head(inner) for inner in inside if inner is not node)
    return _HEADS[node]


@dataclass(frozen=True, slots=True)
class _Shape:
    """A compound statement as its head and its blocks. bare: what has to be alike in both."""

    bare: tuple[object, ...]
    head: str
    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, node: ast.AST) -> _Shape:
        blocks: list[Block] = []
        heads = [type(node).__name__]
        bare: list[object] = [type(node)]
        for name, value in ast.iter_fields(node):
            if name in ("body", "orelse", "finalbody") and isinstance(value, list):
                blocks.append(_running(value) if name == "body" else value)
            elif name in ("handlers", "cases"):
                inside = [cls.of(part) for part in value]
                bare.append(len(inside))
                heads += [part.head for part in inside]
                blocks += [block for part in inside for block in part.blocks]
            elif name not in ("returns", "type_comment"):
                heads.append(_text(value))
        return cls(tuple(bare), "\n".join(heads), tuple(blocks))


def _blocks(old: Block, new: Block, around: Lines) -> Lines:
    """The lines at which two blocks part; `around` leads into them."""
    found: set[int] = set()
    matcher = SequenceMatcher(None, [dump(n) for n in old], [dump(n) for n in new], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "insert":
            found |= _entry(old, a, around)
        elif tag != "equal":
            found |= _replaced(old, (a, b), new[c:d], around)
    return frozenset(found)


def _replaced(old: Block, place: tuple[int, int], new: Block, around: Lines) -> Lines:
    """Statements that took the place of others; those with the same head may part inside."""
    first, last = place
    gone = old[first:last]
    heads, after = ([_Shape.of(node).head for node in block] for block in (gone, new))
    matcher = SequenceMatcher(None, heads, after, autojunk=False)
    found: set[int] = set()
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            for one, other in zip(gone[a:b], new[c:d], strict=True):
                found |= _inside(one, other)
            continue
        traced = [node for node in gone[a:b] if _leaves_a_trace(node)]
        for node in traced:
            found |= head(node)
        if not traced and c < d:
            found |= _entry(old, first + a, around)
    return frozenset(found)


def _inside(old: ast.stmt, new: ast.stmt) -> Lines:
    before, after = _Shape.of(old), _Shape.of(new)
    around = head(old)
    if before.bare != after.bare or before.head != after.head:
        return around
    found: set[int] = set()
    for one, other in zip(before.blocks, after.blocks, strict=True):
        found |= _blocks(one, other, around)
    return frozenset(found)


def _entry(block: Block, index: int, around: Lines) -> Lines:
    """Who comes to the place before `block[index]`: what stands there is executed next.

    At the end of a block, who comes through the statement before it; of an empty one, who comes to
    its head.
    """
    for node in block[index:]:
        if _leaves_a_trace(node):
            return head(node)
    for node in reversed(block[:index]):
        if _leaves_a_trace(node):
            return head(node)
    return around


def head(node: ast.stmt) -> Lines:
    """The lines of a statement that are executed whenever it is; of a compound one, its head."""
    first, last = first_of(node), node.end_lineno or node.lineno
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if body:
        start = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
        last = max(node.lineno, start.lineno - 1)
    return frozenset(range(first, last + 1))


def _leaves_a_trace(node: ast.stmt) -> bool:
    """Whether its execution is seen: constants, `global`, bare annotations compile to nothing."""
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return False
    if isinstance(node, ast.AnnAssign):
        return node.value is not None
    return not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _running(body: Block) -> Block:
    """A body without the documentation that opens it."""
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return body[1:] or body
    return body


def _text(value: object) -> str:
    values = value if isinstance(value, list) else [value]
    return "\n".join(ast.dump(v) if isinstance(v, ast.AST) else repr(v) for v in values)
