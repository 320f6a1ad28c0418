"""Coverage data of real tools, read back, and data that proves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from factoryline.verification.coverage.base import Lines, Place, Unreadable, united
from factoryline.verification.coverage.table import FORMATS

SOURCE = "def double(x):\n    if x:\n        return 2 * x\n    return None\n\n\ndouble(3)\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A checkout behind a link, with a source layout and a folder to run in."""
    real = tmp_path / "real"
    (real / "src/pack age").mkdir(parents=True)
    (real / "src/pack age/möd.py").write_text(SOURCE)
    (real / "web").mkdir()
    (real / "web/app.ts").write_text("export const a = 1;\n")
    link = tmp_path / "link"
    link.symlink_to(real)
    return Place(checkout=link, cwd=link / "src")


def run_covered(place: Place, data: Path, *options: str) -> None:
    argv = [sys.executable, "-m", "coverage", "run", f"--data-file={data}", *options]
    subprocess.run([*argv, "pack age/möd.py"], cwd=place.cwd, check=True, env=dict(os.environ))


def test_coverage_py(place: Place, tmp_path: Path) -> None:
    run_covered(place, tmp_path / "unit.coverage")
    found = FORMATS["coverage-py"].read(tmp_path / "unit.coverage", place)
    assert found == {"src/pack age/möd.py": Lines(executed=frozenset({1, 2, 3, 7}))}


def test_coverage_py_of_several_processes_and_with_branches(place: Place, tmp_path: Path) -> None:
    run_covered(place, tmp_path / "unit.coverage", "--parallel-mode", "--branch")
    assert not (tmp_path / "unit.coverage").exists()
    found = FORMATS["coverage-py"].read(tmp_path / "unit.coverage", place)
    assert found["src/pack age/möd.py"].executed == {1, 2, 3, 7}


@pytest.mark.parametrize("path", ["src/pack age/möd.py", "pack age/möd.py", "{real}"])
def test_lcov_by_any_sort_of_path(place: Place, tmp_path: Path, path: str) -> None:
    real = (place.checkout / "src/pack age/möd.py").resolve()
    text = (
        f"TN:\nSF:{path.format(real=real)}\nFN:1,f\nDA:1,4\nDA:2,0\nDA:3,1e+06,sum\nend_of_record\n"
    )
    (tmp_path / "x.info").write_text(text)
    found = FORMATS["lcov"].read(tmp_path / "x.info", place)
    wanted = Lines(executed=frozenset({1, 3}), executable=frozenset({1, 2, 3}))
    assert found == {"src/pack age/möd.py": wanted}


def test_lcov_in_a_folder_with_several_records_of_a_file(place: Place, tmp_path: Path) -> None:
    record = "SF:{}\nDA:1,{}\nDA:2,0\nend_of_record\n"
    folder = tmp_path / "out"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep/lcov.info").write_text(
        record.format("web/app.ts", 0) + record.format("web/app.ts", 2) + record.format("/etc/x", 1)
    )
    found = FORMATS["lcov"].read(folder, place)
    assert found == {"web/app.ts": Lines(executed=frozenset({1}), executable=frozenset({1, 2}))}


@pytest.mark.parametrize(
    ("kind", "content", "why"),
    [
        ("lcov", None, "is missing"),
        ("lcov", b"SF:a.js\nDA:1,1\n", "is torn"),
        ("lcov", b"<html>\n", "is not LCOV"),
        ("lcov", b"SF:a.js\nDA:one,1\nend_of_record\n", "is not LCOV"),
        ("lcov", b"SF:a.js\nDA:1,inf\nend_of_record\n", "is not LCOV"),
        ("coverage-py", None, "is missing"),
        ("coverage-py", b"", "is not coverage.py data"),
        ("coverage-py", b"not a database", "is not coverage.py data"),
    ],
)
def test_data_that_proves_nothing(
    place: Place, tmp_path: Path, kind: str, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "data").write_bytes(content)
    with pytest.raises(Unreadable, match=why):
        FORMATS[kind].read(tmp_path / "data", place)


def test_an_empty_lcov_file_is_a_run_that_loaded_nothing(place: Place, tmp_path: Path) -> None:
    (tmp_path / "x.info").write_text("")
    assert FORMATS["lcov"].read(tmp_path / "x.info", place) == {}


def test_paths_outside_of_the_checkout_are_nobodys(place: Place) -> None:
    for name in ("/etc/passwd", "../../x.py", "", "no/such.py", "web", "a\0b", "<string>"):
        assert place.path_of(name) is None, name


def test_a_checkout_that_is_gone(place: Place, tmp_path: Path) -> None:
    gone = tmp_path / "gone.1"
    beside = Place(checkout=gone, cwd=gone / "src", here=place.checkout)
    for name in (f"{gone}/src/pack age/möd.py", "pack age/möd.py", "src/pack age/möd.py"):
        assert beside.path_of(name) == "src/pack age/möd.py", name
    assert beside.path_of(f"{place.checkout}/web/app.ts") is None


def test_what_a_run_measures() -> None:
    measured = FORMATS["lcov"].endings({"web/app.ts": Lines(executed=frozenset())})
    assert {".js", ".tsx", ".vue"} <= measured
    assert ".py" not in measured
    assert FORMATS["coverage-py"].endings({}) == {".py"}


def test_scopes_are_united() -> None:
    one = {"a.js": Lines(executed=frozenset({1}), executable=frozenset({1, 2}))}
    two = {"a.js": Lines(executed=frozenset({3})), "b.js": Lines(executed=frozenset())}
    assert united([one, two]) == {
        "a.js": Lines(executed=frozenset({1, 3}), executable=frozenset({1, 2})),
        "b.js": Lines(executed=frozenset()),
    }
