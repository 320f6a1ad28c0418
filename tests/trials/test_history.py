"""factory history: which changes of a real history are tasks, by running their tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.line import BIN, Line

LIST = "def newest_first(notes):\n    return sorted(notes, reverse=True)\n"
TEST = (
    "from notes.list import newest_first\n\n\n"
    "def test_newest():\n    assert newest_first([1, 2]) == [2, 1]\n"
)
COUNTED = "from notes.count import count\n\n\ndef test_count():\n    assert count([1]) == 1\n"
OTHER = "\n\ndef test_none():\n    assert newest_first([]) == []\n"

COMMITS: list[tuple[str, dict[str, str]]] = [
    (
        "Notes",
        {
            "notes/__init__.py": "",
            "notes/list.py": "",
            "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
            "tests/test_none.py": "def test_it():\n    pass\n",
        },
    ),
    ("Say what notes are", {"README": "Notes.\n"}),
    (
        "Show the newest first\n\nBy newest_first in notes/list.py, fixes #3.",
        {"notes/list.py": LIST, "tests/test_list.py": TEST},
    ),
    ("Test what is there", {"tests/test_list.py": TEST + OTHER}),
    (
        "Sort as before",
        {
            "notes/list.py": LIST.replace("sorted(notes, ", "sorted(list(notes), "),
            "tests/test_more.py": "def test_more():\n    assert True\n",
        },
    ),
    (
        "Count the notes",
        {
            "notes/count.py": "def count(notes):\n    return len(notes)\n",
            "tests/test_count.py": COUNTED,
        },
    ),
]


@pytest.fixture
def line(tmp_path: Path) -> Line:
    line = Line(tmp_path / "line", inside=True)
    line.git("rm", "-rq", ".")
    for message, files in COMMITS:
        for path, text in files.items():
            line.write(line.home / path, text)
        line.commit(message)
    (line.home / "doit.cfg").unlink()
    assert line.factory("init").code == 0
    return line


@pytest.mark.long
def test_which_changes_are_tasks(line: Line) -> None:
    place = line.folder / "tasks"
    ran = line.factory("history", "main~5..main", "--into", str(place))
    assert ran.code == 0, ran.err
    assert "1 change left out: it changes no test" in ran.out
    assert "1 change left out: it changes nothing but tests" in ran.out
    assert "3 changes to look at" in ran.out
    factory, doit = str(BIN / "factory"), str(BIN / "doit")
    early = line.run(factory, "history", cwd=place)
    assert "3 changes not looked at yet" in early.out
    line.run(doit, cwd=place)
    ran = line.run(factory, "history", cwd=place)
    assert ran.code == 0, ran.err
    assert "2 tasks of 3 changes, in tasks.json" in ran.out
    value = json.loads((place / "tasks.json").read_text())
    first, second = value["tasks"]
    assert first["goal"] == "Show the newest first\n\nBy … in …,…."
    assert first["removed"] == ["fixes #3", "notes/list.py", "newest_first"]
    assert first["hidden"] == ["tests.test_list::test_newest"]
    assert (first["tests"], first["sources"]) == (["tests/test_list.py"], ["notes/list.py"])
    assert first["base"] == line.git("rev-parse", "main~4").strip()
    assert second["sources"] == ["notes/count.py"]
    [other] = value["unusable"]
    assert other["name"].endswith("sort-as-before")
    assert "passes on the base as well" in other["reason"]
    again = line.run(doit, cwd=place)
    assert "ran 0" not in again.out
    assert str(line.folder) not in (place / "tasks.json").read_text(), "no path of this machine"


@pytest.mark.long
def test_what_cannot_be_looked_at(line: Line) -> None:
    place = str(line.folder / "tasks")
    ran = line.factory("history", "main~5..main")
    assert (ran.code, "--into FOLDER" in ran.err) == (3, True)
    ran = line.factory("history", "main~4..main~3", "--into", place)
    assert ran.code == 0, ran.err
    ran = line.factory("history", "main~5..main~4", "--into", f"{place}-2")
    assert (ran.code, "has no change with tests and sources" in ran.err) == (3, True)
    assert not Path(f"{place}-2").exists()
