"""Which mutants are tried, and that each is put in and taken out again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from factoryline.verification.proof.languages import script_tree
from factoryline.verification.proof.mutants import End, Run, choose, tried

ALL = frozenset(range(1, 10_000))


def always(end: End) -> Run:
    return lambda *_: end


def product(folder: Path, **sources: str) -> dict[str, frozenset[int]]:
    for name, text in sources.items():
        (folder / f"{name}.py").write_text(text)
    return {f"{name}.py": ALL for name in sources}


def test_the_choice_is_the_same_for_the_same_tree_and_spread(tmp_path: Path) -> None:
    changed = product(tmp_path, a="x = a + 1 < 2\n" * 30, b="y = 1\n")
    found = choose(changed, tmp_path, 10, seed="tree")
    chosen = found.chosen
    assert choose(changed, tmp_path, 10, seed="tree") == found
    assert choose(changed, tmp_path, 10, seed="other").chosen != chosen
    assert (len(chosen), found.possible, found.unknown) == (10, 121, ())
    assert [one.path for one in chosen].count("b.py") == 1
    assert len({one.line for one in chosen if one.path == "a.py"}) == 9


def test_tests_are_not_mutated_and_other_languages_are_named(tmp_path: Path) -> None:
    for name, text in {"app.go": "const a = 1", "test_a.py": "x = 1", "old.py": "print 1"}.items():
        (tmp_path / name).write_text(text + "\n")
    changed = dict.fromkeys(("app.go", "test_a.py", "gone.py", "notes.md", "old.py"), ALL)
    found = choose(changed, tmp_path, 10, seed="")
    assert (found.chosen, found.possible) == ((), 0)
    assert found.unknown == (
        ("app.go", "no mutants are made of .go files"),
        ("old.py", "it cannot be read as Python here"),
    )


def test_without_its_parser_a_language_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    script_tree._grammar.cache_clear()
    (tmp_path / "app.ts").write_text("const a = 1;\n")
    found = choose({"app.ts": ALL}, tmp_path, 10, seed="")
    assert found.unknown == (("app.ts", "install factoryline[javascript]"),)


def test_each_mutant_is_put_in_and_taken_out(tmp_path: Path) -> None:
    changed = product(tmp_path, a="x = 1\ny = 2\nz = 3\n")
    (tmp_path / "a.py").chmod(0o755)
    chosen = choose(changed, tmp_path, 10, seed="").chosen
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
    chosen = choose(changed, tmp_path, 1, seed="").chosen

    def run(*_: object) -> End:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tried(chosen, tmp_path, run, seconds=0.1, budget=60)
    assert (tmp_path / "a.py").read_text() == "x = 1\n"


def test_without_time_nothing_is_claimed(tmp_path: Path) -> None:
    changed = product(tmp_path, a="x = 1\ny = 2\n")
    chosen = choose(changed, tmp_path, 2, seed="").chosen
    found = tried(chosen, tmp_path, always("caught"), seconds=5, budget=4)
    assert (found.tried, found.left, found.share) == (0, 2, None)
    cut = tried(chosen, tmp_path, always("hung"), seconds=1, budget=4)
    assert (cut.tried, cut.left) == (0, 2), "the end of the budget says nothing of a mutant"
    hung = tried(chosen, tmp_path, always("hung"), seconds=1, budget=400)
    assert (hung.tried, hung.caught, hung.hung) == (2, 2, 2)
