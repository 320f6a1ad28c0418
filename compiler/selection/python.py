"""The tests that a change of Python files needs: by lines of the coverage map, by the names that
run at import, where contexts see nothing, and by imports where there is no map.

`Finder.find` gives a `Impact` with a reason for each test, and what it could not tell.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from factoryline.selection import (
    changed_tests,
    conventions,
    dependents_by_name,
    divergence,
    imports,
    novelty,
)
from factoryline.selection.change import Edit
from factoryline.selection.coverage_map import CoverageMap, members, union
from factoryline.selection.dependents_by_map import Dependents, Name, made_by
from factoryline.selection.differences import Delta, differences
from factoryline.selection.impact import Entity, Impact
from factoryline.selection.outline import Outline, Part
from factoryline.selection.reach import Reach
from factoryline.selection.tree import Tree

READS_ANNOTATIONS = """__annotations__ get_type_hints get_annotations getfullargspec inspect
singledispatch singledispatchmethod""".split()
"""Where none of these words stands in a repository, annotations of functions do nothing."""

A_FEW = 16
"""How many tests look after a change that no test executes."""

_HARMLESS = re.compile(
    r"(functools\.)?(wraps|(lru_)?cache|cached_property)\b|property$|.*\.setter$|"
    r"(static|class)method$|(typing\.|t\.)?(overload|override)$|abstractmethod$"
)


@dataclass(kw_only=True)
class Finder:
    """old, new: the map's commit, without one the base, and the built change."""

    old: Tree
    new: Tree
    map: CoverageMap | None = None
    executed: Reach | None = None
    _dependents: Dependents | None = None

    def __post_init__(self) -> None:
        if self.map:
            self.executed = Reach(map=self.map, old=self.old)
            self._dependents = Dependents(executed=self.executed, new=self.new)

    def find(self, edits: Sequence[Edit], *, others: bool = False) -> Impact:
        """others: whether files that are no code have led to tests already."""
        found = Impact()
        silent = self._find(edits, found)
        if not found.tests and not found.unknown:
            self._around([one for one in silent if one[1] or not others], found)
        return found

    def drifted(self, edits: Sequence[Edit]) -> Impact:
        """The tests of which the map is not sure any more, since these edits came after it: they
        may execute the change by now.
        """
        found, whole = Impact(), Impact()
        self._find(edits, found)
        for test, (_, why) in found.tests.items():
            whole.add(test, "drift", f"{why}, which changed since the map was made")
        whole.unknown += found.unknown
        return whole

    def _find(self, edits: Sequence[Edit], found: Impact) -> list[tuple[Edit, Sequence[Delta]]]:
        """Returns what differs and may turn out to be executed by no test."""
        for edit in edits:
            if edit.new is not None and conventions.is_test(edit.path):
                changed_tests.add_changed(self.old, self.new, edit, found)
        silent: list[tuple[Edit, Sequence[Delta]]] = []
        for edit in edits:
            if not conventions.is_test(edit.path):
                silent += self._changed_source(edit, found)
        return silent

    # Changed source

    def _changed_source(self, edit: Edit, found: Impact) -> Sequence[tuple[Edit, Sequence[Delta]]]:
        """Returns what differs, where it may turn out that no test executes or uses it."""
        before = self.old.outline(edit.old) if edit.old else None
        now = self.new.outline(edit.new) if edit.new else None
        if edit.old and before is None:
            found.unknown.append(f"{edit.old} could not be parsed before the change")
            return ()
        if edit.new and now is None:
            found.unknown.append(f"{edit.new} cannot be parsed")
            return ()
        if before and now:
            deltas = differences(before, now)
        else:
            deltas = [Delta(part, None) for part in before.parts] if before else []
            deltas += [Delta(None, part) for part in now.parts] if now else []
        deltas = [delta for delta in deltas if not self._does_nothing(edit, delta)]
        moved = _moved(edit)
        if not deltas and not moved:
            return [(edit, ())]
        if self.executed is None or edit.old is None:
            self._by_imports(edit, deltas, found)
            return ()
        for delta in deltas:
            self._delta(self.executed, edit, delta, found)
        if moved:
            gone = f"{edit.old} is gone" if edit.new is None else f"{edit.old} is {edit.new} now"
            self._entity(edit.old, [self.executed.file(edit.old).any], frozenset(), gone, found)
        called = any(delta.old and delta.part.kind == "function" for delta in deltas)
        if called and not self.executed.file(edit.old).lines:
            # Perhaps another process executes it.
            self._by_imports(edit, deltas, found)
        return [(edit, deltas)]

    def _does_nothing(self, edit: Edit, delta: Delta) -> bool:
        """Whether only type checkers see what differs."""
        decorators = delta.part.decorators
        if any(one.rpartition(".")[2] == "overload" for one in decorators):
            return True
        if not delta.typing or not all(map(_HARMLESS.match, decorators)):
            return False
        whole = self.new.outline(edit.path)
        if delta.part.kind == "value" and not (whole and _is_plain(whole, delta.part.owner)):
            return False
        return not self._annotations_are_read

    @cached_property
    def _annotations_are_read(self) -> bool:
        return any(self.new.mentioning(READS_ANNOTATIONS, self.new.python))

    def _delta(self, executed: Reach, edit: Edit, delta: Delta, found: Impact) -> None:
        """The tests of one part that differs, where there is a map."""
        assert edit.old is not None, "a new file has no lines in the map"
        path, part = edit.old, delta.part
        if part.kind == "function" and delta.old and delta.new:
            lines = divergence.parting(delta.old.node, delta.new.node)
            # What merely looks different is executed as well: it counts as changed elsewhere.
            lines |= divergence.mentioning(delta.old.node, edit.gone_lines())
            sets = executed.each(path, lines)
            if delta.head or delta.typing:
                sets.append(executed.of(path, part.name))
            if executed.at_import(path, part.name):
                sets += self._uses([made_by(path, part)], found)
            if not divergence.is_seen(delta.old.node):
                names = [Name(path=path, name=part.binds[0], owner=part.owner)]
                sets += self._uses(names, found)
        elif novelty.is_new(self.old, edit, delta):
            sets = self._overridden(executed, path, part, found)
        else:
            sets = self._gone_or_bound(executed, edit, delta, found)
        what = f"`{part.name}`" if part.name else "a statement"
        said = words(
            _source(self.old, path, delta.old), _source(self.new, edit.new or "", delta.new), part
        )
        self._entity(path, sets, said, f"it executes {what} of {path}", found)
        if not any(sets) and delta.old is None:
            imports.add_mentioning(self.new, edit.path, part.binds, found)

    def _gone_or_bound(self, executed: Reach, edit: Edit, delta: Delta, found: Impact) -> list[int]:
        """The tests of what is gone, and of what runs at import."""
        assert edit.old is not None, "a new file has no lines in the map"
        path, part = edit.old, delta.part
        sets: list[int] = []
        if part.kind == "function" and delta.old:
            sets.append(executed.of(path, part.name))
        if part.kind == "class":
            sets.append(executed.of_class(path, part.name))
        if part.owner and part.kind == "value" and self._makes_its_class(path, part):
            return self._of_instances(executed, path, part.owner, found)
        gone = not part.owner and delta.new is None
        names = [
            Name(
                path=path,
                name=name,
                owner=part.owner,
                apart=gone and not self._uses_still(edit, name),
            )
            for name in delta.names
        ]
        if names:
            sets += self._uses(names, found)
        elif part.kind != "import":
            sets.append(executed.file(path).any)
        return sets

    def _uses(self, names: Sequence[Name], found: Impact) -> list[int]:
        assert self._dependents is not None, "there is a map"
        return self._dependents.of(names, found)

    def _uses_still(self, edit: Edit, name: str) -> bool:
        now = self.new.outline(edit.new) if edit.new else None
        return now is not None and any(name in p.uses for p in now.parts if p.kind != "import")

    def _makes_its_class(self, path: str, part: Part) -> bool:
        """Whether more than a lookup of its name depends on an attribute: a field, a dunder."""
        dunder = any(name.startswith("__") and name.endswith("__") for name in part.binds)
        whole = self.old.outline(path) or self.new.outline(path)
        heads = whole.by_name.get(part.owner, ()) if whole else ()
        made = any(head.decorators for head in heads)
        return dunder or not part.binds or made

    def _of_instances(self, executed: Reach, path: str, owner: str, found: Impact) -> list[int]:
        """The tests that make an object of a class, or execute one of its methods."""
        makers = [f"{owner}.{name}" for name in ("__init__", "__new__")]
        known = [maker for maker in makers if maker in executed.file(path).functions]
        sets = [executed.of_class(path, owner)]
        if not known or any(executed.at_import(path, maker) for maker in known):
            above, _, name = owner.rpartition(".")
            sets += self._uses([Name(path=path, name=name, owner=above)], found)
        return sets

    def _overridden(self, executed: Reach, path: str, part: Part, found: Impact) -> list[int]:
        """What uses a name that was not there before has changed itself, or reaches it through a
        class that had an inherited one.
        """
        if not novelty.may_override(self.old, part):
            return []
        whole = self.old.outline(path)
        if whole is None or part.owner not in whole.by_name:
            return []  # its class is new as well
        sets = [executed.of_class(path, part.owner)]
        if part.kind != "function":
            # Its class may be made of what stands in it: an enumeration, a data class.
            sets += self._of_instances(executed, path, part.owner, found)
        for place in self.old.mentioning([part.binds[0]], self.old.python):
            inherited = self.old.outline(place)
            for other in inherited.functions() if inherited else ():
                if other.owner and other.binds[0] == part.binds[0]:
                    sets.append(executed.of(place, other.name))
        return sets

    def _entity(
        self, path: str, sets: Sequence[int], words: frozenset[str], why: str, found: Impact
    ) -> None:
        assert self.map is not None, "only a map has such sets"
        places = tuple(dict.fromkeys(filter(None, sets)))
        tests = union(places)
        found.entities.append(Entity(path=path, words=words, tests=tests, places=places))
        found.add_all(self.map.names(tests), "map", why)

    # Where no line leads to a test

    def _by_imports(self, edit: Edit, deltas: Sequence[Delta], found: Impact) -> None:
        """Test functions that use what differs, else whole files that import the module."""
        theirs = Impact()
        names = {symbol for delta in deltas for symbol in _symbols(delta.part)}
        places = [(edit.new, self.new), (edit.old, self.old)]
        for path, tree in places if _moved(edit) else places[:1]:
            hit = path and self.map and imports.add_mentioning(tree, path, sorted(names), theirs)
            if path and not hit and not (self.map and edit.old is None):
                # A map shows what executes old modules; a new one is used by what has changed.
                imports.add_importing(tree, path, theirs)
            if (
                path
                and not self.map
                and not dependents_by_name.add_depending(tree, path, names, theirs)
            ):
                theirs.unknown.append(f"nearly everything depends on {path}")
        found.join(theirs)
        if not theirs.tests and not self.map:
            found.unknown.append(f"no test reaches {edit.path}")

    def _around(self, silent: Sequence[tuple[Edit, Sequence[Delta]]], found: Impact) -> None:
        """Nothing executes what differs, so that no test can tell it from what was there before.

        What runs at import and nothing reads breaks every test or none: a few are enough. So does
        what differs in words and layout alone.
        """
        for edit, deltas in silent:
            if self.executed and edit.old:
                near = _nearest(self.executed, edit.old, deltas)
                few = sum(1 << number for number in itertools.islice(members(near), A_FEW))
                what = "no test executes what changed" if deltas else "nothing but words changed"
                why = f"it executes {edit.old}, of which {what}"
                self._entity(edit.old, [few], frozenset(), why, found)


def _nearest(executed: Reach, path: str, deltas: Sequence[Delta]) -> int:
    """The tests of the same functions, else of the same classes, else of the file."""
    functions = union(executed.of(path, delta.part.name) for delta in deltas)
    owners = {delta.part.owner for delta in deltas} - {""}
    classes = union(executed.of_class(path, owner) for owner in owners)
    return functions or classes or executed.file(path).any


def _is_plain(whole: Outline, owner: str) -> bool:
    """Whether a class is made of nothing but its code: no decorator, and no base that may look."""
    harmless = {"ABC", "abc", "object", "Exception", "Generic", "Protocol"}
    for head in whole.by_name.get(owner, ()) if owner else ():
        bases = {base for base in head.uses if base not in harmless}
        if head.decorators or not bases <= whole.by_name.keys():
            return False
        if not all(_is_plain(whole, base) for base in bases - {owner}):
            return False
    return True


def _moved(edit: Edit) -> bool:
    """Whether a module is gone, or has another name now."""
    return edit.old is not None and edit.old != edit.new


def words(old: Sequence[str], new: Sequence[str], part: Part) -> frozenset[str]:
    """The names and texts in the lines that only one of two versions has, and the part's own."""
    differ = "\n".join(set(old) ^ set(new))
    return frozenset({*re.findall(r"[^\W\d]\w+", differ), *_symbols(part)})


def _symbols(part: Part) -> tuple[str, ...]:
    if part.binds and part.binds[0].startswith("__"):
        return tuple(part.owner.split(".")[-1:]) if part.owner else ()
    return part.binds


def _source(tree: Tree, path: str, part: Part | None) -> Sequence[str]:
    """The lines of a part, without their indentation."""
    lines = tree.text(path).split("\n")[part.first - 1 : part.last] if part else ()
    return [line.strip() for line in lines]
