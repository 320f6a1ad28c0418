"""From a change to the tests that a scope has to run, with a reason for each of them.

When a file's effect is unknown, everything in the scope runs, and the choice says why. A choice is
never empty.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath

from factoryline.plan.model import Rule
from factoryline.verification import reach
from factoryline.verification.selection import configuration, fixtures, ranking
from factoryline.verification.selection import tests as testing
from factoryline.verification.selection.change import Edit, Shift
from factoryline.verification.selection.contextmap import ContextMap
from factoryline.verification.selection.found import Found
from factoryline.verification.selection.paths import sort_of
from factoryline.verification.selection.python import Finder
from factoryline.verification.selection.tree import Tree

MOST_EDITS = 300
"""A change of more files than this is no change of something particular."""

NEARLY_ALL = 0.9
"""From this share on, choosing tests costs more than it saves."""

MOST_CHARACTERS = 100_000
"""How long the tests may be on a command line; beyond it, whole files are named."""

_DEFINED = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """A chosen test, the strategy that led to it (changed, map, import, name, rule), in words."""

    test: str
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """tests: what the scope's command is given. why: a reason for each test function.

    widened: why everything runs; empty when it need not. unknown: what would have widened it.
    known: how many test functions the scope has; None where they cannot be told.
    """

    tests: tuple[str, ...]
    why: tuple[Why, ...] = ()
    widened: str = ""
    known: int | None = None

    @property
    def summary(self) -> str:
        """`6 of 412: 2 changed, 3 by map, 1 by import`."""
        of = "" if self.known is None else f" of {self.known}"
        if self.widened:
            return f"all{of}: {self.widened}"
        if not self.why:
            return "the tests that the artifact names"
        counted = Counter(one.by for one in self.why)
        words = [f"{n} {by if by == 'changed' else f'by {by}'}" for by, n in counted.items()]
        return f"{len(self.why)}{of}: {', '.join(words)}"


def finder(
    old: Tree, new: Tree, map: ContextMap | None, shifts: Mapping[str, Shift] | None = None
) -> Finder:
    return Finder(old=old, new=new, map=map, shifts=shifts or {})


def choose(
    old: Tree,
    new: Tree,
    edits: Sequence[Edit],
    *,
    everything: Sequence[str],
    map: ContextMap | None = None,
    effort: str = "merge",
    rules: Sequence[Rule] = (),
    shifts: Mapping[str, Shift] | None = None,
    first: bool = False,
) -> Choice:
    """The tests that a change needs, of those below the paths in `everything`."""
    found = search(old, new, edits, everything=everything, map=map, rules=rules, shifts=shifts)
    return found.choice(effort, first=first)


def search(
    old: Tree,
    new: Tree,
    edits: Sequence[Edit],
    *,
    everything: Sequence[str],
    map: ContextMap | None = None,
    rules: Sequence[Rule] = (),
    shifts: Mapping[str, Shift] | None = None,
) -> Search:
    """What leads from a change to tests, once for both efforts."""
    scope = _Scope(new, everything, map)
    scope.made_alike = not any(
        reach.supports_tests(edit.path) and not reach.is_test(edit.path) for edit in edits
    )
    if len(edits) > MOST_EDITS:
        return Search(scope=scope, edits=edits, unknown=(("", f"{len(edits)} files changed"),))
    found, code, unknown = Found(), [], []
    for edit in edits:
        matching = [rule for rule in rules if rule.holds(edit.path)]
        sort = sort_of(edit.path, new.text(edit.path) or old.text(edit.path))
        if sort == "generated file" and map and edit.path.endswith(".py"):
            sort = "python"  # whoever wrote it, the map says who executes it
        if matching:
            for test in (test for rule in matching for test in rule.tests_for(edit.path)):
                found.add(test, "rule", f"a rule names it for {edit.path}")
        elif sort == "python":
            code.append(edit)
        elif sort == "prose":
            _mentions(edit.path, new, found)
        elif sort == "conftest" and fixtures.asking(old, new, edit.path, found):
            continue
        elif sort in ("configuration", "lock file"):
            before, after = old.text(edit.old or ""), new.text(edit.new or "")
            otherwise = _reason(edit.path, sort)
            shaping = configuration.shaping(
                edit.path, before, after, named=partial(_names, new), otherwise=otherwise
            )
            unknown += [(edit.path, reason) for reason in shaping]
            if not shaping:
                _mentions(edit.path, new, found)
        elif sort != "data file" or any(_may_read(tree, edit.path) for tree in (old, new)):
            unknown.append((edit.path, _reason(edit.path, sort)))
    found.join(finder(old, new, map, shifts).find(code))
    return Search(scope=scope, edits=code, map=map, found=found, unknown=tuple(unknown))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found for a change in a scope. unknown: paths and why their effect is not known."""

    scope: _Scope
    edits: Sequence[Edit]
    map: ContextMap | None = None
    found: Found = field(default_factory=Found)
    unknown: tuple[tuple[str, str], ...] = ()

    def choice(self, effort: str, *, first: bool = False) -> Choice:
        """effort: `merge` for all that the change may break, `inner` for the likeliest. first:
        whether a wider choice follows anyway, so that this one is not widened.
        """
        scope, found = self.scope, Found()
        found.join(self.found)
        reasons = [*(reason for _, reason in self.unknown), *found.unknown]
        folders = _folders([path for path, _ in self.unknown], scope.everything)
        if reasons and not first:
            if found.unknown or folders is None:
                return scope.whole(reasons[0], more=len(reasons) - 1)
            found.add_all(scope.below(folders), "conftest", reasons[0])
        tests = scope.present(found.tests)
        if effort == "inner":
            tests = ranking.likeliest(tests, found.spots, self.map, scope.tree, known=scope.known)
        if not tests:
            return scope.whole("no test reaches the change")
        if effort == "merge" and scope.known and len(tests) >= NEARLY_ALL * scope.known:
            widest = max(found.spots, default=None, key=lambda spot: spot.tests.bit_count())
            hub = widest.path if widest else self.edits[0].path if self.edits else "the change"
            return scope.whole(f"{len(tests)} of {scope.known} tests reach {hub}, a hub")
        why = tuple(Why(test=test, by=by, why=text) for test, (by, text) in tests.items())
        return Choice(tests=scope.arguments(tests), why=why, known=scope.known)


class _Scope:
    """The tests of a scope: those below the paths of its `all`."""

    def __init__(self, tree: Tree, everything: Sequence[str], map: ContextMap | None) -> None:
        self.tree = tree
        self.map = map
        self.made_alike = True
        """Whether tests that are made at run time are the ones that the map knows."""
        self.everything = tuple(everything)
        roots = [path.partition("::")[0].rstrip("/") for path in everything]
        ours = [root for root in roots if root in (".", "") or _there(tree, root)]
        self.tests = tuple(
            path for path in tree.tests if not ours or any(_below(path, root) for root in ours)
        )
        self.defined = {path: _DEFINED.findall(tree.text(path)) for path in self.tests}
        ran = Counter(test.partition("::")[0] for test in map.tests) if map else Counter[str]()
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
                    whole = self.tree.outline(path)
                    yield from testing.tests_in(path, whole) if whole else [path]

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
            if total <= MOST_CHARACTERS:
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


def _mentions(path: str, tree: Tree, found: Found) -> None:
    """A document matters to the tests that name it."""
    name = PurePosixPath(path).name
    for test in tree.mentioning([name], tree.tests):
        whole = tree.outline(test)
        for one in testing.tests_in(test, whole) if whole else [test]:
            found.add(one, "name", f"its file names {path}")


def _names(tree: Tree, program: str) -> bool:
    """Whether code names a program, and not merely a comment or a document in it.

    What builds, documents and checks the package is no code in this sense.
    """
    word = re.compile(rf"\b{re.escape(program)}\b")
    others = ("docs/", "doc/", "setup.py", "noxfile.py", "tasks.py")
    for path in tree.mentioning([program], (p for p in tree.python if not p.startswith(others))):
        whole = tree.outline(path)
        if whole is None or any(word.search(part.meaning) for part in whole.parts):
            return True
    return False


def _may_read(tree: Tree, path: str) -> bool:
    """Whether a Python file names a file, its folders or its ending."""
    pure = PurePosixPath(path)
    words = [pure.name, pure.stem, pure.suffix.removeprefix("."), *pure.parts[:-1]]
    return any(tree.mentioning(words, tree.python))


def _reason(path: str, sort: str) -> str:
    if sort == "related":
        return f"no rule says which tests {path} needs"
    article = "" if sort == "configuration" else "a "
    return f"{path} is {article}{sort}"


def _folders(paths: Sequence[str], everything: Sequence[str]) -> list[str] | None:
    """The folders below which all runs; None when that is everything.

    A conftest reaches the tests below it and no others.
    """
    roots = {path.rstrip("/") for path in everything}
    folders = []
    for path in paths:
        folder = path.rpartition("/")[0]
        if PurePosixPath(path).name != "conftest.py" or not folder or folder in roots:
            return None
        if any(root.startswith(folder + "/") for root in roots):
            return None
        folders.append(folder)
    return folders
