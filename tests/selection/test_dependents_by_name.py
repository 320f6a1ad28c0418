"""What depends on a name, as far as names tell: the evidence where there is no map."""

from __future__ import annotations

import pytest
from factoryline.selection.dependents_by_name import MOST, importers, reached_from
from factoryline.selection.tree import Tree

from tests.selection.trees import select

# As click has it: a package whose `__init__` hands on what its modules define.
FILES = {
    "src/pkg/__init__.py": "from .edit import edit as edit\nfrom .core import run as run\n",
    "src/pkg/edit.py": "def edit(text):\n    return text\n\n\ndef other():\n    return 1\n",
    "src/pkg/core.py": "from .edit import edit as _e\n\ndef run(text):\n    return _e(text)\n",
    "src/pkg/apart.py": "def apart():\n    return 1\n",
    "tests/test_use.py": "import pkg\n\n\ndef test_use():\n    pkg.edit('a')\n\n\n"
    "def test_run():\n    pkg.run('a')\n\n\ndef test_nothing():\n    pkg.other\n",
    "tests/test_apart.py": "from pkg.apart import apart\n\n\ndef test_apart():\n    apart()\n",
    "tests/test_alone.py": "def test_alone():\n    edit = 1\n    assert edit\n",
}


def tree(**more: str) -> Tree:
    files = FILES | {path.replace("__", "/") + ".py": text for path, text in more.items()}
    return Tree({path: path for path in files}, files.get)


def test_names_are_followed_through_a_package() -> None:
    new = {**FILES, "src/pkg/edit.py": FILES["src/pkg/edit.py"].replace("text\n\n", "text * 2\n\n")}
    choice = select(FILES, new)
    told = {why.test: why.why for why in choice.why}
    assert told == {
        "tests/test_use.py::test_use": "it uses `edit`, which leads to src/pkg/edit.py",
        "tests/test_use.py::test_run": "it uses `run`, which leads to src/pkg/edit.py",
    }
    assert choice.widened == ""


@pytest.mark.parametrize(
    ("more", "names", "reached"),
    [
        ({}, {"edit"}, {"edit", "_e", "run"}),
        ({}, {"other"}, {"other"}),
        # Nobody calls `__init__` by its name, nor what a class is made of.
        (
            {"src__pkg__k": "class Kind:\n    def __init__(self):\n        other()\n"},
            {"other"},
            {"other", "Kind"},
        ),
        (
            {"src__pkg__k": "class Kind:\n    field = other\n"},
            {"other"},
            {"other", "field", "Kind"},
        ),
        # What is registered is reached through what it is registered with.
        (
            {"src__pkg__k": "app = make()\n\n\n@app.command()\ndef go():\n    other()\n"},
            {"other"},
            {"other", "go", "app"},
        ),
        ({"src__pkg__k": "TABLE = {}\nTABLE.update(other)\n"}, {"other"}, {"other", "TABLE"}),
        ({"tests__conftest": "def fixture():\n    other()\n"}, {"other"}, {"other", "fixture"}),
    ],
)
def test_what_depends_on_names(more: dict[str, str], names: set[str], reached: set[str]) -> None:
    assert set(reached_from(tree(**more), names) or ()) == reached


def test_what_everything_depends_on_is_no_particular_thing() -> None:
    many = "".join(f"def f{n}():\n    return f{n - 1}\n\n\n" for n in range(1, MOST + 2))
    assert reached_from(tree(src__pkg__many=many), {"f0"}) is None
    files = {**FILES, "src/pkg/many.py": f"def f0():\n    return 0\n\n\n{many}"}
    new = {**files, "src/pkg/many.py": files["src/pkg/many.py"].replace("return 0", "return 1")}
    assert select(files, new).widened.startswith("nearly everything depends on src/pkg/many.py")


def test_a_test_whose_imports_do_not_come_there_is_left() -> None:
    found = importers(tree(), "src/pkg/edit.py", ["tests/test_use.py", "tests/test_alone.py"])
    assert list(found) == ["tests/test_use.py"]
    with_conftest = tree(tests__conftest="import pkg\n")
    assert list(importers(with_conftest, "src/pkg/edit.py", ["tests/test_alone.py"]))
