"""What a change does to tests: each way to get green, and each honest edit that looks like one."""

from __future__ import annotations

import pytest
from factoryline.verification.proof.tampering import Edit, tampering

BEFORE = """
import pytest


def test_sum():
    assert total([1, 2]) == 3
    assert total([]) == 0


class TestKey:
    def test_kept(self):
        self.assertEqual(key(), "a")


@pytest.mark.parametrize("n", [1, 2, 3])
def test_cases(n):
    with pytest.raises(ValueError, match="odd"):
        check(n)


def test_near():
    assert ratio() == pytest.approx(0.3, rel=0.01)
"""


def found(before: str | None, after: str | None, path: str = "tests/test_a.py") -> list[str]:
    edits = [Edit(path=path, before=before, after=after)]
    return [f"{one.line} {one.kind}: {one.statement}" for one in tampering(edits)]


def edited(old: str, new: str) -> list[str]:
    assert BEFORE.count(old) == 1
    return found(BEFORE, BEFORE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (
            "def test_sum():\n    assert total([1, 2]) == 3\n    assert total([]) == 0\n",
            "",
            "5 deleted: `test_sum` was deleted",
        ),
        (
            "def test_sum",
            "def _test_sum",
            "5 deleted: `test_sum` is now called `_test_sum`, which is not the name of a test",
        ),
        (
            "def test_sum",
            "@pytest.mark.skip\ndef test_sum",
            "6 skipped: `test_sum` got `pytest.mark.skip`",
        ),
        (
            "class TestKey",
            "@unittest.expectedFailure\nclass TestKey",
            "12 skipped: `TestKey::test_kept` got `unittest.expectedFailure`",
        ),
        (
            '        self.assertEqual(key(), "a")',
            '        self.skipTest("later")\n        self.assertEqual(key(), "a")',
            "11 skipped: `TestKey::test_kept` got `self.skipTest('later')`",
        ),
        (
            "    assert total([]) == 0\n",
            "",
            "5 loosened: `test_sum`: `assert total([]) == 0` was taken out",
        ),
        (
            "== 3",
            "in (3, 4)",
            "6 loosened: `test_sum`: `assert total([1, 2]) == 3` became "
            "`assert total([1, 2]) in (3, 4)`, which asks for less",
        ),
        (
            "total([1, 2]) == 3",
            "total([1, 2]) is not None",
            "6 loosened: `test_sum`: `assert total([1, 2]) == 3` became "
            "`assert total([1, 2]) is not None`, which asks for less",
        ),
        (
            "total([1, 2]) == 3",
            "True",
            "6 loosened: `test_sum`: `assert total([1, 2]) == 3` became `assert True`, "
            "which is always true",
        ),
        (
            "total([1, 2]) == 3",
            "total([1, 2]) == 3 or True",
            "6 loosened: `test_sum`: `assert total([1, 2]) == 3` became "
            "`assert total([1, 2]) == 3 or True`, which is always true",
        ),
        (
            "    assert total([]) == 0\n",
            "    try:\n        assert total([]) == 0\n    except Exception:\n        pass\n",
            "8 loosened: `test_sum`: the failure of `assert total([]) == 0` is caught now",
        ),
        (
            "    assert total([]) == 0\n",
            "    return\n    assert total([]) == 0\n",
            "5 loosened: `test_sum`: `assert total([]) == 0` was taken out",
        ),
        (
            "rel=0.01",
            "rel=0.5",
            "22 loosened: `test_near`: `assert ratio() == pytest.approx(0.3, rel=0.01)` became "
            "`assert ratio() == pytest.approx(0.3, rel=0.5)`, which allows more",
        ),
        (
            "pytest.raises(ValueError, ",
            "pytest.raises(Exception, ",
            "17 loosened: `test_cases`: `pytest.raises(ValueError, match='odd')` became "
            "`pytest.raises(Exception, match='odd')`, which asks for less",
        ),
        (
            ', match="odd"',
            "",
            "17 loosened: `test_cases`: `pytest.raises(ValueError, match='odd')` became "
            "`pytest.raises(ValueError)`, which asks for less",
        ),
        (
            "[1, 2, 3]",
            "[1, 3]",
            "16 loosened: `test_cases` has 2 cases of its parameters, and had 3",
        ),
        (
            'assertEqual(key(), "a")',
            "assertTrue(key())",
            "12 loosened: `TestKey::test_kept`: `self.assertEqual(key(), 'a')` became "
            "`self.assertTrue(key())`, which asks for less",
        ),
    ],
)
def test_ways_to_get_green(old: str, new: str, wanted: str) -> None:
    assert wanted in edited(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("== 3", "== 4"),
        ("total([1, 2])", "total([2, 1])"),
        ("def test_sum", "def test_total"),
        ("[1, 2, 3]", "[1, 2, 3, 4]"),
        ("rel=0.01", "rel=0.001"),
        ("import pytest\n", "import pytest\nimport unittest\n"),
        ("    assert total([]) == 0\n", "    assert total([]) == 0, 'nothing'\n"),
        ("    assert total([]) == 0\n", "    if deep:\n        assert total([]) == 0\n"),
        ("total([]) == 0", "total([]) is 0"),
    ],
)
def test_honest_edits(old: str, new: str) -> None:
    assert edited(old, new) == []


def test_all_of_a_test_is_gone() -> None:
    assert "5 empty: `test_sum` asserts nothing any more" in found(
        BEFORE,
        BEFORE.replace("assert total([1, 2]) == 3", "total([1, 2])").replace(
            "    assert total([]) == 0\n", ""
        ),
    )


def test_a_whole_file_is_gone() -> None:
    assert len(found(BEFORE, None)) == 4


def test_a_test_that_moved_to_another_file_is_held_against_itself() -> None:
    moved = "def test_sum():\n    assert total([1, 2])\n    assert total([]) == 0\n"
    edits = [
        Edit(path="tests/test_a.py", before=BEFORE, after=None),
        Edit(path="tests/test_b.py", before=None, after=BEFORE.replace("def test_sum", "def sum_")),
        Edit(path="tests/test_c.py", before=None, after=moved),
    ]
    [one] = tampering(edits)
    assert (one.path, one.kind, one.test) == ("tests/test_c.py", "loosened", "test_sum")


def test_a_new_test_that_asserts_nothing() -> None:
    new = BEFORE + "\n\ndef test_new():\n    total([1])\n\n\ndef test_true():\n    assert True\n"
    assert found(BEFORE, new) == [
        "25 empty: `test_new` asserts nothing, so it passes always",
        "29 empty: `test_true` asserts nothing, so it passes always",
    ]
    assert found(BEFORE, BEFORE + "\n\ndef test_new():\n    check_same(1, 2)\n") == []


def test_a_module_that_skips_itself() -> None:
    marked = BEFORE.replace("import pytest\n", "import pytest\npytestmark = pytest.mark.skip\n")
    assert len([one for one in found(BEFORE, marked) if "skipped" in one]) == 4
    assert found(marked, BEFORE) == []


def test_files_that_cannot_be_read_claim_nothing() -> None:
    assert found(BEFORE, "def broken(:\n") == []
    assert found("def broken(:\n", BEFORE) == []
    assert found(None, None) == []


@pytest.mark.parametrize(
    ("path", "before", "after", "wanted"),
    [
        (
            "web/a.test.ts",
            "it('adds', () => { expect(add(1)).toBe(2) })\n",
            "it.skip('adds', () => { expect(add(1)).toBe(2) })\n",
            ["1 skipped: `it.skip('adds', () => { expect(add(1)).toBe(2) })` was added"],
        ),
        (
            "web/a.test.ts",
            "test('adds', () => {\n  expect(add(1)).toBe(2)\n})\n",
            "",
            ["1 deleted: the test `adds` was deleted"],
        ),
        (
            "web/a.test.js",
            "test('adds', () => {\n  expect(add(1)).toBe(2)\n})\n",
            "test('adds', () => {\n  add(1)\n})\n",
            ["1 loosened: the file has 1 assertion less than before"],
        ),
        (
            "web/a.test.js",
            "test('adds', () => {\n  expect(add(1)).toBe(2)\n})\n",
            "test('adds', () => {\n  expect(add(1)).toBeDefined()\n})\n",
            ["2 loosened: `expect(add(1)).toBeDefined()` was added, which asks for little"],
        ),
        (
            "a_test.go",
            "func TestAdd(t *testing.T) {\n}\n",
            'func TestAdd(t *testing.T) {\n\tt.Skip("later")\n}\n',
            ['2 skipped: `t.Skip("later")` was added'],
        ),
        (
            "src/lib.rs",
            "#[test]\nfn adds() { assert_eq!(1, 1); }\n",
            "#[test]\n#[ignore]\nfn adds() { assert_eq!(1, 1); }\n",
            ["2 skipped: `#[ignore]` was added"],
        ),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\n",
            '[tool.pytest.ini_options]\naddopts = "--deselect tests/test_a.py::test_sum"\n',
            [
                '2 left out: `addopts = "--deselect tests/test_a.py::test_sum"` was added, which '
                "may leave tests out"
            ],
        ),
        (
            "tests/conftest.py",
            "",
            "collect_ignore = ['test_a.py']\n",
            ["1 left out: `collect_ignore = ['test_a.py']` was added, which may leave tests out"],
        ),
        ("README.md", "it('a')", "it.skip('a')", []),
    ],
)
def test_other_languages_and_settings(
    path: str, before: str, after: str, wanted: list[str]
) -> None:
    assert found(before, after, path) == wanted
