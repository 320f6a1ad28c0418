"""The test functions of a Python file, by pytest's ids without parameters, and what they use."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from factoryline.verification.selection.outline import Function, Outline, Part

_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(test\w*)", re.MULTILINE)
_EVERY_TEST = ("setup", "setUp", "teardown", "tearDown", "asyncSetUp", "asyncTearDown")
"""Functions that run around every test of their class or file start like this."""


def function_of(test: str) -> str:
    """A test's id without its parameters: `t.py::test_a[x::y]` is `t.py::test_a`."""
    path, mark, rest = test.partition("::")
    return f"{path}{mark}{rest.partition('[')[0]}"


def count(text: str) -> int:
    """How many test functions a file's text has, without parsing it."""
    return len(_TEST.findall(text))


def tests_in(path: str, whole: Outline) -> dict[str, Part]:
    """The test functions by id, such as `tests/test_a.py::TestA::test_b`; inherited ones as well.

    Several ids may have one part, where classes of the file inherit it.
    """
    found: dict[str, Part] = {}
    inside: dict[str, list[Part]] = defaultdict(list)
    for part in whole.functions():
        if part.binds[0].startswith("test") and not _is_fixture(part):
            inside[part.owner].append(part)
            if _is_collected(part.owner, whole):
                found[f"{path}::{part.name.replace('.', '::')}"] = part
    for head in whole.parts:
        if head.kind == "class" and _is_collected(head.name, whole):
            for base in _bases(head, whole):
                for part in inside.get(base, ()):
                    inherited = f"{path}::{head.name.replace('.', '::')}::{part.binds[0]}"
                    found.setdefault(inherited, part)
    return found


def _bases(head: Part, whole: Outline) -> Iterator[str]:
    """The classes of the same file that one inherits from, the nearest first."""
    wanted, seen = [head], {head.name}
    while wanted:
        one = wanted.pop(0)
        for other in whole.parts:
            if other.kind == "class" and other.binds[0] in one.uses and other.name not in seen:
                seen.add(other.name)
                wanted.append(other)
                yield other.name


def _is_fixture(part: Part) -> bool:
    decorators = part.node.decorator_list if isinstance(part.node, Function) else []
    return any("fixture" in ast.unparse(decorator) for decorator in decorators)


def _is_collected(owner: str, whole: Outline) -> bool:
    """As pytest does: outside of classes, and in one called Test… or one that inherits."""
    heads = whole.by_name.get(owner, ())
    return not owner or any(h.binds[0].startswith("Test") or h.uses for h in heads)


def mentioning(path: str, whole: Outline, names: Iterable[str]) -> dict[str, str]:
    """Test ids of a file that use one of the names, with the name that led to each.

    Through fixtures, helpers, values and base classes of the same file, as many as it takes.
    """
    led = dict.fromkeys(names)
    via: dict[str, str] = {name: name for name in led}
    tests = tests_in(path, whole)
    written = set(tests.values())
    plain = [part for part in whole.parts if part not in written and part.kind != "import"]
    grown = True
    while grown:
        grown = False
        for part in plain:
            hit = next((name for name in via if name in part.uses), None)
            new = [name for name in part.binds if name not in via]
            if hit and new:
                via |= dict.fromkeys(new, via[hit])
                grown = True
    found = {}
    for test, part in tests.items():
        hit = next((name for name in via if name in part.uses), None)
        hit = hit or _around(test, part, whole, via)
        if hit:
            found[test] = via[hit]
    return found


def _around(test: str, part: Part, whole: Outline, via: Mapping[str, str]) -> str | None:
    """The name through which a test's class, or what runs around the test, leads to it."""
    owners = [*test.split("::")[1:-1], *part.name.split(".")[:-1]]
    for owner in owners:
        if owner in via:
            return owner
    for other in whole.functions():
        around = other.binds[0].startswith(_EVERY_TEST) or "autouse" in other.uses
        if around and other.owner in ("", *_classes_of(test, part)):
            hit = next((name for name in via if name in other.uses or name in other.binds), None)
            if hit:
                return hit
    return None


def _classes_of(test: str, part: Part) -> tuple[str, str]:
    """The class that a test belongs to, and the one that it is written in."""
    return ".".join(test.split("::")[1:-1]), part.owner
