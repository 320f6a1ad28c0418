"""The tests that a change of a file of tests needs."""

from __future__ import annotations

import itertools

from factoryline.selection import tests as testing
from factoryline.selection.change import Edit
from factoryline.selection.differences import differences
from factoryline.selection.impact import Impact
from factoryline.selection.outline import Part
from factoryline.selection.tree import Tree


def add_changed(old: Tree, new: Tree, edit: Edit, found: Impact) -> None:
    """The tests of a file that changed themselves, or use what changed beside them."""
    assert edit.new is not None, "the caller looked"
    now = new.outline(edit.new)
    if now is None:
        found.unknown.append(f"{edit.new} cannot be parsed")
        return
    before = old.outline(edit.old) if edit.old else None
    if before is None:
        for test in testing.tests_in(edit.new, now):
            found.add(test, "changed", f"{edit.new} is new")
        return
    tests: dict[Part, list[str]] = {}
    for test, part in testing.tests_in(edit.new, now).items():
        tests.setdefault(part, []).append(test)
    names: set[str] = set()
    for delta in differences(before, now):
        if delta.new in tests:
            found.add_all(tests[delta.new], "changed", "the test is new or changed")
        elif delta.new is None and delta.part.binds[:1] and delta.part.binds[0].startswith("test"):
            continue
        elif not delta.names:
            every = itertools.chain(*tests.values())
            found.add_all(every, "changed", f"{edit.new} changed at import")
        elif "pytestmark" in delta.names:
            owner = delta.part.owner.replace(".", "::")
            start = f"{edit.new}::{owner}::" if owner else edit.new
            inside = (t for t in itertools.chain(*tests.values()) if t.startswith(start))
            found.add_all(inside, "changed", "its marks changed")
        else:
            names |= set(delta.names)
    for test, name in testing.mentioning(edit.new, now, names).items():
        found.add(test, "changed", f"it uses `{name}`, which changed beside it")
