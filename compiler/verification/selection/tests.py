"""The test functions of a Python file, by pytest's ids without parameters, and what they use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

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
    """The test functions by id, such as `tests/test_a.py::TestA::test_b`."""
    return {
        f"{path}::{part.name.replace('.', '::')}": part
        for part in whole.functions()
        if part.binds[0].startswith("test") and _is_collected(part, whole)
    }


def _is_collected(part: Part, whole: Outline) -> bool:
    """As pytest does: no fixture, and in a class called Test… or one that inherits."""
    decorators = part.node.decorator_list if isinstance(part.node, Function) else []
    if any("fixture" in ast.unparse(decorator) for decorator in decorators):
        return False
    heads = whole.by_name.get(part.owner, ())
    return not part.owner or any(h.binds[0].startswith("Test") or h.uses for h in heads)


def mentioning(path: str, whole: Outline, names: Iterable[str]) -> dict[str, str]:
    """Test ids of a file that use one of the names, with the name that led to each.

    Through fixtures, helpers, values and base classes of the same file, as many as it takes.
    """
    led = dict.fromkeys(names)
    via: dict[str, str] = {name: name for name in led}
    tests = tests_in(path, whole)
    plain = [part for part in whole.parts if part not in tests.values() and part.kind != "import"]
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
        hit = hit or _around(part, whole, via)
        if hit:
            found[test] = via[hit]
    return found


def _around(part: Part, whole: Outline, via: Mapping[str, str]) -> str | None:
    """The name through which a test's class, or what runs around the test, leads to it."""
    owners = part.name.split(".")[:-1]
    for owner in owners:
        if owner in via:
            return owner
    for other in whole.functions():
        around = other.binds[0].startswith(_EVERY_TEST) or "autouse" in other.uses
        if around and other.owner in ("", ".".join(owners)):
            hit = next((name for name in via if name in other.uses or name in other.binds), None)
            if hit:
                return hit
    return None
