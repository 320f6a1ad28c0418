"""Critics and analysts on the line: which rounds they open, and what they leave as it was."""

from __future__ import annotations

from pathlib import Path

from factoryline.plan.digest import spec_inputs
from factoryline.plan.model import Plan
from factoryline.plan.rounds import Stage, Walk, walk

from tests.plan.example import PARTS, plan_of

CRITIC = "\n  critic: {kind: critic, agent: coder, returns: build}"
ANALYST = "\n  analyst: {kind: analyst, agent: coder}"
WITH = "line: [scout, build, verify, critic, package, review, analyst]"


def judged(home: Path, critic: str = CRITIC, **parts: str) -> Plan:
    return plan_of(home, cells=PARTS["cells"] + critic + ANALYST, line=WITH, **parts)


def way(plan: Plan, **outcomes: str) -> Walk:
    """The way where stages end as said, such as `_1_critic="object"`, and else well."""
    said = {name.strip("_").replace("_", "-"): outcome for name, outcome in outcomes.items()}
    return walk(plan, "wizard", lambda stage: said.get(stage.id, "done"))


def ids(found: Walk) -> list[str]:
    return [stage.id for stage in found.stages]


def test_an_analyst_comes_once_after_the_merge(tmp_path: Path) -> None:
    found = way(judged(tmp_path))
    assert ids(found)[-4:] == ["1-review", "1-merge", "analyst", "note"]
    assert found.sealed


def test_an_objection_opens_a_round_that_is_no_rework_and_no_retry(tmp_path: Path) -> None:
    plan = judged(tmp_path, flow="flow: {retries: 0, reworks: 0, critiques: 1}")
    found = way(plan, _1_critic="object")
    assert ids(found)[4:7] == ["2-build", "2-verify", "2-critic"]
    assert found.stages[4].opened_by == "critique"
    assert found.sealed


def test_a_spent_budget_leaves_it_to_the_review(tmp_path: Path) -> None:
    plan = judged(tmp_path, flow="flow: {critiques: 1}")
    found = way(plan, _1_critic="object", _2_critic="object")
    assert ids(found)[6:9] == ["2-critic", "2-package", "2-review"]
    rework = way(plan, _1_critic="object", _2_critic="object", _2_review="request-changes")
    assert "3-build" in ids(rework)
    assert rework.stages[ids(rework).index("3-build")].opened_by == "rework"


def test_a_critic_that_returns_nowhere_only_advises(tmp_path: Path) -> None:
    plan = judged(tmp_path, CRITIC.replace(", returns: build", ""))
    assert ids(way(plan, _1_critic="object"))[4:6] == ["1-package", "1-review"]


def test_what_they_take_when_nothing_is_said(tmp_path: Path) -> None:
    plan = judged(tmp_path)
    critic, package = plan.cell("critic"), plan.cell("package")
    assert [c.name for c in critic.takes] == ["change", "memo", "verdict"]
    assert critic.feedback
    assert [c.name for c in package.takes] == ["change", "verdict", "critique"]
    assert critic.repairs == 1


def test_a_line_without_them_is_as_it_was(tmp_path: Path) -> None:
    """No input of any stage is another one than before there were critics."""
    plan = plan_of(tmp_path)
    package = plan.cell("package")
    stage = Stage(artifact="wizard", cell="package", round=1)
    names = set(spec_inputs(plan, plan.artifacts[0], package, stage))
    contracts = {name for name in names if name.startswith("contract.")}
    assert contracts == {"contract.change", "contract.verdict", "contract.packet"}
    assert not any("critique" in name or "critic" in name for name in names)
    judge = judged(tmp_path / "with")
    for cell in ("scout", "build", "verify", "review", "merge"):
        at = Stage(artifact="wizard", cell=cell, round=None if cell == "scout" else 1)
        plain, other = (
            {n: i.digest for n, i in spec_inputs(p, p.artifacts[0], p.cell(cell), at).items()}
            for p in (plan, judge)
        )
        assert plain == other
