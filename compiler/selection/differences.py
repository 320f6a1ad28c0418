"""What differs between two versions of a Python file, part by part, and what means the same."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from dataclasses import dataclass

from factoryline.selection.outline import Function, Outline, Part, Untyped, outline


@dataclass(frozen=True)
class Delta:
    """A part that is not what it was: one side is None where it is new or gone."""

    old: Part | None
    new: Part | None

    @property
    def part(self) -> Part:
        part = self.new or self.old
        assert part is not None, "a difference has a side"
        return part

    @property
    def names(self) -> tuple[str, ...]:
        both = [*(self.old.binds if self.old else ()), *(self.new.binds if self.new else ())]
        return tuple(dict.fromkeys(both))

    @property
    def typing(self) -> bool:
        """Whether nothing but annotations differ."""
        return bool(self.old and self.new and self.old.untyped == self.new.untyped)

    @property
    def head(self) -> bool:
        """Whether what runs at import differs.

        A further parameter with a default concerns those who give it, and what reads it; these
        have changed themselves.
        """
        if self.old is None or self.new is None:
            return True
        return self.old.head != (_head_without(self.new, self.old) or self.new.head)


def _head_without(new: Part, old: Part) -> str:
    """A function's head without the further parameters that nobody has to give."""
    if not isinstance(new.node, Function) or not isinstance(old.node, Function):
        return ""
    args, before = copy.deepcopy(new.node.args), old.node.args
    while len(args.args) > len(before.args) and args.defaults and not before.vararg:
        args.args.pop()
        args.defaults.pop()
    known = {arg.arg for arg in before.kwonlyargs}
    pairs = list(zip(args.kwonlyargs, args.kw_defaults, strict=True))
    if not before.kwarg:
        pairs = [(arg, value) for arg, value in pairs if arg.arg in known or value is None]
    args.kwonlyargs, args.kw_defaults = [a for a, _ in pairs], [value for _, value in pairs]
    return "\n".join(ast.dump(part) for part in [*new.node.decorator_list, Untyped().visit(args)])


def differences(old: Outline, new: Outline) -> list[Delta]:
    """The parts that differ in meaning. What only moved inside the file does not."""
    before, after = _keyed(old), _keyed(new)
    found = []
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key), after.get(key)
        if one and other and old.text_of(one) == new.text_of(other):
            continue  # the quick answer for nearly all of a file
        if one is None or other is None or one.meaning != other.meaning:
            found.append(Delta(one, other))
    return found


def alike(old: str, new: str) -> frozenset[int]:
    """The lines of `new` in parts that mean what they meant in `old`: laid out anew, or moved."""
    before, now = outline(old), outline(new)
    if before is None or now is None:
        return frozenset()
    differ = {id(delta.new) for delta in differences(before, now)}
    same = (part for part in now.parts if id(part) not in differ)
    return frozenset(line for part in same for line in range(part.first, part.last + 1))


def _keyed(whole: Outline) -> dict[tuple[str, str, int], Part]:
    """Parts by kind, name and how often both stood there before; unnamed ones by their meaning."""
    seen: Counter[tuple[str, str]] = Counter()
    keyed = {}
    for part in whole.parts:
        key = (part.kind, part.name or f"{part.owner}\n{part.meaning}")
        keyed[*key, seen[key]] = part
        seen[key] += 1
    return keyed
