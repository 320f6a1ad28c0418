"""The test functions of a Python file, by pytest's ids without parameters, and what they use."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from factoryline.selection.outline import Outline, Part

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inside:
    """What a file of tests is made of.

    tests: by what their id has after the path. around: functions that run around tests. plain:
    what is neither a test nor an import.
    """

    tests: Mapping[str, Part]
    around: tuple[Part, ...]
    plain: tuple[Part, ...]


_KNOWN: WeakKeyDictionary[Outline, _Inside] = WeakKeyDictionary()


def _inside(whole: Outline) -> _Inside:
    """Found once for each outline: a search for the uses of many names comes by again and again."""
    if whole not in _KNOWN:
        tests = _tests(whole)
        written = set(tests.values())
        around = (p for p in whole.functions() if _runs_around_tests(p))
        plain = (p for p in whole.parts if p not in written and p.kind != "import")
        _KNOWN[whole] = _Inside(tests=tests, around=tuple(around), plain=tuple(plain))
    return _KNOWN[whole]


def tests_in(path: str, whole: Outline) -> dict[str, Part]:
    """The test functions by id, such as `tests/test_a.py::TestA::test_b`; inherited ones as well.

    Several ids may have one part, where classes of the file inherit it.
    """
    return {f"{path}::{rest}": part for rest, part in _inside(whole).tests.items()}


def of_file(path: str, whole: Outline | None) -> Iterable[str]:
    """The tests of a file; the file itself where it cannot be parsed."""
    return tests_in(path, whole) if whole else [path]


def _tests(whole: Outline) -> dict[str, Part]:
    found: dict[str, Part] = {}
    inside: dict[str, list[Part]] = defaultdict(list)
    for part in whole.functions():
        if part.binds[0].startswith("test") and not _is_fixture(part):
            inside[part.owner].append(part)
            if _is_collected(part.owner, whole):
                found[part.name.replace(".", "::")] = part
    for head in whole.parts:
        if head.kind == "class" and _is_collected(head.name, whole):
            for base in _bases(head, whole):
                for part in inside.get(base, ()):
                    inherited = f"{head.name.replace('.', '::')}::{part.binds[0]}"
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
    return any("fixture" in decorator for decorator in part.decorators)


def _is_collected(owner: str, whole: Outline) -> bool:
    """As pytest does: outside of classes, and in one called Test… or one that inherits."""
    heads = whole.by_name.get(owner, ())
    return not owner or any(h.binds[0].startswith("Test") or h.uses for h in heads)


def mentioning(path: str, whole: Outline, names: Iterable[str]) -> dict[str, str]:
    """Test ids of a file that use one of the names, with the name that led to each.

    Through fixtures, helpers, values and base classes of the same file, as many as it takes.
    """
    via: dict[str, str] = {name: name for name in names}
    inside = _inside(whole)
    grown = True
    while grown:
        grown = False
        for part in inside.plain:
            hit = _first(via, part.uses)
            new = [name for name in part.binds if name not in via]
            if hit and new:
                via |= dict.fromkeys(new, via[hit])
                grown = True
    # Most files have nothing around their tests that leads there.
    around = [(p, hit) for p in inside.around if (hit := _first(via, p.uses | {*p.binds}))]
    found = {}
    for test, part in inside.tests.items():
        hit = _first(via, part.uses) or _around(test, part, around, via)
        if hit:
            found[f"{path}::{test}"] = via[hit]
    return found


def built_with(path: str, whole: Outline, name: str) -> dict[str, str]:
    """Test ids of a file for which it reads a name when it is imported: in a decorator of theirs,
    or in what they use.
    """
    inside = _inside(whole)
    bound = {made for p in inside.plain if name in p.uses_at_import for made in p.binds}
    found = {
        f"{path}::{test}": name
        for test, part in inside.tests.items()
        if name in part.uses_at_import
    }
    return {**mentioning(path, whole, sorted(bound)), **found} if bound else found


def _first(via: Mapping[str, str], used: frozenset[str]) -> str | None:
    """The first of the names that is used."""
    return None if used.isdisjoint(via) else next(name for name in via if name in used)


def _runs_around_tests(part: Part) -> bool:
    return part.binds[0].startswith(_EVERY_TEST) or "autouse" in part.uses


def _around(
    test: str, part: Part, around: Sequence[tuple[Part, str]], via: Mapping[str, str]
) -> str | None:
    """The name through which a test's class, or what runs around the test, leads to it."""
    classes = test.split("::")[:-1]
    for owner in (*classes, *part.name.split(".")[:-1]):
        if owner in via:
            return owner
    # The class that it belongs to, and the one that it is written in.
    owners = ("", ".".join(classes), part.owner)
    return next((hit for other, hit in around if other.owner in owners), None)
