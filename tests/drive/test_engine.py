"""Which tasks doit is given."""

from __future__ import annotations

import pytest
from factoryline.drive.engine import tasks_for
from factoryline.pipeline import compile_factory
from factoryline.run.factory import Factory

from tests.line import Line


@pytest.fixture
def factory(line: Line) -> Factory:
    """Two artifacts that have not begun."""
    for name in ("limit", "page"):
        line.patch(f"{name}-1", server__app_py="LIMIT = 4\n")
    line.spec(line.artifact("limit") + line.artifact("page"))
    return Factory(compile_factory(line.home / "factory.yaml"))


@pytest.mark.parametrize("command", ["run", "info", "forget", "list"])
def test_who_names_a_stage_gets_its_artifact_alone(factory: Factory, command: str) -> None:
    tasks = {task.name for task in tasks_for(factory, command, ["page:scout"])}
    assert {"page", "page:scout", "page:1-build", "page:note"} <= tasks
    assert not any(name.startswith("limit") for name in tasks)


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("list", []),
        ("list", ["page", "lmit"]),
        ("run", ["page:scout", "*:scout"]),
        ("run", ["page:scout", "state/factory-artifacts/limit/scout.json"]),
    ],
    ids=["nothing named", "misspelt", "a pattern", "a target"],
)
def test_what_may_mean_any_artifact_gets_all_of_them(
    factory: Factory, command: str, names: list[str]
) -> None:
    tasks = {task.name for task in tasks_for(factory, command, names)}
    assert {"limit:scout", "page:scout"} <= tasks
