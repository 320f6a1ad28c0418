"""A program as a cell: how long it may take, and for how long it may be silent."""

from __future__ import annotations

import pytest

from tests.line import CELLS, Line, Ran
from tests.run.test_effects import ADOPTS, WORKS

BUILDS = """build: {kind: command, takes: [memo, feedback], hands: change, KEYS,
          touches: ['**'], run: [bash, "{home}/build.sh"]}"""


def built_by(line: Line, script: str, keys: str) -> Ran:
    """Run a line up to a builder; `keys` are further keys of its cell."""
    line.write(line.home / "build.sh", script)
    artifact = line.artifact("limit").replace("    adopt: [[limit-1.patch]]\n", "")
    line.spec(artifact, cells=CELLS.replace(ADOPTS, BUILDS.replace("KEYS", keys)))
    return line.doit("limit:scout", "limit:1-build")


@pytest.mark.long
def test_a_silent_program_is_ended(line: Line) -> None:
    ran = built_by(line, f"{WORKS}echo it begins; sleep 30", "idle: 1, timeout: 20s")
    assert ran.code == 1
    assert "`build` wrote nothing for 1 s and was ended" in ran.out
    assert "`factory logs limit/1-build`" in ran.out
    assert "it begins" in line.factory("logs", "limit/1-build").out
    event = line.history("limit")[-1]
    assert event["event"] == "failed"
    assert "idle" in ran.out


@pytest.mark.long
def test_a_steady_program_is_not(line: Line) -> None:
    steady = "for i in 1 2 3 4 5 6; do sleep 0.25; echo $i; done"
    ran = built_by(line, f"{WORKS}{steady}", "idle: 1s, timeout: 20s")
    assert ran.code == 0, ran.out
