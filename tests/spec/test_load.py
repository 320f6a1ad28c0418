"""factory.yaml and what it includes, read into records."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.diagnostics import SpecError
from factoryline.errors import UserError
from factoryline.pipeline import find
from factoryline.spec.load import load
from factoryline.spec.model import Spec

TEXT = """
factoryline: 1
name: demo
target: {repo: .}
cells:
  build: {kind: command, run: [make], hands: change, env: {COUNT: 1, RATE: 0.5}, timeout: TIMEOUT}
line: [build]
scopes:
  unit: {run: [make, test], report: exit}
flow: FLOW
artifacts:
  include: [work/*.yaml]
  one: {title: One, goal: It works., verify: [{scope: unit}]}
"""


def read(home: Path, *, flow: str = "{}", timeout: str = "90") -> Spec:
    home.mkdir(exist_ok=True)
    text = TEXT.replace("FLOW", flow).replace("TIMEOUT", timeout)
    (home / "factory.yaml").write_text(text)
    (home / "work").mkdir(exist_ok=True)
    (home / "work/two.yaml").write_text("title: Two\ngoal: So do I.\nverify: [{scope: unit}]\n")
    return load(home / "factory.yaml")


def test_the_nearest_one_is_found(tmp_path: Path) -> None:
    read(tmp_path / "home")
    deep = tmp_path / "home/a/b"
    deep.mkdir(parents=True)
    assert find(deep) == tmp_path / "home/factory.yaml"
    (tmp_path / "other").mkdir()
    with pytest.raises(UserError) as caught:
        find(tmp_path / "other")
    assert "there is no factory.yaml in" in caught.value.message
    assert caught.value.help


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"factory\.yaml:1:1: error: it cannot be read: No such"):
        load(tmp_path / "factory.yaml")


def test_artifacts_come_from_both_places(tmp_path: Path) -> None:
    spec = read(tmp_path / "home")
    assert [a.name.name for a in spec.artifacts] == ["one", "two"]
    assert [str(a.name.span) for a in spec.artifacts] == ["factory.yaml:13:3", "work/two.yaml:1:1"]
    assert spec.artifacts[1].goal == "So do I."


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    flow = read(tmp_path / "home").flow
    assert (flow.wip, flow.retries, flow.reworks, flow.merge) == (1, 3, 5, "squash")


@pytest.mark.parametrize("number", ["2", "2.0", "+2", "02"])
def test_a_whole_number_is_one_however_it_is_written(tmp_path: Path, number: str) -> None:
    assert read(tmp_path / "home", flow=f"{{wip: {number}}}").flow.wip == 2


def test_nought_is_no_default(tmp_path: Path) -> None:
    assert read(tmp_path / "home", flow="{retries: 0, reworks: 0}").flow.retries == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("'90'", None), ("90s", 90), ("20m", 1200), ("2h", 7200), ("1s", 1)],
)
def test_durations_are_seconds(tmp_path: Path, text: str, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(SpecError, match="`90` is not a valid value here"):
            read(tmp_path / "home", timeout=text)
    else:
        assert read(tmp_path / "home", timeout=text).cells[0].timeout == seconds


def test_environments_are_text(tmp_path: Path) -> None:
    assert read(tmp_path / "home").cells[0].env == {"COUNT": "1", "RATE": "0.5"}


@pytest.mark.parametrize("pattern", ["9" * 300, "9" * 300 + "/*.yaml", "work/" + "x" * 5000])
def test_a_pattern_that_no_file_can_match_is_told(tmp_path: Path, pattern: str) -> None:
    text = TEXT.replace("FLOW", "{}").replace("TIMEOUT", "90")
    (tmp_path / "factory.yaml").write_text(text.replace("work/*.yaml", pattern))
    [problem] = load(tmp_path / "factory.yaml").problems
    assert problem.message.startswith("no file matches")
