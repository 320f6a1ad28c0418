"""From the data of coverage.py to a coverage map."""

from __future__ import annotations

from pathlib import Path

from coverage import CoverageData
from factoryline.selection.coverage_map import CoverageMap
from factoryline.selection.recording import read_coverage

TEXT = """kept = None


def get():
    global kept
    if kept is None:
        kept = build()
    return kept


def build():
    return [1]


TABLE = build()
"""


def test_what_ran_in_tests_what_ran_at_import_and_what_was_built_for_all(tmp_path: Path) -> None:
    data = CoverageData(basename=str(tmp_path / "data"))
    ran = {
        "": [1, 4, 11, 12, 15],
        "tests/test_a.py::test_first[one]|run": [6, 7, 8, 12],
        "tests/test_a.py::test_second|run": [6, 8],
    }
    for context, lines in ran.items():
        data.set_context(context)
        data.add_lines({str(tmp_path / "pkg" / "a.py"): lines, "/elsewhere/b.py": [1]})
    data.write()
    texts = {"pkg/a.py": TEXT}
    recording = read_coverage(
        [tmp_path / "data"], tmp_path, "c0ffee", {"pkg/a.py": "blob", "pkg/b.py": "blob"}, texts.get
    )
    (tmp_path / "map.zip").write_bytes(recording.to_bytes())
    kept = CoverageMap(tmp_path / "map.zip")
    file = kept.file("pkg/a.py")
    assert file is not None
    assert kept.file("pkg/b.py") is None
    tests = {line: sorted(kept.names(found)) for line, found in file.lines.items()}
    first, second = "tests/test_a.py::test_first", "tests/test_a.py::test_second"
    assert tests[6] == tests[8] == [first, second]
    assert tests[7] == tests[12] == [first, second]  # built by the first, used by both
    assert set(tests) == {6, 7, 8, 12}
    assert file.imported == {"build"}
