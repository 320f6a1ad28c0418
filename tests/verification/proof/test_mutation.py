"""Mutations at exact positions: what is made, what is left alone, and that no other byte moves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from factoryline.verification.proof import mutation
from factoryline.verification.proof.mutants import End, Run, choose, tried
from factoryline.verification.proof.mutation import holds, mutants

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
        "no python at all\n",
        "x = 1\0\n",
        "x = 1\ry = 2\n",
    ],
)
def test_what_is_left_alone(source: str) -> None:
    found = [text for text in after(source) if "key=2" not in text]
    assert found == []


@pytest.mark.parametrize("path", sorted(Path(mutation.__file__).parent.glob("[a-z]*.py")), ids=str)
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


def test_a_file_in_another_encoding_is_left_alone() -> None:
    assert mutants("a.py", b"# coding: latin-1\nx = '\xe4' == 1\n", ALL) == ()
    assert mutants("a.py", b"\xef\xbb\xbfx = 1\n", ALL) == ()


# Choosing and trying


def always(end: End) -> Run:
    return lambda *_: end


def product(folder: Path, **sources: str) -> dict[str, frozenset[int]]:
    for name, text in sources.items():
        (folder / f"{name}.py").write_text(text)
    return {f"{name}.py": ALL for name in sources}


def test_the_choice_is_the_same_for_the_same_tree_and_spread(tmp_path: Path) -> None:
    changed = product(tmp_path, a="x = a + 1 < 2\n" * 30, b="y = 1\n")
    chosen, possible, unknown = choose(changed, tmp_path, 10, seed="tree")
    assert choose(changed, tmp_path, 10, seed="tree")[0] == chosen
    assert choose(changed, tmp_path, 10, seed="other")[0] != chosen
    assert (len(chosen), possible, unknown) == (10, 121, ())
    assert [one.path for one in chosen].count("b.py") == 1
    assert len({one.line for one in chosen if one.path == "a.py"}) == 9


def test_tests_are_not_mutated_and_other_languages_are_named(tmp_path: Path) -> None:
    (tmp_path / "app.ts").write_text("const a = 1;\n")
    (tmp_path / "test_a.py").write_text("x = 1\n")
    changed = {"app.ts": ALL, "test_a.py": ALL, "gone.py": ALL, "notes.md": ALL}
    assert choose(changed, tmp_path, 10, seed="") == ((), 0, ("app.ts",))


def test_each_mutant_is_put_in_and_taken_out(tmp_path: Path) -> None:
    changed = product(tmp_path, a="x = 1\ny = 2\nz = 3\n")
    (tmp_path / "a.py").chmod(0o755)
    chosen, _, _ = choose(changed, tmp_path, 10, seed="")
    seen = []

    def run(*_: object) -> End:
        text = (tmp_path / "a.py").read_text()
        seen.append(text)
        return "caught" if "x = 2" in text else "survived"

    found = tried(chosen, tmp_path, run, seconds=0.1, budget=60)
    assert sorted(seen) == [
        "x = 1\ny = 2\nz = 4\n",
        "x = 1\ny = 3\nz = 3\n",
        "x = 2\ny = 2\nz = 3\n",
    ]
    assert (found.tried, found.caught, found.left) == (3, 1, 0)
    assert sorted(one.after for one, _ in found.survivors) == ["y = 3", "z = 4"]
    assert (tmp_path / "a.py").read_text() == "x = 1\ny = 2\nz = 3\n"
    assert (tmp_path / "a.py").stat().st_mode & 0o777 == 0o755


def test_a_mutant_is_taken_out_when_the_run_breaks(tmp_path: Path) -> None:
    changed = product(tmp_path, a="x = 1\n")
    chosen, _, _ = choose(changed, tmp_path, 1, seed="")

    def run(*_: object) -> End:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tried(chosen, tmp_path, run, seconds=0.1, budget=60)
    assert (tmp_path / "a.py").read_text() == "x = 1\n"


def test_without_time_nothing_is_claimed(tmp_path: Path) -> None:
    changed = product(tmp_path, a="x = 1\ny = 2\n")
    chosen, _, _ = choose(changed, tmp_path, 2, seed="")
    found = tried(chosen, tmp_path, always("caught"), seconds=5, budget=4)
    assert (found.tried, found.left, found.share) == (0, 2, None)
    cut = tried(chosen, tmp_path, always("hung"), seconds=1, budget=4)
    assert (cut.tried, cut.left) == (0, 2), "the end of the budget says nothing of a mutant"
    hung = tried(chosen, tmp_path, always("hung"), seconds=1, budget=400)
    assert (hung.tried, hung.caught, hung.hung) == (2, 2, 2)
