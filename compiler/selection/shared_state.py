"""What is built once and kept, by whichever test comes first: all that use it depend on how.

A run records such code for one test alone. Here the code is found by its shape (a guarded
assignment to a global, an attribute of a class or a module's container; a function that is cached)
and its lines are given to every test that passed by the guard.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from factoryline.selection import conventions, divergence
from factoryline.selection.outline import Outline, Part

Lines = dict[str, dict[int, int]]
"""For each path, for each line, the tests that executed it."""

DEPTH = 4
"""How many calls deep what is built may be made elsewhere; further on any name is called."""

_FILLING = {"append", "add", "setdefault", "update", "insert", "extend", "__setitem__"}
_CACHED = ("cache", "lru_cache", "memoize", "memoized", "cached")


@dataclass(frozen=True, slots=True)
class Kept:
    """Code that builds what is kept, and the lines by which tests come to it."""

    path: str
    part: Part
    builds: frozenset[int]
    guard: frozenset[int]


def spread(lines: Lines, outlines: Mapping[str, Outline | None]) -> None:
    """Give the tests that use what was kept to the lines that built it."""
    ours = {p: o for p, o in outlines.items() if o is not None and not conventions.is_test(p)}
    named, heirs = _by_name(ours), _heirs(ours)
    for kept in [one for path, whole in ours.items() for one in _kept(path, whole)]:
        builders = _at(lines, kept.path, kept.builds)
        users = _at(lines, kept.path, kept.guard)
        if _is_cached(kept.part):
            users |= _callers(lines, ours, kept.part)
        if not builders or not users & ~builders:
            continue
        _give(lines, kept.path, kept.builds, builders, users)
        for path, part in _called(kept, named, heirs, lines, builders):
            _give(lines, path, range(part.body, part.last + 1), builders, users)


def _kept(path: str, whole: Outline) -> Iterator[Kept]:
    """The places in a file that build something for all who come after."""
    shared = {name for part in whole.parts if not part.owner for name in part.binds}
    for part in whole.functions():
        body = frozenset(range(part.body, part.last + 1))
        if _is_cached(part):
            yield Kept(path, part, body, frozenset())
            continue
        nodes = list(ast.walk(part.node))
        declared = {n for node in nodes if isinstance(node, ast.Global) for n in node.names}
        ours = (shared - _bound_in(nodes)) | declared | {"cls"}
        keeping = {
            n.lineno for n in nodes if isinstance(n, (ast.stmt, ast.Call)) and _keeps(n, ours)
        }
        guards = [node for node in nodes if isinstance(node, (ast.If, ast.Try))]
        guarded = False
        for node in guards:
            for block in filter(keeping.intersection, _blocks(node)):
                guarded = True
                yield Kept(path, part, block, divergence.head(node))
        if keeping and not guarded:
            # Who finds it there returns before the assignment.
            yield Kept(path, part, body, body)


def _blocks(node: ast.If | ast.Try) -> Iterator[frozenset[int]]:
    """The lines of each of the ways that a guard leads to."""
    handlers = node.handlers if isinstance(node, ast.Try) else []
    for block in (node.body, node.orelse, *(handler.body for handler in handlers)):
        if block:
            yield frozenset(range(block[0].lineno, (block[-1].end_lineno or 0) + 1))


def _keeps(node: ast.AST, ours: set[str]) -> bool:
    """Whether a statement puts something where other tests will find it."""
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in ours and target.id != "cls":
                return True
            if isinstance(target, (ast.Attribute, ast.Subscript)) and _root(target) in ours:
                return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in _FILLING and _root(node.func) in ours
    return False


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _bound_in(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that a function binds itself, its parameters included."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def _is_cached(part: Part) -> bool:
    plain = (one.partition("(")[0].rpartition(".")[2] for one in part.decorators)
    return any(name in _CACHED for name in plain)


def _callers(lines: Lines, ours: Mapping[str, Outline], part: Part) -> int:
    """The tests that execute a function that mentions this one."""
    tests = 0
    for path, whole in ours.items():
        for other in whole.functions():
            if other is not part and part.binds[0] in other.uses:
                tests |= _at(lines, path, range(other.body, other.last + 1))
    return tests


def _by_name(ours: Mapping[str, Outline]) -> dict[str, list[tuple[str, Part]]]:
    """Functions by the name that calls them; a class's name calls its `__init__`."""
    named: dict[str, list[tuple[str, Part]]] = defaultdict(list)
    for path, whole in ours.items():
        for part in whole.functions():
            name = part.binds[0]
            if name in ("__init__", "__new__", "__post_init__"):
                name = part.owner.rpartition(".")[2]
            named[name].append((path, part))
    return named


def _heirs(ours: Mapping[str, Outline]) -> dict[str, set[str]]:
    """For the name of a class: the classes whose heads name it, as a base or a metaclass."""
    heirs: dict[str, set[str]] = defaultdict(set)
    for whole in ours.values():
        for part in whole.parts:
            for name in part.uses if part.kind == "class" else ():
                heirs[name].add(part.binds[0])
    return heirs


def _called(
    kept: Kept,
    named: Mapping[str, list[tuple[str, Part]]],
    heirs: Mapping[str, set[str]],
    lines: Lines,
    builders: int,
) -> Iterator[tuple[str, Part]]:
    """The functions that the builders executed and that what is built may be made by."""
    names = _names_in(kept.part, kept.builds)
    names |= heirs.get(kept.part.owner.rpartition(".")[2], set())
    seen = {(kept.path, kept.part.name)}
    for _ in range(DEPTH):
        found = []
        for name in names:
            for path, part in named.get(name, ()):
                if (path, part.name) in seen:
                    continue
                if _at(lines, path, range(part.body, part.last + 1)) & builders:
                    seen.add((path, part.name))
                    found.append(part)
                    yield path, part
        names = {name for part in found for name in _names_in(part, None)}


def _names_in(part: Part, lines: frozenset[int] | None) -> set[str]:
    """What a function calls or names, in some of its lines; `cls` and `self.…` by their class."""
    names = set()
    for node in ast.walk(part.node):
        if lines is None or getattr(node, "lineno", 0) in lines:
            if isinstance(node, ast.Name):
                names.add(part.owner.rpartition(".")[2] if node.id == "cls" else node.id)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
    return names


def _at(lines: Lines, path: str, wanted: Iterable[int]) -> int:
    found, tests = lines.get(path, {}), 0
    for line in wanted:
        tests |= found.get(line, 0)
    return tests


def _give(lines: Lines, path: str, wanted: Iterable[int], builders: int, users: int) -> None:
    found = lines.get(path, {})
    for line in wanted:
        if found.get(line, 0) & builders:
            found[line] |= users
