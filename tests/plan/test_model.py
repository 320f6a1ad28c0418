"""Surfaces and what a cell may touch: gitignore's patterns, relative to the target."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.plan.model import Surface, Touches

from tests.plan.example import plan_of


@pytest.mark.parametrize(
    ("glob", "path", "held"),
    [
        ("server/**", "server/app.py", True),
        ("server/**", "server/deep/er/app.py", True),
        ("server/**", "server", False),
        ("server/**", "webui/server/app.py", False),
        ("**/server/**", "webui/server/app.py", True),
        ("server/", "server/app.py", True),
        ("*.md", "README.md", True),
        ("*.md", "docs/deep/page.md", True),
        ("/*.md", "docs/page.md", False),
        ("docs/*.md", "docs/page.md", True),
        ("docs/*.md", "docs/deep/page.md", False),
        ("server/a b.py", "server/a b.py", True),
        ("server/größe.py", "server/größe.py", True),
    ],
)
def test_a_surface_holds_paths(glob: str, path: str, held: bool) -> None:
    assert Surface(name="it", globs=(glob,)).holds(path) is held


def test_a_pattern_takes_paths_out_again() -> None:
    surface = Surface(name="it", globs=("server/**", "!server/generated/**"))
    assert surface.holds("server/app.py")
    assert not surface.holds("server/generated/api.py")


def test_nothing_may_be_touched_unless_it_is_said() -> None:
    assert not Touches().allows("server/app.py")
    assert str(Touches()) == "nothing"


def test_touches_are_surfaces_and_patterns_together() -> None:
    server = Surface(name="server", globs=("server/**",))
    touches = Touches(surfaces=(server,), globs=("tests/**",))
    assert touches.allows("server/app.py")
    assert touches.allows("tests/test_app.py")
    assert not touches.allows("webui/page.py")
    assert str(touches) == "server, tests/**"


def test_a_path_is_accounted_to_the_first_surface_that_holds_it(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path / "home",
        surfaces="surfaces: {server: [server/**], python: ['*.py'], desktop: [desktop/**]}",
    )
    assert plan.surface_of("server/app.py") == "server"
    assert plan.surface_of("desktop/shell.py") == "python"
    assert plan.surface_of("README.md") is None


@pytest.mark.parametrize(
    ("touches", "reached"),
    [
        (("**",), True),
        (("*",), True),
        (("desktop",), True),
        (("desktop/",), True),
        (("/desktop/shell/**",), True),
        (("desktop/*.rs",), True),
        (("desk*/**",), True),
        (("d?sktop/[a-c]*.rs",), True),
        (("**/main.rs",), True),
        (("*.rs",), True),
        (("**", "!desktop/shell/**"), True),
        (("server/**",), False),
        (("desk/**",), False),
        (("/main.rs",), False),
        (("**", "!desktop/**"), False),
        (("**", "!desktop"), False),
        ((), False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_may_be_touched_is_decided_by_paths(touches: tuple[str, ...], reached: bool) -> None:
    desktop = Surface(name="desktop", globs=("desktop/**",))
    assert Touches(globs=touches).reaches(desktop) is reached
    assert Touches(surfaces=(desktop,)).reaches(desktop)


def test_what_the_line_may_touch_is_what_its_cells_may(tmp_path: Path) -> None:
    surfaces = "surfaces: {server: [server/**], desktop: [desktop/**]}"
    plan = plan_of(tmp_path / "home", surfaces=surfaces)
    assert [plan.may_touch(name) for name in ("server", "desktop", "gone")] == [True, False, False]


def test_the_cells_of_a_plan_and_its_stations(tmp_path: Path) -> None:
    plan = plan_of(tmp_path / "home")
    assert [plan.cell(name).kind for name in ("build", "merge", "note")] == [
        "agent",
        "merge",
        "note",
    ]
    assert plan.artifact("wizard") is plan.artifacts[0]
    assert plan.artifact("nobody") is None
    deciding = [cell.name for cell in (*plan.line, plan.cell("merge")) if cell.facts.decides]
    assert deciding == ["verify", "review", "merge"]


def test_a_selection_without_tests_means_all_of_its_scope(tmp_path: Path) -> None:
    artifacts = """
artifacts:
  all: {title: All, goal: It works., verify: [{scope: unit}]}
  one: {title: One, goal: It works., verify: [{scope: unit, tests: [tests/one.py]}]}"""
    plan = plan_of(tmp_path / "home", artifacts=artifacts)
    assert [a.verify[0].chosen for a in plan.artifacts] == [("tests",), ("tests/one.py",)]
