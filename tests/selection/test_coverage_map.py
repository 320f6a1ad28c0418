"""The map on disk: compact, quick to load, and as good as none when it is torn."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from factoryline.selection.coverage_map import (
    CoverageMap,
    FileMap,
    MapUnreadable,
    Recording,
    members,
)


def large(tests: int, files: int, lines: int) -> Recording:
    chance = random.Random(1)
    made = {}
    for number in range(files):
        sets = [chance.getrandbits(tests) & chance.getrandbits(tests) for _ in range(lines // 10)]
        found = {line: chance.choice(sets) for line in range(1, lines + 1)}
        functions = {f"f{n}": (10 * n + 1, 10 * n + 10) for n in range(lines // 10)}
        made[f"pkg/m{number}.py"] = FileMap(blob="b", lines=found, functions=functions)
    names = tuple(f"tests/test_{n // 50}.py::test_{n}" for n in range(tests))
    return Recording(commit="c0ffee", files=made, tests=names)


def test_what_was_recorded_is_read_again(tmp_path: Path) -> None:
    recording = large(70, 3, 40)
    path = tmp_path / "map.zip"
    path.write_bytes(recording.to_bytes(scope="unit"))
    kept = CoverageMap(path)
    assert (kept.commit, kept.tests, kept.facts["scope"]) == ("c0ffee", recording.tests, "unit")
    for name, one in recording.files.items():
        assert kept.file(name) == one
    assert kept.file("pkg/unknown.py") is None
    assert sum(kept.breadth) == sum(
        tests.bit_count() for one in recording.files.values() for tests in one.lines.values()
    )


def test_questions_to_a_file() -> None:
    one = FileMap(blob="b", lines={1: 0b1, 2: 0b10, 5: 0b100}, functions={"f": (1, 2)})
    assert (one.at([1, 5, 9]), one.of("f"), one.of("g"), one.any) == (0b101, 0b11, None, 0b111)
    assert list(members(0b1010001)) == [0, 4, 6]


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"{}", b"x" * 1000])
def test_a_torn_map_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "map.zip").write_bytes(data)
    with pytest.raises(MapUnreadable):
        CoverageMap(tmp_path / "map.zip")


def test_every_cut_and_flip_is_told_or_harmless(tmp_path: Path) -> None:
    whole = large(20, 2, 20).to_bytes()
    path = tmp_path / "map.zip"
    for place in range(0, len(whole), 11):
        for data in (whole[:place], whole[:place] + b"\xff" + whole[place + 1 :]):
            path.write_bytes(data)
            try:
                kept = CoverageMap(path)
                for name in ("pkg/m0.py", "pkg/m1.py"):
                    kept.file(name)
            except MapUnreadable:
                continue


def test_two_thousand_tests_load_quickly(tmp_path: Path) -> None:
    path = tmp_path / "map.zip"
    path.write_bytes(large(2000, 8, 200).to_bytes())
    started = time.monotonic()
    kept = CoverageMap(path)
    one = kept.file("pkg/m3.py")
    assert one is not None
    assert one.at(range(100))
    assert time.monotonic() - started < 1
