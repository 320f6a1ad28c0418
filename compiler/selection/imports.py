"""Test files by what they import, re-exports resolved: the evidence where no map has any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from factoryline.selection import conventions
from factoryline.selection import tests as testing
from factoryline.selection.impact import Impact
from factoryline.selection.tree import Tree

DEPTH = 4
"""How many modules a name may be handed through."""


def add_importing(tree: Tree, path: str, found: Impact) -> None:
    """The tests of files that import a module, are named for it or mention it."""
    files = set(importing(tree, path))
    for user in sorted(files):
        whole = tree.outline(user)
        tests = testing.tests_in(user, whole) if whole else ()
        found.add_all(tests, "import", f"its file imports {path}")
    texts = {test: tree.text(test) for test in tree.tests}
    for user, _ in conventions.reaching([path], texts, limit=len(texts)):
        whole = tree.outline(user)
        tests = testing.tests_in(user, whole) if whole and user not in files else ()
        found.add_all(tests, "name", f"its file is named for {path} or mentions it")


def add_mentioning(tree: Tree, path: str, names: Iterable[str], found: Impact) -> bool:
    """Test functions that use one of the names, in files that import the module."""
    before = len(found.tests)
    for user in tree.mentioning(names, tree.tests):
        whole = tree.outline(user) if _leads_to(tree, user, path) else None
        for test, name in testing.mentioning(user, whole, names).items() if whole else ():
            found.add(test, "import", f"it uses `{name}` of {path}")
    return len(found.tests) > before


def importing(tree: Tree, path: str) -> Iterator[str]:
    """Test files that import a module, or a name of it through another module."""
    for test in tree.tests:
        if _leads_to(tree, test, path):
            yield test


def origin(tree: Tree, place: str, name: str, depth: int = DEPTH) -> set[str]:
    """The modules that a re-exported name comes from."""
    if not depth:
        return set()
    origins = set()
    for target, inner in tree.imports_of(place).get(name, ()):
        origins.add(target)
        if inner:
            origins |= origin(tree, target, inner, depth - 1)
    return origins


def _leads_to(tree: Tree, user: str, path: str) -> bool:
    return any(
        place == path or bool(name and path in origin(tree, place, name))
        for targets in tree.imports_of(user).values()
        for place, name in targets
    )
