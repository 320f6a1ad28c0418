"""The tests of what uses a name: of the statements that mention it, and of other names that are
made of it at import, through modules and classes as far as it goes.

What runs at import has no context. Its value matters where something reads it.
"""

from __future__ import annotations

import ast
import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from factoryline.selection import conventions, divergence, imports
from factoryline.selection import tests as testing
from factoryline.selection.impact import Impact
from factoryline.selection.outline import Part
from factoryline.selection.reach import Reach
from factoryline.selection.tree import Tree

MOST_STEPS = 400
"""How many names a change at import may reach before the module counts as a hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name with the file that binds it and its class, empty for none.

    importing: whether only what runs at import can tell, since the rest is seen by its lines.
    apart: whether its own file has stopped using it, so that only others can.
    """

    path: str
    name: str
    owner: str = ""
    importing: bool = False
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What one name leads to: sets of tests by the map, tests by their text, and further names."""

    sets: tuple[int, ...]
    tests: tuple[str, ...]
    further: tuple[Name, ...]


@dataclass(kw_only=True)
class Dependents:
    """The search for uses of names; `executed` answers for the base, `new` has today's tests."""

    executed: Reach
    new: Tree
    _known: dict[Name, Uses] = field(default_factory=dict)
    _imported: dict[str, bool] = field(default_factory=dict)
    _importers: dict[str, int] = field(default_factory=dict)

    @property
    def old(self) -> Tree:
        return self.executed.old

    def of(self, names: Sequence[Name], found: Impact) -> list[int]:
        """The tests of all that uses the names, as sets; tests that use them go to `found`."""
        sets: list[int] = []
        wanted, seen = list(names), set(names)
        first = names[0]
        while wanted:
            one = wanted.pop()
            if len(seen) > MOST_STEPS:
                found.unknown.append(f"{first.path} is a hub: what it binds is used everywhere")
                break
            if one not in self._known:
                self._known[one] = self._uses(one)
            uses = self._known[one]
            sets += uses.sets
            found.add_all(uses.tests, "import", f"it uses `{first.name}` of {first.path}")
            for step in uses.further:
                if step not in seen:
                    seen.add(step)
                    wanted.append(step)
        return sets

    def _uses(self, one: Name) -> Uses:
        sets: list[int] = []
        further: list[Name] = []
        own = [] if one.apart else [(one.path, one.name)]
        for user, alias in [*own, *_seeing(self.old, one, self.old.python)]:
            whole = self.old.outline(user)
            lines = self.old.lines_with(alias, user) if whole else ()
            parts = whole.parts if whole and lines else ()
            if conventions.is_test(user):
                # Its tests are found by their text; what it binds, another file may import.
                parts = parts if parts and self._is_imported(user) else ()
                parts = tuple(part for part in parts if part.kind not in ("function", "class"))
            for part in parts:
                start = bisect.bisect_left(lines, part.first)
                if start < len(lines) and lines[start] <= part.last:
                    reached, more = self._part(one, user, alias, part, frozenset(lines))
                    sets += [reached] if reached else []
                    further += more
        if not one.owner:
            further += [
                replace(one, path=user, apart=False) for user in self.old.starring(one.path)
            ]
        tests = tuple(self._tests_that_use(one))
        return Uses(sets=tuple(sets), tests=tests, further=tuple(further))

    def _part(
        self, one: Name, user: str, alias: str, part: Part, lines: frozenset[int]
    ) -> tuple[int, list[Name]]:
        """The tests that read a name in one part of a file, and the names that it passes on."""
        if part.kind == "import":
            passed = alias in part.binds and (user, alias) != (one.path, one.name)
            return 0, [Name(path=user, name=alias, importing=one.importing)] if passed else []
        if alias not in part.uses:
            return 0, []
        executed = self.executed
        bound = [Name(path=user, name=name, owner=part.owner) for name in part.binds]
        if part.kind == "class":
            return executed.of_class(user, part.name), bound
        if part.kind != "function":
            return 0 if bound else self._of_effect(user, part), bound
        inside = divergence.mentioning(part.node, lines)
        in_head = alias in part.uses_at_import
        tests = 0
        if not one.importing:
            tests = executed.at(user, inside)
            if in_head:
                tests |= executed.of(user, part.name)
        further = bound if alias in _decorators(part) else []
        if (inside or in_head) and executed.at_import(user, part.name):
            further = [*further, made_by(user, part)]
        return tests, further

    def _of_effect(self, path: str, part: Part) -> int:
        """The tests of a statement that binds nothing: it does something to what is there.

        Those that execute the file, or import it, where nothing of it is executed later.
        """
        if isinstance(part.node, ast.Delete):
            return 0
        return self.executed.file(path).any or self._importing(path)

    def _importing(self, path: str) -> int:
        if path not in self._importers:
            importing, numbers = Impact(), self.executed.map.numbers
            imports.add_importing(self.new, path, importing)
            known = (numbers[test] for test in importing.tests if test in numbers)
            self._importers[path] = sum(1 << number for number in known)
        return self._importers[path]

    def _is_imported(self, path: str) -> bool:
        """Whether another file imports one of tests, which few do."""
        if path not in self._imported:
            others = self.old.mentioning([PurePosixPath(path).stem], self.old.python)
            targets = (self.old.imports_of(user).values() for user in others if user != path)
            found = (place for each in targets for some in each for place, _ in some)
            self._imported[path] = path in found
        return self._imported[path]

    def _tests_that_use(self, one: Name) -> Iterator[str]:
        for user, alias in _seeing(self.new, one, self.new.tests):
            whole = self.new.outline(user)
            if whole and one.importing:
                yield from testing.built_with(user, whole, alias)
            elif whole:
                yield from testing.mentioning(user, whole, [alias])


def made_by(path: str, part: Part) -> Name:
    """The name by which a function that runs at import is called there."""
    if part.binds[0].startswith("__") and part.owner:
        owner, _, name = part.owner.rpartition(".")
        return Name(path=path, name=name, owner=owner, importing=True)
    return Name(path=path, name=part.binds[0], owner=part.owner, importing=True)


def _seeing(tree: Tree, one: Name, among: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Other files that can see a name, and what they call it."""
    others = (path for path in among if path != one.path)
    if one.owner:
        # An attribute of a class is reached through an object, whatever was imported.
        if not (one.name.startswith("__") and one.name.endswith("__")):
            yield from ((user, one.name) for user in tree.mentioning([one.name], others))
        return
    for user in tree.mentioning([one.name], others):
        for alias, targets in tree.imports_of(user).items():
            if (one.path, one.name) in targets:
                yield user, alias
            elif (one.path, None) in targets:
                yield user, one.name


def _decorators(part: Part) -> frozenset[str]:
    return _names(getattr(part.node, "decorator_list", []))


def _names(nodes: Sequence[ast.expr]) -> frozenset[str]:
    return frozenset(
        getattr(inner, "id", "") or getattr(inner, "attr", "")
        for node in nodes
        for inner in ast.walk(node)
    )
