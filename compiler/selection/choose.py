"""From a change to the tests that a scope has to run, with a reason for each of them.

When a file's effect is unknown, everything in the scope runs, and the choice says why. A choice is
never empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath

from factoryline.selection import configuration, conventions, fixtures, ranking
from factoryline.selection import tests as testing
from factoryline.selection.change import Change, Drift, Edit
from factoryline.selection.choice import Choice, Why
from factoryline.selection.impact import Impact
from factoryline.selection.paths import sort_of
from factoryline.selection.python import Finder
from factoryline.selection.scope import Scope
from factoryline.selection.suite import Suite
from factoryline.selection.tree import Tree

MOST_EDITS = 300
"""A change of more files than this is no change of something particular."""

NEARLY_ALL = 0.9
"""From this share on, choosing tests costs more than it saves."""


def choose(change: Change, scope: Scope) -> Choice:
    """The tests of a scope that a change needs."""
    found = _search(change, scope)
    choice = found.choice(scope.effort)
    if scope.effort == "merge":
        first = found.choice("inner", first=True)
        needed = choice.chosen if not choice.widened else choice.known or 0
        if not first.widened and 2 * first.chosen < needed:
            return replace(choice, first=first)
    return choice


def _search(change: Change, scope: Scope) -> _Search:
    """What leads from a change to tests, once for both efforts."""
    old, new, edits = change.old, change.new, change.edits
    supported = any(
        conventions.supports_tests(edit.path) and not conventions.is_test(edit.path)
        for edit in edits
    )
    suite = Suite(new, scope, made_alike=not supported)
    if len(edits) > MOST_EDITS:
        return _Search(suite=suite, edits=edits, unknown=(("", f"{len(edits)} files changed"),))
    found, code, unknown = Impact(), list[Edit](), list[tuple[str, str]]()
    for edit in edits:
        matching = [rule for rule in scope.rules if rule.holds(edit.path)]
        if matching:
            for test in (test for rule in matching for test in rule.tests_for(edit.path)):
                found.add(test, "rule", f"a rule names it for {edit.path}")
            continue
        sort = _sort(change, scope, edit)
        if sort == "python":
            code.append(edit)
        else:
            unknown += _of_no_code(change, edit, sort, found)
    finder = Finder(old=old, new=new, map=scope.map)
    found.join(finder.find(code, others=bool(found.tests)))
    if scope.map:
        drift = change.drift
        since = Finder(old=old, new=drift.base if drift else old, map=scope.map)
        _drifted(since, drift, found)
    return _Search(suite=suite, edits=code, found=found, unknown=tuple(unknown))


def _sort(change: Change, scope: Scope, edit: Edit) -> str:
    sort = sort_of(edit.path, change.new.text(edit.path) or change.old.text(edit.path))
    if sort == "generated file" and scope.map and edit.path.endswith(".py"):
        return "python"  # whoever wrote it, the map says who executes it
    return sort


def _of_no_code(change: Change, edit: Edit, sort: str, found: Impact) -> Iterator[tuple[str, str]]:
    """The tests of a changed file that is no code of Python, or it with why they are not known."""
    old, new, path = change.old, change.new, edit.path
    if sort == "prose":
        _mentions(path, new, found)
    elif sort == "conftest" and fixtures.asking(old, new, path, found):
        return
    elif sort in ("configuration", "lock file"):
        before, after = old.text(edit.old or ""), new.text(edit.new or "")
        named = partial(_names, new)
        otherwise = _reason(path, sort)
        shaping = configuration.shaping(path, before, after, named=named, otherwise=otherwise)
        yield from ((path, reason) for reason in shaping)
        if not shaping:
            _mentions(path, new, found)
    elif sort != "data file" or any(_may_read(tree, path) for tree in (old, new)):
        yield path, _reason(path, sort)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """What was found for a change in a scope. unknown: paths and why their effect is not known."""

    suite: Suite
    edits: Sequence[Edit]
    found: Impact = field(default_factory=Impact)
    unknown: tuple[tuple[str, str], ...] = ()

    def choice(self, effort: str, *, first: bool = False) -> Choice:
        """first: whether a wider choice follows anyway, so that this one is not widened."""
        suite, found = self.suite, Impact()
        found.join(self.found)
        reasons = [*(reason for _, reason in self.unknown), *found.unknown]
        folders = _folders([path for path, _ in self.unknown], suite.everything)
        if reasons and not first:
            if found.unknown or folders is None:
                return suite.whole(reasons[0], more=len(reasons) - 1)
            found.add_all(suite.below(folders), "conftest", reasons[0])
        tests = suite.present(found.tests)
        if effort == "inner":
            tests = ranking.likeliest(
                tests, found.entities, suite.map, suite.tree, known=suite.known
            )
        if not tests:
            return suite.whole("no test reaches the change")
        sizes = {test: suite.size(test) for test in tests}
        chosen = sum(sizes.values())
        if effort == "merge" and suite.known and chosen >= NEARLY_ALL * suite.known:
            widest = max(found.entities, default=None, key=lambda one: one.tests.bit_count())
            hub = widest.path if widest else self.edits[0].path if self.edits else "the change"
            return suite.whole(f"{chosen} of {max(chosen, suite.known)} tests reach {hub}, a hub")
        why = tuple(
            Why(test=test, by=by, why=text, tests=sizes[test]) for test, (by, text) in tests.items()
        )
        return Choice(tests=suite.arguments(tests), why=why, known=suite.known)


def _drifted(finder: Finder, drift: Drift | None, found: Impact) -> None:
    """The tests of which the map knows too little, whatever the change is."""
    for test in finder.map.cut_short if finder.map else ():
        found.add(test, "drift", "it failed when the map was made")
    code = []
    for edit in drift.edits if drift else ():
        if PurePosixPath(edit.path).name != "conftest.py":
            code.append(edit)
            continue
        asking = Impact()
        if fixtures.asking(finder.old, finder.new, edit.path, asking):
            why = f"it asks for a fixture of {edit.path} that changed since the map was made"
            found.add_all(asking.tests, "drift", why)
        else:
            found.unknown.append(f"{edit.path} changed since the map was made")
    found.join(finder.drifted(code))


def _mentions(path: str, tree: Tree, found: Impact) -> None:
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
