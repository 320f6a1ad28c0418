"""The factory that the scale benchmark makes is a true one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.scale import line
from tests.line import BIN


@pytest.mark.long
@pytest.mark.parametrize(
    ("sealed", "said"), [(True, "are sealed"), (False, "nothing to do; 0 of 2 artifacts sealed")]
)
def test_nothing_is_to_do_in_the_benchmarks_line(tmp_path: Path, sealed: bool, said: str) -> None:
    line.write_spec(tmp_path, 2)
    line.record(tmp_path, sealed=sealed)
    ran = subprocess.run([BIN / "doit"], cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert said in ran.stdout.splitlines()[-1]
