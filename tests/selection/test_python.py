"""Which Python tests a change reaches: by the map, by symbols at import, by imports, by names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from factoryline.selection.coverage_map import CoverageMap

from tests.selection.trees import Files, kept, names, recorded, select

CORE = """LIMIT = 3


def check(text):
    if len(text) > LIMIT:
        return False
    return True


def shout(text):
    return text.upper()


class Box:
    size = 1

    def open(self):
        return self.size
"""
TESTS = """from pkg.core import check, shout, Box


def test_check():
    assert check("abc")


def test_shout():
    assert shout("a") == "A"


def test_box():
    assert Box().open() == 1
"""
BASE: dict[str, str] = {
    "pkg/__init__.py": "",
    "pkg/core.py": CORE,
    "pkg/other.py": "from pkg import core\n\n\ndef twice(text):\n    return core.shout(text) * 2\n",
    "tests/test_core.py": TESTS,
    "tests/test_other.py": "from pkg.other import twice\n\n\ndef test_twice():\n    twice('a')\n",
    "tests/test_far.py": "import json\n\n\ndef test_far():\n    json.dumps(1)\n",
}
EXECUTED: dict[str, dict[str, list[int]]] = {
    "tests/test_core.py::test_check": {"pkg/core.py": [5, 7]},
    "tests/test_core.py::test_shout": {"pkg/core.py": [11]},
    "tests/test_core.py::test_box": {"pkg/core.py": [18]},
    "tests/test_other.py::test_twice": {"pkg/core.py": [11], "pkg/other.py": [5]},
    "tests/test_far.py::test_far": {},
}


def after(**edits: tuple[str, str]) -> dict[str, str]:
    """BASE with one text replaced in a file: `pkg__core=(old, new)`."""
    files = dict(BASE)
    for key, (old, new) in edits.items():
        path = key.replace("__", "/") + ".py"
        assert files[path].count(old) == 1
        files[path] = files[path].replace(old, new)
    return files


class TestWithAMap:
    def chosen(self, tmp_path: Path, new: Files, effort: str = "merge") -> list[str]:
        context_map = kept(tmp_path, BASE, EXECUTED)
        return names(select(BASE, new, map=context_map, effort=effort))

    def test_the_tests_that_execute_a_changed_line(self, tmp_path: Path) -> None:
        new = after(pkg__core=("return True", "return 1"))
        assert self.chosen(tmp_path, new) == ["test_core.py::test_check"]

    def test_through_other_modules(self, tmp_path: Path) -> None:
        new = after(pkg__core=("text.upper()", "text.title()"))
        assert self.chosen(tmp_path, new) == ["test_core.py::test_shout", "test_other.py"]

    def test_beside_a_line_that_is_new(self, tmp_path: Path) -> None:
        new = after(pkg__core=("        return False\n", "        print()\n        return False\n"))
        assert self.chosen(tmp_path, new) == ["test_core.py::test_check"]

    def test_a_constant_leads_to_the_functions_that_use_it(self, tmp_path: Path) -> None:
        assert self.chosen(tmp_path, after(pkg__core=("LIMIT = 3", "LIMIT = 4"))) == [
            "test_core.py::test_check"
        ]

    def test_an_attribute_of_a_class_leads_to_its_users(self, tmp_path: Path) -> None:
        assert self.chosen(tmp_path, after(pkg__core=("size = 1", "size = 2"))) == [
            "test_core.py::test_box"
        ]

    def test_a_default_of_a_parameter_runs_at_import(self, tmp_path: Path) -> None:
        new = after(pkg__core=("def shout(text)", "def shout(text='')"))
        assert self.chosen(tmp_path, new) == ["test_core.py::test_shout", "test_other.py"]

    def test_a_statement_over_several_lines(self, tmp_path: Path) -> None:
        files = {
            **BASE,
            "pkg/core.py": "def check(text):\n    return [\n        text,\n        1,\n    ]\n",
        }
        context_map = kept(
            tmp_path, files, {"tests/test_core.py::test_check": {"pkg/core.py": [2]}}
        )
        new = {**files, "pkg/core.py": files["pkg/core.py"].replace("        1,", "        2,")}
        assert names(select(files, new, map=context_map)) == ["test_core.py::test_check"]

    def test_a_new_test_and_the_map_together(self, tmp_path: Path) -> None:
        new = after(pkg__core=("return True", "return 1"))
        new["tests/test_new.py"] = "def test_a(): pass\n"
        choice = select(BASE, new, map=kept(tmp_path, BASE, EXECUTED))
        assert choice.summary == "2 of 6: 1 changed, 1 by map"
        assert names(choice) == ["test_core.py::test_check", "test_new.py"]

    def test_a_stale_map_still_knows_functions(self, tmp_path: Path) -> None:
        """Lines of a text that the map did not see tell nothing; the function's name does."""
        context_map = kept(
            tmp_path,
            {**BASE, "pkg/core.py": "# moved\n" * 40 + CORE},
            {
                "tests/test_core.py::test_check": {"pkg/core.py": [45, 47]},
            },
        )
        assert context_map.file("pkg/core.py") is not None
        new = after(pkg__core=("return True", "return 1"))
        found = select(BASE, new, map=context_map)
        assert "test_core.py::test_check" in names(found)

    def test_a_test_that_is_gone_is_not_asked_for(self, tmp_path: Path) -> None:
        new = after(
            pkg__core=("text.upper()", "text.title()"), tests__test_core=("test_shout", "test_loud")
        )
        assert self.chosen(tmp_path, new) == ["test_core.py::test_loud", "test_other.py"]

    def test_the_likeliest_alone(self, tmp_path: Path) -> None:
        many = "".join(f"def test_{n}():\n    check('a')\n\n\n" for n in range(300))
        files = {**BASE, "tests/test_many.py": "from pkg.core import check\n\n\n" + many}
        executed = {
            **EXECUTED,
            **{f"tests/test_many.py::test_{n}": {"pkg/core.py": [5, 7]} for n in range(300)},
        }
        new = {**files, "pkg/core.py": CORE.replace("return True", "return 1")}
        context_map = kept(tmp_path, files, executed)
        inner = select(files, new, map=context_map, effort="inner")
        assert len(inner.why) == 75  # a quarter of those that the change may break
        whole = select(files, new, map=context_map)
        assert whole.widened.startswith("301 of 305 tests reach pkg/core.py")

    def test_a_module_of_data_alone_leads_to_its_users(self, tmp_path: Path) -> None:
        """It has no line in the map, since all of it runs at import."""
        files = {
            **BASE,
            "pkg/words.py": "WORDS = ['a']\nMORE = WORDS + ['b']\n",
            "pkg/other.py": "from .words import MORE\n\n\ndef twice(text):\n    return MORE\n",
        }
        new = {**files, "pkg/words.py": files["pkg/words.py"].replace("['a']", "['c']")}
        context_map = kept(tmp_path, files, EXECUTED)
        assert names(select(files, new, map=context_map)) == ["test_other.py"]

    def test_what_is_new_is_used_by_what_changed_and_by_classes_that_look(
        self, tmp_path: Path
    ) -> None:
        enum = "from enum import Enum\n\n\nclass Kind(Enum):\n    A = 1\n"
        uses = "\n\ndef every():\n    return list(Kind)\n"
        files = {**BASE, "pkg/kind.py": enum + uses}
        context_map = kept(
            tmp_path, files, {**EXECUTED, "tests/test_far.py::test_far": {"pkg/kind.py": [9]}}
        )
        new = {**files, "pkg/kind.py": enum + "    B = 2\n" + uses}
        assert names(select(files, new, map=context_map)) == ["test_far.py"]
        added = {**files, "pkg/core.py": CORE + "\n\ndef fresh():\n    return 1\n"}
        choice = select(files, added, map=context_map)
        assert names(choice) == ["test_core.py", "test_other.py"]
        assert choice.why[0].why.endswith("of which no test executes what changed")

    def test_a_further_parameter_concerns_those_who_read_it(self, tmp_path: Path) -> None:
        new = after(pkg__core=("def shout(text):\n", "def shout(text, end=''):\n"))
        choice = select(BASE, new, map=kept(tmp_path, BASE, EXECUTED))
        assert choice.why[0].why.endswith("of which no test executes what changed")
        new["pkg/core.py"] = new["pkg/core.py"].replace("text.upper()", "text.upper() + end")
        assert self.chosen(tmp_path, new) == ["test_core.py::test_shout", "test_other.py"]

    def test_a_few_look_after_what_differs_in_words_alone(self, tmp_path: Path) -> None:
        new = after(
            pkg__core=("    return text.upper()", '    """Loud."""\n    return text.upper()')
        )
        context_map = kept(tmp_path, BASE, EXECUTED)
        choice = select(BASE, new, map=context_map)
        assert names(choice) == ["test_core.py", "test_other.py"]
        assert choice.why[0].why == "it executes pkg/core.py, of which nothing but words changed"

    def test_tests_in_files_of_other_names_are_known_by_the_map(self, tmp_path: Path) -> None:
        """As where a runner is told to look into `tests/__main__.py`, which imports its tests."""
        old = {**BASE, "tests/__main__.py": "from tests.made import *\n"}
        ran = {f"tests/__main__.py::Test::test_{n}": {"pkg/core.py": [11]} for n in range(9)}
        context_map = kept(tmp_path, old, {**EXECUTED, **ran})
        new = {**old, "pkg/core.py": CORE.replace("text.upper()", "text.lower()")}
        choice = select(old, new, map=context_map)
        assert "__main__.py" in names(choice)
        assert choice.summary == "11 of 14: 11 by map"

    def test_annotations_do_nothing_until_something_reads_them(self, tmp_path: Path) -> None:
        typed = after(
            pkg__core=("def shout(text):", "def shout(text: str) -> str:"),
            pkg__other=("twice(text)", "twice(text: str)"),
        )
        typed["pkg/core.py"] = typed["pkg/core.py"].replace("return True", "return 1")
        assert self.chosen(tmp_path, typed) == ["test_core.py::test_check"]
        read = {**BASE, "pkg/reads.py": "from inspect import signature\n"}
        context_map = kept(tmp_path, read, EXECUTED)
        assert names(
            select(read, {**typed, "pkg/reads.py": read["pkg/reads.py"]}, map=context_map)
        ) == [
            "test_core.py::test_check",
            "test_core.py::test_shout",
            "test_other.py",
        ]

    def test_a_constant_leads_to_the_statements_that_read_it(self, tmp_path: Path) -> None:
        files = {
            **BASE,
            "pkg/core.py": CORE
            + "\n\ndef both(text):\n    if text:\n        return LIMIT\n    return 0\n",
        }
        executed = {**EXECUTED, "tests/test_far.py::test_far": {"pkg/core.py": [22, 24]}}
        new = {**files, "pkg/core.py": files["pkg/core.py"].replace("LIMIT = 3", "LIMIT = 4")}
        context_map = kept(tmp_path, files, executed)
        assert names(select(files, new, map=context_map)) == ["test_core.py::test_check"]

    def test_a_name_that_is_imported_with_all_the_others(self, tmp_path: Path) -> None:
        files = {
            **BASE,
            "pkg/all.py": "from pkg.core import *\n",
            "pkg/other.py": "from pkg.all import LIMIT\n\n\ndef twice(text):\n    return LIMIT\n",
        }
        new = {**files, "pkg/core.py": CORE.replace("LIMIT = 3", "LIMIT = 4")}
        context_map = kept(tmp_path, files, EXECUTED)
        assert names(select(files, new, map=context_map)) == [
            "test_core.py::test_check",
            "test_other.py",
        ]

    @pytest.mark.parametrize(
        ("made", "edit"),
        [
            ("def build():\n    return [1]\n", ("[1]", "[2]")),
            ("SIZE = 1\n\n\ndef build(n=SIZE):\n    return [n]\n", ("SIZE = 1", "SIZE = 2")),
        ],
        ids=["its body", "a default"],
    )
    def test_what_runs_at_import_leads_to_what_it_made(
        self, tmp_path: Path, made: str, edit: tuple[str, str]
    ) -> None:
        files = {
            **BASE,
            "pkg/core.py": f"{CORE}\n\n{made}\n\nTABLE = build()\n",
            "pkg/other.py": "from pkg.core import TABLE\n\n\ndef twice(text):\n    return TABLE\n",
        }
        recording = recorded(files, EXECUTED)
        core = recording.files["pkg/core.py"]
        recording.files["pkg/core.py"] = replace(core, imported=frozenset({"build"}))
        (tmp_path / "map.zip").write_bytes(recording.to_bytes())
        new = {**files, "pkg/core.py": files["pkg/core.py"].replace(*edit)}
        choice = select(files, new, map=CoverageMap(tmp_path / "map.zip"))
        assert names(choice) == ["test_other.py"]

    def test_what_one_test_file_binds_another_may_import(self, tmp_path: Path) -> None:
        files = {
            **BASE,
            "tests/test_core.py": f"from pkg.core import LIMIT\n\nMORE = LIMIT + 1\n\n{TESTS}",
            "tests/test_far.py": "from tests.test_core import MORE\n\n\n"
            "def test_far():\n    assert MORE == 4\n\n\ndef test_other(): pass\n",
        }
        new = {**files, "pkg/core.py": CORE.replace("LIMIT = 3", "LIMIT = 4")}
        choice = select(files, new, map=kept(tmp_path, files, EXECUTED))
        assert "test_far.py::test_far" in names(choice)

    def test_a_statement_that_binds_nothing_has_an_effect(self, tmp_path: Path) -> None:
        files = {
            **BASE,
            "pkg/names.py": "SOME = ['a']\nglobals().update({name: 1 for name in SOME})\n",
            "tests/test_far.py": "from pkg import names\n\n\ndef test_far():\n    assert names.a\n",
        }
        new = {**files, "pkg/names.py": files["pkg/names.py"].replace("'a'", "'b'")}
        choice = select(files, new, map=kept(tmp_path, files, EXECUTED))
        assert (names(choice), choice.widened) == (["test_far.py"], "")

    def test_what_a_test_file_builds_with_it_at_import(self, tmp_path: Path) -> None:
        """The decorator ran when the file of tests was imported, and in none of its tests."""
        loud = "def loud(function):\n    return lambda: function().upper()\n"
        far = "from pkg.loud import loud\n\n\n@loud\ndef word():\n    return 'a'\n\n\n"
        files = {
            **BASE,
            "pkg/loud.py": loud,
            "tests/test_far.py": far + "def test_far():\n    word()\n\n\ndef test_no(): pass\n",
        }
        recording = recorded(
            files, {**EXECUTED, "tests/test_core.py::test_box": {"pkg/loud.py": [9]}}
        )
        module = recording.files["pkg/loud.py"]
        recording.files["pkg/loud.py"] = replace(module, imported=frozenset({"loud"}))
        (tmp_path / "map.zip").write_bytes(recording.to_bytes())
        new = {**files, "pkg/loud.py": loud.replace("upper", "lower")}
        choice = select(files, new, map=CoverageMap(tmp_path / "map.zip"))
        assert names(choice) == ["test_far.py::test_far"]

    def test_a_call_that_leaves_no_line_is_found_by_its_callers(self, tmp_path: Path) -> None:
        hook = '\n\ndef hook():\n    """Does nothing yet."""\n'
        other = "from pkg import core\n\n\ndef twice(text):\n    core.hook()\n    return text * 2\n"
        files = {**BASE, "pkg/core.py": CORE + hook, "pkg/other.py": other}
        new = {**files, "pkg/core.py": CORE + hook + "    print()\n"}
        context_map = kept(tmp_path, files, EXECUTED)
        assert names(select(files, new, map=context_map)) == ["test_other.py"]

    def test_a_module_that_is_gone_leads_to_those_who_executed_it(self, tmp_path: Path) -> None:
        new = {path: text for path, text in BASE.items() if path != "pkg/other.py"}
        assert self.chosen(tmp_path, new) == ["test_other.py"]

    def test_a_module_that_is_renamed(self, tmp_path: Path) -> None:
        new = {path: text for path, text in BASE.items() if path != "pkg/other.py"}
        new["pkg/another.py"] = BASE["pkg/other.py"]
        context_map = kept(tmp_path, BASE, EXECUTED)
        renamed = {"pkg/another.py": "pkg/other.py"}
        choice = select(BASE, new, renamed=renamed, map=context_map)
        assert names(choice) == ["test_other.py"]
        assert choice.why[0].why == "pkg/other.py is pkg/another.py now"

    def test_the_likeliest_speak_of_what_changed(self, tmp_path: Path) -> None:
        many = "".join(f"def test_{n}():\n    check('{n}')\n\n\n" for n in range(300))
        said = "def test_zebra():\n    check('zebra')\n"
        files = {**BASE, "tests/test_many.py": "from pkg.core import check\n\n\n" + many + said}
        lines = {"pkg/core.py": [5, 7]}
        executed = {f"tests/test_many.py::test_{n}": lines for n in [*range(300), "zebra"]}
        new = {**files, "pkg/core.py": CORE.replace("return True", "return text != 'zebra'")}
        inner = select(files, new, map=kept(tmp_path, files, executed), effort="inner")
        assert inner.why[0].test == "tests/test_many.py::test_zebra"

    def test_tests_that_are_made_at_run_time_are_named_as_they_ran(self, tmp_path: Path) -> None:
        files = {**BASE, "tests/test_made.py": "class TestMade:\n    pass\n\n\nfill(TestMade)\n"}
        start = "tests/test_made.py::TestMade::test"
        made = {f"{start}_{n}": {"pkg/core.py": [5], "tests/test_made.py": [1]} for n in range(3)}
        made[f"{start}_1"]["pkg/core.py"] = [11]
        new = {**files, "pkg/core.py": CORE.replace("text.upper()", "text.title()")}
        context_map = kept(tmp_path, files, made)
        chosen = select(files, new, map=context_map)
        assert names(chosen) == ["test_made.py::TestMade::test_1"]
        maker = {**files, "tests/making.py": "X = 1\n"}
        chosen = select(files, {**maker, "pkg/core.py": new["pkg/core.py"]}, map=context_map)
        assert "test_made.py::TestMade" in names(chosen)

    def test_a_generated_module_is_executed_like_any_other(self, tmp_path: Path) -> None:
        files = {**BASE, "pkg/core.py": "# Generated by make. DO NOT EDIT.\n" + CORE[10:]}
        new = {**files, "pkg/core.py": files["pkg/core.py"].replace("return True", "return 1")}
        assert select(files, new).widened == "pkg/core.py is a generated file"
        assert not select(files, new, map=kept(tmp_path, files, EXECUTED)).widened


class TestWithoutAMap:
    def test_files_that_import_the_module(self) -> None:
        new = after(pkg__other=("* 2", "* 3"))
        choice = select(BASE, new)
        assert names(choice) == ["test_other.py"]
        assert choice.summary == "1 of 5: 1 by import"

    def test_what_another_module_re_exports(self) -> None:
        files = {
            "src/pkg/__init__.py": "from .core import check as check\nfrom . import core\n",
            "src/pkg/core.py": CORE,
            "tests/test_api.py": "from pkg import check\n\n\ndef test_a():\n    check('a')\n",
            "tests/test_b.py": "import other\n\n\ndef test_b(): pass\n",
        }
        new = {**files, "src/pkg/core.py": CORE.replace("return True", "return 1")}
        assert names(select(files, new)) == ["test_api.py"]

    @pytest.mark.parametrize(
        ("module", "line"),
        [
            ("pkg/core.py", "import pkg.core"),
            ("pkg/core.py", "from pkg import core"),
            ("src/pkg/core.py", "import pkg.core as c"),
            ("lib/python/pkg/core.py", "from pkg.core import *"),
            ("space/pkg/core.py", "from space.pkg.core import check"),
            ("core.py", "import core"),
            ("pkg/sub/core.py", "from pkg.sub import core"),
            ("tests/core.py", "from . import core"),
            ("tests/core.py", "from .core import check"),
        ],
    )
    def test_ways_to_import(self, module: str, line: str) -> None:
        folder = module.rpartition("/")[0]
        files = {
            module: CORE,
            "tests/test_a.py": f"{line}\n\n\ndef test_a(): pass\n",
            "tests/test_b.py": "import json\n\n\ndef test_b(): pass\n",
        }
        if folder not in ("", "tests", "space/pkg"):  # a namespace has no __init__.py
            files[f"{folder}/__init__.py"] = ""
        new = {**files, module: CORE.replace("return True", "return 1")}
        assert names(select(files, new)) == ["test_a.py"]

    def test_a_module_of_the_standard_library_is_not_ours(self) -> None:
        files = {
            "pkg/json.py": CORE,
            "tests/test_far.py": "import json\n\n\ndef test_far(): pass\n",
            "tests/test_near.py": "from pkg import json\n\n\ndef test_near(): pass\n",
        }
        new = {**files, "pkg/json.py": CORE.replace("return True", "return 1")}
        assert names(select(files, new)) == ["test_near.py"]

    def test_a_test_named_for_the_module(self) -> None:
        files = {
            "server/settings.py": CORE,
            "tests/test_settings.py": "def test_a(): pass\n",
            "tests/test_b.py": "def test_b(): pass\n",
        }
        new = {**files, "server/settings.py": CORE.replace("return True", "return 1")}
        choice = select(files, new)
        assert (names(choice), choice.summary) == (["test_settings.py"], "1 of 2: 1 by name")


class TestChangedTests:
    def chosen(self, old: str, new: str) -> list[str]:
        before, then = {"tests/test_a.py": old}, {"tests/test_a.py": new}
        assert old != new
        more = {"tests/test_z.py": "def test_z1(): pass\n\ndef test_z2(): pass\n"}
        return names(select({**before, **more}, {**then, **more}))

    TWO = (
        "import pytest\n\nSIZE = 3\n\n\n@pytest.fixture\ndef box():\n    return SIZE\n\n\n"
        "def helper(x):\n    return x\n\n\ndef test_one(box):\n    assert box\n\n\n"
        "def test_two():\n    assert helper(1)\n\n\n"
        "class TestThree:\n    def setup_method(self):\n        self.x = 1\n\n"
        "    def test_three(self):\n        assert self.x\n"
    )

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("assert box", "assert box > 0", ["test_a.py::test_one"]),
            ("SIZE = 3", "SIZE = 4", ["test_a.py::test_one"]),
            ("return SIZE", "return SIZE + 1", ["test_a.py::test_one"]),
            ("return x", "return x + 0", ["test_a.py::test_two"]),
            ("self.x = 1", "self.x = 2", ["test_a.py::TestThree::test_three"]),
            ("import pytest\n", "import pytest\nprint()\n", ["test_a.py"]),
            ("class TestThree:", "class TestThree(Base):", ["test_a.py::TestThree::test_three"]),
            ("def test_two", "def test_2", ["test_a.py::test_2"]),
        ],
    )
    def test_the_tests_that_a_change_beside_them_reaches(
        self, old: str, new: str, expected: list[str]
    ) -> None:
        assert self.TWO.count(old) == 1
        assert self.chosen(self.TWO, self.TWO.replace(old, new)) == expected

    def test_parametrised_tests_are_asked_for_as_a_whole(self) -> None:
        old = (
            "@mark.parametrize('a', ['x::y', '[z]'])\ndef test_a(a): pass\n\n\ndef test_b(): pass\n"
        )
        assert self.chosen(old, old.replace("'x::y'", "'w'")) == ["test_a.py::test_a"]

    def test_what_is_named_like_a_test_and_is_none(self) -> None:
        old = (
            "@pytest.fixture\ndef test_env():\n    return 1\n\n\ndef test_a(test_env): pass\n\n\n"
            "class Plain:\n    def test_b(self): pass\n\n\ndef test_c(): pass\n"
        )
        assert self.chosen(old, old.replace("return 1", "return 2")) == ["test_a.py::test_a"]

    def test_marks_of_a_file(self) -> None:
        old = "pytestmark = slow\n\n\ndef test_a(): pass\n\n\ndef test_b(): pass\n"
        assert self.chosen(old, old.replace("slow", "fast")) == ["test_a.py"]


def test_a_test_that_changed_in_a_class_that_others_inherit() -> None:
    mixin = "class Mixin:\n    def test_a(self):\n        assert 1\n\n\n"
    heirs = "class TestA(Mixin):\n    pass\n\n\nclass TestB(Mixin):\n    def test_a(self): pass\n"
    old = {**BASE, "tests/test_heirs.py": mixin + heirs}
    new = {**BASE, "tests/test_heirs.py": mixin.replace("assert 1", "assert 2") + heirs}
    assert names(select(old, new)) == ["test_heirs.py::TestA::test_a"]
