"""Names that a change adds. What uses a name that was not there before has changed itself, unless
the name takes the place of one that a class inherits.
"""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.selection import conventions
from factoryline.selection.change import Edit
from factoryline.selection.differences import Delta
from factoryline.selection.outline import Part
from factoryline.selection.tree import Tree


def is_new(old: Tree, edit: Edit, delta: Delta) -> bool:
    """Whether a part binds nothing but names that its file did not have before."""
    before = old.outline(edit.old) if edit.old else None
    if delta.old is not None or not delta.names or before is None:
        return False
    owner = delta.part.owner
    had = {name for part in before.parts if part.owner == owner for name in part.binds}
    return not had & set(delta.names)


def may_override(old: Tree, part: Part) -> bool:
    """Whether something new in a class may take the place of something inherited."""
    if not part.owner:
        return False
    name = part.binds[0]
    if name.startswith("__") and name.endswith("__"):
        return True
    source = [path for path in old.python if not conventions.supports_tests(path)]
    if any(old.mentioning([name], source)):
        return True
    # A class of another package may know the name.
    ours = {head.binds[0] for head in _classes(old, source)} | {"object"}
    last = part.owner.rpartition(".")[2]
    heads = _classes(old, old.mentioning([last], source))
    return any(not head.uses <= ours for head in heads if head.name == part.owner)


def _classes(tree: Tree, paths: Iterator[str] | list[str]) -> Iterator[Part]:
    """The heads of the classes in some files."""
    for path in tree.mentioning(["class"], paths):
        whole = tree.outline(path)
        yield from (part for part in whole.parts if part.kind == "class") if whole else ()
