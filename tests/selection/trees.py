"""A repository before and after a change as two mappings of path to text; without git and disk."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from factoryline.selection.change import Change, Edit
from factoryline.selection.choice import Choice
from factoryline.selection.choose import choose
from factoryline.selection.coverage_map import CoverageMap, FileMap, Recording
from factoryline.selection.outline import outline
from factoryline.selection.scope import Scope
from factoryline.selection.tree import Tree
from factoryline.system.diffs import Hunk

SOURCE = '''"""A module."""
from __future__ import annotations
import os, sys as system
from .fields import Field

LIMIT = 3
if LIMIT:
    EXTRA = LIMIT

@wrapped(LIMIT)
def load(text, *, strict=True):
    """Documentation."""
    return Field(text)

class Schema(Base):
    ordered = False

    class Meta:
        register = True

    def dump(self):
        return self.ordered
'''
"""A module that has a bit of everything."""

Files = Mapping[str, str]
Reach = Mapping[str, Mapping[str, list[int]]]
"""For each test, for each file: the lines that it executes."""


def tree(files: Files) -> Tree:
    return Tree(dict.fromkeys(files, "base"), files.get)


def edits(old: Files, new: Files, renamed: Mapping[str, str] | None = None) -> list[Edit]:
    """What differs; `renamed` maps new paths to old ones."""
    before = dict(renamed or {})
    found = []
    for path in sorted({*old, *new} - set(before.values())):
        was = before.get(path, path)
        if was in old and path in new and (was != path or old[was] != new[path]):
            made = hunks(old[was], new[path])
            found.append(Edit(old=was, new=path, hunks=made, old_blob="base"))
        elif was not in old and path in new:
            found.append(Edit(old=None, new=path))
        elif path not in new:
            found.append(Edit(old=was, new=None))
    return found


def hunks(old: str, new: str) -> tuple[Hunk, ...]:
    """As git counts them: a count of 0 names the line before."""
    matcher = difflib.SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    return tuple(
        Hunk(a + (b > a), b - a, c + (d > c), d - c)
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    )


def recorded(files: Files, executed: Reach) -> Recording:
    """A map of `files`; their git ids are `base`."""
    tests = tuple(executed)
    lines: dict[str, dict[int, int]] = {}
    for number, test in enumerate(tests):
        for path, those in executed[test].items():
            for line in those:
                found = lines.setdefault(path, {})
                found[line] = found.get(line, 0) | 1 << number
    maps = {}
    for path, found in lines.items():
        whole = outline(files[path])
        assert whole is not None
        functions = {part.name: (part.body, part.last) for part in whole.functions()}
        maps[path] = FileMap(blob="base", lines=found, functions=functions)
    return Recording(commit="c0ffee", files=maps, tests=tests)


def kept(tmp_path: Any, files: Files, executed: Reach) -> CoverageMap:
    path = tmp_path / "map.zip"
    path.write_bytes(recorded(files, executed).to_bytes())
    return CoverageMap(path)


def select(
    old: Files, new: Files, *, renamed: Mapping[str, str] | None = None, **more: Any
) -> Choice:
    """The choice for a change, in a scope of everything below `tests`."""
    change = Change(
        old=tree(old), new=tree(new), edits=edits(old, new, renamed), drift=more.pop("drift", None)
    )
    return choose(change, Scope(**{"tests": ("tests",), **more}))


def names(choice: Choice) -> list[str]:
    """The chosen tests without the folder, sorted."""
    return sorted(test.removeprefix("tests/") for test in choice.tests)
