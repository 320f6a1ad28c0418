"""What a change of some names may change with them, as names tell: the evidence without a map.

Whoever uses a name depends on it, wherever it was imported from and under whatever alias; a method
is used by its bare name. So more is found than there is. It ends at the tests whose imports come to
the module at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from factoryline.selection import tests as testing
from factoryline.selection.impact import Impact
from factoryline.selection.outline import Outline, Part
from factoryline.selection.tree import Tree

MOST = 500
"""Further names than these are no particular ones: everything depends on the change."""


def add_depending(tree: Tree, path: str, names: Iterable[str], found: Impact) -> bool:
    """The tests that use names of a module, or what depends on them. False where that is nearly
    everything.
    """
    reached = reached_from(tree, names)
    if reached is None:
        return False
    users = tree.mentioning(reached, tree.tests)
    for user in importers(tree, path, users):
        whole = tree.outline(user)
        for test, name in testing.mentioning(user, whole, reached).items() if whole else ():
            found.add(test, "name", f"it uses `{name}`, which leads to {path}")
    return True


def importers(tree: Tree, path: str, users: Iterable[str]) -> Iterator[str]:
    """Those of some files that come to import a module, a test's conftests and the packages around
    what is imported included.
    """
    known = {path: True}

    def leads(start: str) -> bool:
        seen, wanted = {start}, [start]
        while wanted:
            one = wanted.pop()
            if known.get(one):
                return True
            further = () if one in known else _imported(tree, one)
            wanted += [other for other in further if other not in seen]
            seen.update(further)
        known.update(dict.fromkeys(seen, False))
        return False

    for user in users:
        known[user] = known.get(user) or leads(user)
        if known[user]:
            yield user


def _imported(tree: Tree, path: str) -> frozenset[str]:
    """The files of ours that are executed for one: its imports, and what pytest loads before."""
    found = {place for targets in tree.imports_of(path).values() for place, _ in targets}
    found |= {init for place in found for init in _above(tree, place, "__init__.py")}
    return frozenset({*found, *_above(tree, path, "conftest.py")})


def _above(tree: Tree, path: str, name: str) -> Iterator[str]:
    folders = PurePosixPath(path).parents
    return (p for p in (str(folder / name) for folder in folders) if p in tree.paths and p != path)


def reached_from(tree: Tree, names: Iterable[str]) -> frozenset[str] | None:
    """The names, with those of all that depends on them; None for more than `MOST`."""
    tests = frozenset(tree.tests)
    files = [path for path in tree.python if path not in tests]
    reached: set[str] = set()
    fresh = set(names)
    while fresh:
        reached |= fresh
        if len(reached) > MOST:
            return None
        users = list(tree.mentioning(sorted(fresh), files))
        outlines = [whole for whole in map(tree.outline, users) if whole]
        fresh = {name for whole in outlines for name in _users(whole, fresh)} - reached
    return frozenset(reached)


def _users(whole: Outline, names: set[str]) -> Iterator[str]:
    """The names of a file that depend on some."""
    yield from (one.alias for one in whole.imports if one.name in names)
    for part in whole.parts:
        if part.kind != "import" and not part.uses.isdisjoint(names):
            yield from _bound(whole, part)


def _bound(whole: Outline, part: Part) -> Iterator[str]:
    """The names by which others come to a part: its own, its class's for what nobody calls by
    name, and the object that it is registered with.
    """
    inside = part.owner.rpartition(".")[2]
    for name in part.binds:
        # `__init__` and its like, and what a class is made of.
        own = not (name.startswith("__") and name.endswith("__"))
        if own:
            yield name
        if inside and (not own or part.kind != "function"):
            yield inside
    if not part.binds:
        yield from (inside,) if inside else part.uses & _values(whole)
    for decorator in part.decorators:
        root, dot, _ = decorator.partition(".")
        if dot and root in _values(whole) | {p.name for p in whole.functions() if not p.owner}:
            yield root


def _values(whole: Outline) -> frozenset[str]:
    """The objects that a module holds."""
    plain = (part for part in whole.parts if part.kind == "value" and not part.owner)
    return frozenset(name for part in plain for name in part.binds)
