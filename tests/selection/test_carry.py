"""A map that is carried on by what ran since."""

from __future__ import annotations

from pathlib import Path

from factoryline.selection.carry import carry
from factoryline.selection.change import Shift
from factoryline.selection.coverage_map import CoverageMap, FileMap, Recording

from tests.selection.trees import hunks

OLD = "def one():\n    return 1\n\n\ndef two():\n    a = 1\n    return a\n"
NEW = "# a line\n" + OLD.replace("    a = 1\n", "    a = (\n        1\n    )\n")
TWO = {"one": (2, 2), "two": (6, 7)}
A, B, C, GONE = "t/test_a.py::test_a", "t/test_b.py::test_b", "t/test_c.py::test_c", "t/no.py::test"


def kept(folder: Path) -> CoverageMap:
    """test_a (1), test_b (2), and a test that is gone (4) at the commit `old`."""
    lines = {2: 0b101, 6: 0b010, 7: 0b011}
    files = {
        "p/a.py": FileMap(blob="old", lines=lines, functions=TWO, imported=frozenset(["one"])),
        "p/same.py": FileMap(blob="same", lines={1: 0b10, 2: 0b100}, functions={}),
        "p/gone.py": FileMap(blob="gone", lines={1: 0b1}, functions={}),
    }
    path = folder / "map.zip"
    path.write_bytes(Recording(commit="old", files=files, tests=(A, B, GONE)).to_bytes())
    return CoverageMap(path)


def test_who_ran_is_known_anew_and_the_rest_moves_along(tmp_path: Path) -> None:
    """test_a ran again and no longer comes to `two`; test_c is new; test_b did not run."""
    now = {"one": (3, 3), "two": (7, 10)}
    ran = Recording(
        commit="new",
        files={"p/a.py": FileMap(blob="new", lines={3: 0b1, 7: 0b10}, functions=now)},
        tests=(A, C),
        cut_short=(C,),
    )
    blobs = {"p/a.py": "new", "p/same.py": "same", "t/test_a.py": "", "t/test_b.py": ""}
    texts: dict[str, str] = {}
    made = carry(kept(tmp_path), ran, blobs, lambda *_: Shift(hunks(OLD, NEW)), texts.get)
    assert (made.commit, made.tests, made.cut_short) == ("new", (B, A, C), (C,))
    (tmp_path / "map.zip").write_bytes(made.to_bytes())
    again = CoverageMap(tmp_path / "map.zip")
    assert sorted(again.paths) == ["p/a.py", "p/same.py"]
    file = again.file("p/a.py")
    assert file
    told = {line: sorted(again.names(tests)) for line, tests in file.lines.items()}
    # The statement of lines 7 to 9 stood on one line, which test_b executed.
    assert told == {3: [A], 7: [B, C], 8: [B], 9: [B], 10: [B]}
    assert file.imported == {"one"}
    same = again.file("p/same.py")
    assert same
    assert {line: sorted(again.names(t)) for line, t in same.lines.items()} == {1: [B]}
