"""The tests that a change of Python files needs: by lines of the context map, by the symbols that
run at import, where contexts see nothing, and by imports where there is no map.

`Finder.find` gives a `Found` with a reason for each test, and what it could not tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from factoryline.verification import reach
from factoryline.verification.selection import novelty
from factoryline.verification.selection import tests as testing
from factoryline.verification.selection.change import Edit, Shift
from factoryline.verification.selection.contextmap import ContextMap, FileMap
from factoryline.verification.selection.outline import Delta, Function, Part, differences
from factoryline.verification.selection.tree import Tree

MOST_STEPS = 400
"""How many names a change at import may reach before the module counts as a hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One changed part of a file and the tests that execute it.

    symbols: the names by which a test would mention it. strong: whether lines led to the tests.
    """

    path: str
    symbols: tuple[str, ...]
    tests: int
    strong: bool


@dataclass(slots=True, kw_only=True)
class Found:
    """Tests by the strategy that led to them; a test has the first reason that was found.

    unknown: why more than these may be needed, in sentences.
    """

    tests: dict[str, tuple[str, str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)

    def add(self, test: str, kind: str, why: str) -> None:
        self.tests.setdefault(test, (kind, why))


@dataclass(kw_only=True)
class Finder:
    """old, new: the base and the built change. shifts: per path, from the map's lines to old's."""

    old: Tree
    new: Tree
    map: ContextMap | None = None
    shifts: dict[str, Shift] = field(default_factory=dict)

    def find(self, edits: Sequence[Edit]) -> Found:
        found = Found()
        for edit in edits:
            if edit.new is not None and reach.is_test(edit.path):
                self._changed_tests(edit, found)
        for edit in edits:
            if not reach.is_test(edit.path):
                self._changed_source(edit, found)
        return found

    # Changed tests

    def _changed_tests(self, edit: Edit, found: Found) -> None:
        assert edit.new is not None, "the caller looked"
        now = self.new.outline(edit.new)
        if now is None:
            found.unknown.append(f"{edit.new} cannot be parsed")
            return
        before = self.old.outline(edit.old) if edit.old else None
        if before is None:
            for test in testing.tests_in(edit.new, now):
                found.add(test, "changed", f"{edit.new} is new")
            return
        tests = {part: test for test, part in testing.tests_in(edit.new, now).items()}
        names: set[str] = set()
        for delta in differences(before, now):
            if delta.new in tests:
                found.add(tests[delta.new], "changed", "the test is new or changed")
            elif (
                delta.new is None
                and delta.part.binds[:1]
                and delta.part.binds[0].startswith("test")
            ):
                continue
            elif not delta.names:
                for test in tests.values():
                    found.add(test, "changed", f"{edit.new} changed at import")
            elif "pytestmark" in delta.names:
                owner = delta.part.owner.replace(".", "::")
                start = f"{edit.new}::{owner}::" if owner else edit.new
                for test in filter(lambda test: test.startswith(start), tests.values()):
                    found.add(test, "changed", "its marks changed")
            else:
                names |= set(delta.names)
        for test, name in testing.mentioning(edit.new, now, names).items():
            found.add(test, "changed", f"it uses `{name}`, which changed beside it")

    # Changed source

    def _changed_source(self, edit: Edit, found: Found) -> None:
        before = self.old.outline(edit.old) if edit.old else None
        now = self.new.outline(edit.new) if edit.new else None
        if edit.old and before is None:
            found.unknown.append(f"{edit.old} could not be parsed before the change")
            return
        if edit.new and now is None:
            found.unknown.append(f"{edit.new} cannot be parsed")
            return
        if edit.new is None:
            assert before is not None, "it was there"
            found.unknown.append(f"{edit.path} is gone")
            return
        assert now is not None, "it is there"
        if edit.old and edit.old != edit.new:
            found.unknown.append(f"{edit.old} is {edit.new} now")
            return
        deltas = differences(before, now) if before else [Delta(None, part) for part in now.parts]
        if before and not deltas:
            return
        mapped = self._mapped(edit)
        if mapped is None:
            self._by_imports(edit, deltas, found)
            return
        for delta in deltas:
            self._delta(edit, delta, mapped, found)

    def _mapped(self, edit: Edit) -> FileMap | None:
        """The map of a file. Of one that runs at import alone it has no line, and knows that."""
        if self.map is None or edit.old is None:
            return None
        return self.map.file(edit.old) or FileMap(blob="", lines={}, functions={})

    def _delta(self, edit: Edit, delta: Delta, mapped: FileMap, found: Found) -> None:
        """The tests of one part that differs, where there is a map of its file."""
        path, part = edit.path, delta.part
        strong = weak = 0
        if part.kind == "function" and delta.old is not None:
            if delta.new is not None:
                strong = mapped.at(self._back(edit, _statements(delta.old, edit.old_lines())))
            if not strong or delta.head:
                weak |= mapped.of(part.name) or 0
        symbols = self._symbols(part)
        new = novelty.is_new(self.old, edit, delta)
        if new:
            # What uses a name that was not there before has changed itself, or reaches it through
            # a class that had an inherited one.
            if novelty.may_override(self.old, part):
                weak |= self._of_class(mapped, part.owner)
                if part.kind != "function":
                    # Its class may be made of what stands in it: an enumeration, a data class.
                    owner, _, name = part.owner.rpartition(".")
                    weak |= self._users([(path, name, owner)], found)
        elif part.kind != "function" or delta.old is None or delta.new is None:
            if delta.names:
                weak |= self._users([(path, name, part.owner) for name in delta.names], found)
            elif part.kind != "import":
                weak |= mapped.any
        spot = Spot(path=path, symbols=symbols, tests=strong | weak, strong=bool(strong))
        found.spots.append(spot)
        assert self.map is not None, "there is a map of the file"
        what = f"`{part.name}`" if part.name else "a statement"
        for test in self.map.names(spot.tests):
            found.add(test, "map", f"it executes {what} of {path}")
        if not spot.tests and new:
            self._mentioning_tests(path, symbols, found)
        elif not spot.tests:
            self._by_imports(edit, [delta], found)

    def _back(self, edit: Edit, lines: Iterable[int]) -> Iterable[int]:
        """Lines of the base as the map counts them; none where the map saw another text."""
        mapped = self._mapped(edit)
        if mapped and mapped.blob == edit.old_blob:
            return lines
        shift = self.shifts.get(edit.old or "")
        return shift.back(lines) if shift else ()

    def _of_class(self, mapped: FileMap, owner: str) -> int:
        inside = owner + "."
        tests = 0
        for name in mapped.functions:
            if name.startswith(inside):
                tests |= mapped.of(name) or 0
        return tests

    def _symbols(self, part: Part) -> tuple[str, ...]:
        names = list(part.binds)
        if part.binds and part.binds[0].startswith("__"):
            names = part.owner.split(".")[-1:] if part.owner else []
        return tuple(names)

    def _users(self, wanted: list[tuple[str, str, str]], found: Found) -> int:
        """The tests of all functions that use some names, through other names of modules.

        `wanted` are names with the path they are bound in and their class, empty for none.
        """
        assert self.map is not None, "the caller has one"
        tests = 0
        path = wanted[0][0]
        seen = set(wanted)
        while wanted:
            place, name, owner = wanted.pop()
            if len(seen) > MOST_STEPS:
                found.unknown.append(f"{path} is a hub: what it binds is used everywhere")
                return tests
            for user, alias in self._importers(place, name, owner):
                if reach.is_test(user):
                    self._test_users(user, alias, path, name, found)
                    continue
                whole = self.new.outline(user)
                mapped = self.map.file(user)
                for part in whole.parts if whole else ():
                    if part.kind == "import":
                        further = (
                            [(user, alias, "")] if alias in part.binds and user != place else []
                        )
                    elif alias not in part.uses:
                        continue
                    elif part.kind == "function":
                        tests |= (mapped.of(part.name) or 0) if mapped else 0
                        further = []
                        if alias in _decorators(part):
                            further = [(user, part.binds[0], part.owner)]
                    elif part.kind == "class":
                        tests |= self._of_class(mapped, part.name) if mapped else 0
                        further = [(user, part.binds[0], part.owner)]
                    else:
                        further = [(user, bound, part.owner) for bound in part.binds]
                    for step in further:
                        if step not in seen:
                            seen.add(step)
                            wanted.append(step)
        return tests

    def _test_users(self, user: str, alias: str, path: str, name: str, found: Found) -> None:
        whole = self.new.outline(user)
        for test in testing.mentioning(user, whole, [alias]) if whole else ():
            found.add(test, "import", f"it uses `{name}` of {path}")

    def _importers(self, path: str, name: str, owner: str) -> Iterator[tuple[str, str]]:
        """Files that can see a module's name, and what they call it; the module itself first."""
        yield path, name
        if owner:
            # An attribute of a class is reached through an object, whatever was imported.
            others = (p for p in self.new.python if p != path)
            if not (name.startswith("__") and name.endswith("__")):
                yield from ((user, name) for user in self.new.mentioning([name], others))
            return
        for user in self.new.mentioning([name], (p for p in self.new.python if p != path)):
            for alias, targets in self.new.imports_of(user).items():
                if (path, name) in targets:
                    yield user, alias
                elif (path, None) in targets:
                    yield user, name

    # Without a map

    def _by_imports(self, edit: Edit, deltas: Sequence[Delta], found: Found) -> None:
        """Test functions that use what differs, else whole files that import the module."""
        before = len(found.tests)
        path = edit.path
        names = {symbol for delta in deltas for symbol in self._symbols(delta.part)}
        files = set(self._importing_tests(path))
        hit = self.map is not None and self._mentioning_tests(path, sorted(names), found)
        for user in files if not hit else ():
            whole = self.new.outline(user)
            for test in testing.tests_in(user, whole) if whole else ():
                found.add(test, "import", f"its file imports {path}")
        texts = {test: self.new.text(test) for test in self.new.tests}
        for user, _ in reach.reaching([path], texts, limit=len(texts)):
            whole = self.new.outline(user)
            for test in testing.tests_in(user, whole) if whole and user not in files else ():
                found.add(test, "name", f"its file is named for {path} or mentions it")
        if len(found.tests) == before and not self.map:
            found.unknown.append(f"no test reaches {path}")

    def _mentioning_tests(self, path: str, names: Iterable[str], found: Found) -> bool:
        """Test functions that use one of the names, in files that import the module."""
        before = len(found.tests)
        for user in self.new.mentioning(names, self._importing_tests(path)):
            whole = self.new.outline(user)
            for test, name in testing.mentioning(user, whole, names).items() if whole else ():
                found.add(test, "import", f"it uses `{name}` of {path}")
        return len(found.tests) > before

    def _importing_tests(self, path: str) -> Iterator[str]:
        """Test files that import a module, or a name of it through another module."""
        wanted: dict[str, set[str] | None] = {path: None}
        for test in self.new.tests:
            if self._imports(test, wanted):
                yield test

    def _imports(self, user: str, wanted: dict[str, set[str] | None]) -> bool:
        for targets in self.new.imports_of(user).values():
            for place, name in targets:
                if place in wanted or (name and self._origin(place, name) & set(wanted)):
                    return True
        return False

    def _origin(self, place: str, name: str, depth: int = 4) -> set[str]:
        """The modules that a re-exported name comes from."""
        if not depth:
            return set()
        origins = set()
        for target, inner in self.new.imports_of(place).get(name, ()):
            origins.add(target)
            if inner:
                origins |= self._origin(target, inner, depth - 1)
        return origins


def _statements(part: Part, lines: frozenset[int]) -> frozenset[int]:
    """The lines of the innermost statements of a function that some lines belong to.

    Coverage counts a statement that spans lines under some of them only.
    """
    inside = {line for line in lines if part.first <= line <= part.last}
    found: set[int] = set()
    for node in ast.walk(part.node):
        if not isinstance(node, ast.stmt) or isinstance(node, (*Function, ast.ClassDef)):
            continue
        last = node.end_lineno or node.lineno
        body = getattr(node, "body", None)
        if body:
            last = max(node.lineno, body[0].lineno - 1)
        span = range(node.lineno, last + 1)
        if inside & set(span):
            found |= set(span)
    return frozenset(found)


def _decorators(part: Part) -> frozenset[str]:
    nodes = getattr(part.node, "decorator_list", [])
    return frozenset(
        getattr(inner, "id", "") or getattr(inner, "attr", "")
        for node in nodes
        for inner in ast.walk(node)
    )
