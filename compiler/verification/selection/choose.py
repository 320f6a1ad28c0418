"""From a change to the tests that a scope has to run, with a reason for each of them.

When a file's effect is unknown, everything in the scope runs, and the choice says why. A choice is
never empty.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath

from factoryline.plan.model import Rule
from factoryline.verification import reach
from factoryline.verification.selection import configuration, fixtures, ranking
from factoryline.verification.selection import tests as testing
from factoryline.verification.selection.change import Edit
from factoryline.verification.selection.choice import Choice, Why
from factoryline.verification.selection.contextmap import ContextMap
from factoryline.verification.selection.found import Found
from factoryline.verification.selection.paths import sort_of
from factoryline.verification.selection.python import Finder
from factoryline.verification.selection.scope_tests import MOST_CHARACTERS, ScopeTests
from factoryline.verification.selection.tree import Tree

MOST_EDITS = 300
"""A change of more files than this is no change of something particular."""

NEARLY_ALL = 0.9
"""From this share on, choosing tests costs more than it saves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How the files of the base differ from those of the map's commit: its edits of Python files.

    What other files say was verified with them; they hardly lead a test through other lines.
    """

    base: Tree
    edits: Sequence[Edit] = ()


def choose(
    old: Tree,
    new: Tree,
    edits: Sequence[Edit],
    *,
    everything: Sequence[str],
    map: ContextMap | None = None,
    effort: str = "merge",
    rules: Sequence[Rule] = (),
    drift: Drift | None = None,
    most: int = MOST_CHARACTERS,
) -> Choice:
    """The tests that a change needs, of those below the paths in `everything`."""
    found = search(
        old, new, edits, everything=everything, map=map, rules=rules, drift=drift, most=most
    )
    return found.choice(effort)


def search(
    old: Tree,
    new: Tree,
    edits: Sequence[Edit],
    *,
    everything: Sequence[str],
    map: ContextMap | None = None,
    rules: Sequence[Rule] = (),
    drift: Drift | None = None,
    most: int = MOST_CHARACTERS,
) -> Search:
    """What leads from a change to tests, once for both efforts.

    old: the files of the map's commit, without a map those of the base; `edits` lead from there.
    most: how many characters of tests the scope's command can take.
    """
    supported = any(
        reach.supports_tests(edit.path) and not reach.is_test(edit.path) for edit in edits
    )
    scope = ScopeTests(new, everything, map, most=most, made_alike=not supported)
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
    finder = Finder(old=old, new=new, map=map)
    found.join(finder.find(code, others=bool(found.tests)))
    if map:
        _drifted(Finder(old=old, new=drift.base if drift else old, map=map), drift, found)
    return Search(scope=scope, edits=code, map=map, found=found, unknown=tuple(unknown))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found for a change in a scope. unknown: paths and why their effect is not known."""

    scope: ScopeTests
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
        sizes = {test: scope.size(test) for test in tests}
        chosen = sum(sizes.values())
        if effort == "merge" and scope.known and chosen >= NEARLY_ALL * scope.known:
            widest = max(found.spots, default=None, key=lambda spot: spot.tests.bit_count())
            hub = widest.path if widest else self.edits[0].path if self.edits else "the change"
            return scope.whole(f"{chosen} of {max(chosen, scope.known)} tests reach {hub}, a hub")
        why = tuple(
            Why(test=test, by=by, why=text, tests=sizes[test]) for test, (by, text) in tests.items()
        )
        return Choice(tests=scope.arguments(tests), why=why, known=scope.known)


def _drifted(finder: Finder, drift: Drift | None, found: Found) -> None:
    """The tests of which the map knows too little, whatever the change is."""
    for test in finder.map.cut_short if finder.map else ():
        found.add(test, "drift", "it failed when the map was made")
    code = []
    for edit in drift.edits if drift else ():
        if PurePosixPath(edit.path).name != "conftest.py":
            code.append(edit)
            continue
        asking = Found()
        if fixtures.asking(finder.old, finder.new, edit.path, asking):
            why = f"it asks for a fixture of {edit.path} that changed since the map was made"
            found.add_all(asking.tests, "drift", why)
        else:
            found.unknown.append(f"{edit.path} changed since the map was made")
    found.join(finder.drifted(code))


def _mentions(path: str, tree: Tree, found: Found) -> None:
    """A document matters to the tests that name it."""
    name = PurePosixPath(path).name
    for test in tree.mentioning([name], tree.tests):
        found.add_all(testing.of_file(test, tree.outline(test)), "name", f"its file names {path}")


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
