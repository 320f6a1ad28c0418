"""What a changed conftest.py reaches: the tests below it that ask for a fixture that differs."""

from __future__ import annotations

from collections.abc import Sequence

from factoryline.selection import tests as testing
from factoryline.selection.differences import Delta, differences
from factoryline.selection.impact import Impact
from factoryline.selection.outline import Function, Part
from factoryline.selection.tree import Tree

_READ_BY_PYTEST = ("pytest", "collect_ignore", "setup_", "teardown_")
"""Names in a conftest that start like this matter to every test."""


def asking(old: Tree, new: Tree, path: str, found: Impact) -> bool:
    """Add the tests that ask for what differs in a conftest; False when all may depend on it, or
    nobody seems to.

    A fixture is asked for by its name, through other fixtures and what stands beside a test.
    """
    before, now = old.outline(path), new.outline(path)
    if before is None or now is None or path not in old.paths or path not in new.paths:
        return False
    names: set[str] = set()
    deltas = differences(before, now)
    for delta in deltas:
        if not delta.names or _matters_to_all(delta):
            return False
        names |= set(delta.names)
    plain = [part for part in now.parts if part.kind != "import"]
    grown = True
    while grown:
        grown = False
        for part in plain:
            if names & part.uses and not names >= set(part.binds):
                if _is_for_all(part):
                    return False
                names |= set(part.binds)
                grown = True
    folder = path.rpartition("/")[0]
    below = [test for test in new.tests if test.startswith(folder + "/") or not folder]
    if any(new.mentioning(["getfixturevalue", "request"], below)):
        # Its name may be put together when the test runs.
        return False
    # Another conftest below may build its own fixtures of these.
    others = (p for p in new.python if p.endswith("/conftest.py") and p.startswith(folder))
    if any(other != path for other in new.mentioning(names, others)):
        return False
    asked = False
    for test in new.mentioning(names, below):
        whole = new.outline(test)
        for one, name in testing.mentioning(test, whole, names).items() if whole else ():
            found.add(one, "conftest", f"it asks for `{name}` of {path}")
            asked = True
    return asked or not deltas


def _matters_to_all(delta: Delta) -> bool:
    sides: Sequence[Part] = [side for side in (delta.old, delta.new) if side]
    return any(_is_for_all(side) for side in sides)


def _is_for_all(part: Part) -> bool:
    if any(name.startswith(_READ_BY_PYTEST) or name == "*" for name in part.binds):
        return True
    return isinstance(part.node, Function) and "autouse" in part.head
