"""Which changed lines ran: statements, files that nobody loads, and what cannot be told."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.verification.coverage.base import Lines
from factoryline.verification.proof.covers import Covered, covered
from factoryline.verification.proof.places import bounded, ranges
from factoryline.verification.proof.statements import may_run, statements

PYTHON = frozenset({".py"})
SCRIPT = frozenset({".js", ".ts"})

SOURCE = '''"""A module."""

import os


def call(a):
    """What it does.

    At length.
    """
    # a comment
    return os.path.join(
        a,
        # inside
        "b",
    )


def debug():  # pragma: no cover
    return 1
'''


def compare(
    folder: Path,
    path: str,
    text: str,
    changed: set[int],
    ran: set[int] | None,
    **more: frozenset[str],
) -> Covered:
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    coverage = {} if ran is None else {path: Lines(executed=frozenset(ran))}
    return covered(
        {path: frozenset(changed)}, coverage, folder, endings=more.get("endings", PYTHON)
    )


def test_a_statement_counts_once_wherever_it_was_changed(tmp_path: Path) -> None:
    found = compare(tmp_path, "a.py", SOURCE, {12, 14, 15}, {1, 3, 6})
    assert (found.lines, found.share) == (1, 0.0)
    assert found.missed == {"a.py": {12}}
    found = compare(tmp_path, "a.py", SOURCE, {13, 15}, {1, 3, 6, 15})
    assert found.share == 1.0, "the tracer may name any line of a statement"


@pytest.mark.parametrize("lines", [{2}, {4, 5}, {7, 8, 9, 10}, {11}, {14}, {17, 18}])
def test_blank_lines_comments_and_docstrings_do_not_count(tmp_path: Path, lines: set[int]) -> None:
    found = compare(tmp_path, "a.py", SOURCE, lines - {14}, None)
    assert (found.lines, found.share, found.absent) == (0, None, ())


def test_lines_that_run_at_import_count_as_executed(tmp_path: Path) -> None:
    found = compare(tmp_path, "a.py", SOURCE, {3, 6}, {1, 3, 6})
    assert found.share == 1.0


def test_a_file_that_no_test_loads(tmp_path: Path) -> None:
    found = compare(tmp_path, "pkg/new.py", SOURCE, set(range(1, 21)), None)
    assert found.absent == ("pkg/new.py",)
    assert found.share == 0
    touched = compare(tmp_path, "pkg/new.py", SOURCE, {12}, set())
    assert touched.absent == ("pkg/new.py",), "a report may name files that nobody loaded"


def test_an_empty_file_and_one_without_a_statement_are_not_missed(tmp_path: Path) -> None:
    assert compare(tmp_path, "pkg/__init__.py", "", {1}, None).absent == ()
    assert compare(tmp_path, "pkg/__init__.py", '"""Doc."""\n', {1}, None).absent == ()


def test_what_a_pragma_takes_out_is_named(tmp_path: Path) -> None:
    found = compare(tmp_path, "a.py", SOURCE, {19, 20}, {1})
    assert found.lines == 0
    assert found.excluded == {"a.py": {19, 20}}


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("README.md", "text\n", "not a source file"),
        ("data/words.json", "{}\n", "not a source file"),
        ("web/app.ts", "export const a = 1;\n", "no scope of the artifact measures .ts files"),
        ("new.py", "if this is not:\n", "cannot be read as Python"),
        ("latin.py", "# coding: no-such\nx = 1\n", "cannot be read as Python"),
    ],
)
def test_what_cannot_be_told_is_named(tmp_path: Path, path: str, text: str, why: str) -> None:
    found = compare(tmp_path, path, text, {1, 2}, None)
    [(where, reason)] = found.unknown
    assert where == path
    assert why in reason
    assert found.lines == 0


@pytest.mark.parametrize(
    "path", ["tests/test_a.py", "tests/helper.py", "web/app.test.ts", "conftest.py", "gone.py"]
)
def test_tests_and_files_that_are_gone_do_not_count(tmp_path: Path, path: str) -> None:
    if path != "gone.py":
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x = 1\n")
    found = covered({path: frozenset({1})}, {}, tmp_path, endings=PYTHON | SCRIPT)
    assert (found.lines, found.absent, found.unknown) == (0, (), ())


def test_a_package_named_spec_is_no_test(tmp_path: Path) -> None:
    assert compare(tmp_path, "compiler/spec/nodes.py", "x = 1\n", {1}, None).absent


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("  f(a)", True),
        ("} else {", True),
        ("  #secret = 1;", True),
        ("  *items() {", True),
        ("#include <a.h>", True),
        ("", False),
        ("  });", False),
        ("// a", False),
        ("  * a", False),
        ("  */", False),
        ("# a", False),
        ("#[test]", False),
    ],
)
def test_lines_that_may_run(line: str, may: bool) -> None:
    assert may_run(line) is may


def test_a_report_that_counts_none_of_the_lines_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.ts").write_text("export interface A {\n  b: number;\n}\nf();\n")
    lines = Lines(executed=frozenset({4}), executable=frozenset({4}))
    changed = {"app.ts": frozenset({2})}
    found = covered(changed, {"app.ts": lines}, tmp_path, endings=SCRIPT)
    assert (found.lines, found.absent) == (0, ())
    assert found.unknown == (("app.ts", "its coverage data counts none of the changed lines"),)


def test_scripts_count_by_what_their_report_lists(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("// a\nconst a = 1;\n\nf(\n  a,\n);\n")
    lines = Lines(executed=frozenset({2}), executable=frozenset({2, 4}))
    changed = {"app.js": frozenset(range(1, 7))}
    found = covered(changed, {"app.js": lines}, tmp_path, endings=SCRIPT)
    assert found.executed == {"app.js": {2}}
    assert found.missed == {"app.js": {4}}
    absent = covered(changed, {}, tmp_path, endings=SCRIPT)
    assert absent.absent == ("app.js",)
    assert absent.missed == {"app.js": {2, 4, 5}}, "brackets alone are no work"


def test_declarations_and_configuration_of_scripts(tmp_path: Path) -> None:
    for name in ("types.d.ts", "jest.config.js"):
        (tmp_path / name).write_text("export default {};\n")
    changed = {name: frozenset({1}) for name in ("types.d.ts", "jest.config.js")}
    found = covered(changed, {}, tmp_path, endings=SCRIPT)
    assert (found.absent, [path for path, _ in found.unknown]) == ((), ["jest.config.js"])


def test_a_link_is_not_measured(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to("real.py")
    assert covered({"link.py": frozenset({1})}, {}, tmp_path, endings=PYTHON).lines == 0


def test_other_newlines_and_encodings() -> None:
    found = statements("x = 1\r\ny = (\r\n 2)\r\n".replace("\r\n", "\n"))
    assert found is not None
    assert found.executable == {1, 2}
    assert statements("if:\n") is None
    assert statements("x = '\0'\n") is None
    assert statements("") is not None


def test_places_are_short() -> None:
    assert ranges([3, 1, 2, 9, 11, 12]) == "1-3, 9, 11-12"
    assert ranges(range(1, 100, 2), limit=2) == "1, 3 and 48 more"
    assert ranges([]) == ""
    assert bounded([1, 2, 3], limit=2) == ([1, 2], 1)
