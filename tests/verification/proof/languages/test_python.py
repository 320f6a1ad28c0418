"""Mutations at exact positions: what is made, what is left alone, and that no other byte moves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from factoryline.verification import proof
from factoryline.verification.proof.languages.base import Unreadable
from factoryline.verification.proof.languages.python import holds, mutants

ALL = frozenset(range(1, 10_000))


def after(source: str) -> list[str]:
    data = source.encode()
    found = mutants("a.py", data, ALL)
    assert all(holds(one, data) for one in found)
    return [one.apply(data).decode() for one in found]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("if a <b: f\n", ["if a <=b: f\n", "if (not (a <b)): f\n"]),
        ("x = (a) is  not (b)\n", ["x = (a) is (b)\n"]),
        ("x = a not in b\n", ["x = a in b\n"]),
        ("x = a and b and c\n", ["x = a or b and c\n", "x = a and b or c\n"]),
        ("x = not a\n", ["x = a\n"]),
        ("x = a - 1\n", ["x = a + 1\n", "x = a - 2\n"]),
        ("x = ä * (b) # *\n", ["x = ä // (b) # *\n"]),
        ("x = True\n", ["x = False\n"]),
        ("x = 0xff\n", ["x = (0xff + 1)\n"]),
        ("def f():\n  return (\n a)\n", ["def f():\n  return None\n"]),
        ("def f():\n  return None\n", []),
        ("raise E(a)\n", ["pass\n"]),
        ("x.y = z\n", ["pass\n"]),
        ("call(x)\n", ["pass\n"]),
        ("x = a if b else c\n", ["x = a if (not (b)) else c\n"]),
        ("x = [a for a in b if c]\n", ["x = [a for a in b if (not (c))]\n"]),
        ("x = 'a' + b\n", []),
        ("x = '%s' % b\n", []),
    ],
)
def test_what_is_made(source: str, wanted: list[str]) -> None:
    assert sorted(after(source)) == sorted(wanted)


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""\n',
        "log.info('x', 1)\nself.logger.debug(2)\nprint(3)\nwarnings.warn('x', stacklevel=2)\n",
        "if TYPE_CHECKING:\n    x = 1\n",
        "if __name__ == '__main__':\n    main(1)\n",
        "__version__ = 1\n__all__ = ['a']\n",
        "x: Literal[1]\ndef f(a: Literal[2]) -> Literal[3]: ...\n",
        "@retry(3)\nclass A(B, key=1): ...\n",
        "assert a == 1\n",
        "x = f'{a + 1}'\n",
        "import a\n",
    ],
)
def test_what_is_left_alone(source: str) -> None:
    found = [text for text in after(source) if "key=2" not in text]
    assert found == []


@pytest.mark.long
@pytest.mark.parametrize("path", sorted(Path(proof.__file__).parent.glob("[a-z]*.py")), ids=str)
def test_every_mutant_of_real_code_holds_and_moves_nothing_else(path: Path) -> None:
    source = path.read_bytes()
    found = mutants(path.name, source, ALL)
    assert found
    for one in found[::5]:
        changed = one.apply(source)
        ast.parse(changed)
        assert changed[: one.start] == source[: one.start]
        assert changed.endswith(source[one.end :])
        assert holds(one, source)


def test_only_the_changed_lines_and_in_windows_files() -> None:
    source = b"x = 1\r\ny = 2\r\nz = 3\r\n"
    [one] = mutants("a.py", source, frozenset({2}))
    assert one.apply(source) == b"x = 1\r\ny = 3\r\nz = 3\r\n"
    assert (one.line, one.before, one.after) == (2, "y = 2", "y = 3")


@pytest.mark.parametrize(
    "source",
    [
        b"no python at all\n",
        b"x = 1\0\n",
        b"x = 1\ry = 2\n",
        b"# coding: latin-1\nx = '\xe4' == 1\n",
        b"\xef\xbb\xbfx = 1\n",
    ],
)
def test_what_cannot_be_read_to_the_byte_is_named(source: bytes) -> None:
    with pytest.raises(Unreadable, match="cannot be read as Python"):
        mutants("a.py", source, ALL)
