"""The tests of a scope: which there are, how many, and how a command names some of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from factoryline.selection import tests as testing
from factoryline.selection.choice import Choice
from factoryline.selection.scope import Scope
from factoryline.selection.tree import Tree

_DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)


class Suite:
    """The tests of a scope: those below the paths of its `all`."""

    def __init__(self, tree: Tree, scope: Scope, *, made_alike: bool = True) -> None:
        """made_alike: whether tests that are made at run time are the ones that the map knows."""
        self.tree = tree
        self.map = map = scope.map
        self.most = scope.most
        self.made_alike = made_alike
        self.everything = everything = tuple(scope.tests)
        roots = [path.partition("::")[0].rstrip("/") for path in everything]
        ours = [root for root in roots if root in (".", "") or _there(tree, root)]
        ran = Counter(test.partition("::")[0] for test in map.tests) if map else Counter[str]()
        # A runner may be told to find tests in files of other names, and the map has seen them.
        files = dict.fromkeys([*tree.tests, *(path for path in ran if path in tree.paths)])
        self.tests = tuple(
            path for path in files if not ours or any(_below(path, root) for root in ours)
        )
        self.defined = {path: _DEFINED.findall(tree.text(path)) for path in self.tests}
        self.counts = {
            path: max(sum(name.startswith("test") for name in names), ran[path])
            for path, names in self.defined.items()
        }
        self.known = sum(self.counts.values())

    def whole(self, reason: str, *, more: int = 0) -> Choice:
        widened = reason + (f" (and {more} more)" if more else "")
        return Choice(tests=self.everything, widened=widened, known=self.known or None)

    def below(self, folders: Iterable[str]) -> Iterator[str]:
        for folder in folders:
            for path in self.tests:
                if _below(path, folder):
                    yield from testing.of_file(path, self.tree.outline(path))

    def present(self, tests: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
        """The tests of this scope that are there, or the class or file that has them now."""
        found: dict[str, tuple[str, str]] = {}
        for test, why in tests.items():
            if why[0] == "rule":
                found.setdefault(test, why)
                continue
            path, *names = test.split("::")
            if path not in self.defined:
                continue
            if self._is_as_it_ran(test, path):
                found.setdefault(test, why)
                continue
            if len(names) == 1 and names[0] not in self.defined[path]:
                continue  # it is gone
            while names and not set(names) <= set(self.defined[path]):
                names.pop()  # its class may inherit it
            found.setdefault("::".join([path, *names]), why)
        whole = {test for test in found if "::" not in test}
        return {
            t: why for t, why in found.items() if t in whole or t.partition("::")[0] not in whole
        }

    def size(self, test: str) -> int:
        """How many test functions run by a name: those of a class or file, as far as is known."""
        if "::" not in test:
            return self.counts.get(test) or 1
        inside: int = self._inside[test]
        return inside or 1

    @cached_property
    def _inside(self) -> Counter[str]:
        """The tests that the map has of each class."""
        inside = Counter[str]()
        for test in self.map.tests if self.map else ():
            path, *classes = test.split("::")[:-1]
            inside.update(
                "::".join([path, *classes[:depth]]) for depth in range(1, len(classes) + 1)
            )
        return inside

    def _is_as_it_ran(self, test: str, path: str) -> bool:
        """Whether a test is in the map and nothing that makes it has changed since."""
        if self.map is None or test not in self.map.numbers or not self.made_alike:
            return False
        ran = self.map.file(path)
        return ran is not None and ran.blob == self.tree.blobs.get(path)

    def arguments(self, tests: Iterable[str]) -> tuple[str, ...]:
        """Tests as arguments; a file whose tests are all chosen is named as a whole."""
        by_file: dict[str, list[str]] = {}
        for test in tests:
            by_file.setdefault(test.partition("::")[0], []).append(test)
        chosen = {
            path: [path] if self._is_whole(path, inside) else inside
            for path, inside in by_file.items()
        }
        by_length = sorted(chosen, key=lambda path: -sum(map(len, chosen[path])))
        total = sum(len(test) + 1 for inside in chosen.values() for test in inside)
        for path in by_length:
            if total <= self.most:
                break
            total -= sum(len(test) + 1 for test in chosen[path]) - len(path) - 1
            chosen[path] = [path]
        return tuple(test for inside in chosen.values() for test in inside)

    def _is_whole(self, path: str, inside: Sequence[str]) -> bool:
        return path in inside or 0 < self.counts.get(path, 0) <= len(inside)


def _there(tree: Tree, root: str) -> bool:
    return root in tree.paths or any(_below(path, root) for path in tree.tests)


def _below(path: str, root: str) -> bool:
    return root in (".", "", path) or path.startswith(root + "/")
