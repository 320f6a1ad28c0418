"""What every test gets, and what none may do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.line import Line

ROOT = Path(__file__).parent.parent

# `--hypothesis-profile=thorough`, as .ci/run has it with the long tests, tries four times as many.
settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("thorough", max_examples=100, deadline=None)
settings.load_profile("quick")


class YouForgotToGiveTheTestAHomeOfItsOwn(Exception):
    """A test worked on the project's own folder, and with it on its real state/."""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test starts in an empty folder, without anyone's git settings or agent keys."""
    folder = tmp_path / "cwd"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL"))]:
        monkeypatch.delenv(name)
    before = _stamp()
    yield
    if _stamp() != before:
        raise YouForgotToGiveTheTestAHomeOfItsOwn(f"{ROOT / 'state'} was written to")


def _stamp() -> list[tuple[str, int]]:
    state = ROOT / "state"
    names = [state, *(p for p in state.glob("*") if p.name != ".work")]
    return sorted((str(path), path.stat().st_mtime_ns) for path in names)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path / "line")
