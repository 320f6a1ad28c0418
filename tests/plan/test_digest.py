"""What shapes a stage and what does not: an edit changes these inputs and no others.

Every field of the plan is on one side, on purpose: the fields that are aside are listed here too.
"""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import pytest
from factoryline.plan import digest, model
from factoryline.plan.digest import Input
from factoryline.plan.model import Plan
from factoryline.plan.rounds import Stage

from tests.plan.example import PARTS, plan_of

ASIDE = {
    # Positions, budgets and time limits shape nothing. The others are inputs of their own: the
    # text of a template, an agent, the contracts; or the ledger knows more (the target's commit).
    "Target": {"span", "repo", "scaffold", "remote", "repository", "url"},
    "Surface": set(),
    "Touches": set(),
    "Template": {"name"},
    "Contract": {"span"},
    "Agent": {
        *("name", "span", "profile", "passes", "credentials", "version", "tried", "meter"),
        *("resume", "reads", "codes", "signs", "prices"),
    },
    "Endpoint": {"variable", "upstream"},
    "Reads": set(),
    "Signs": set(),
    "Variant": set(),
    "Cell": {
        *("name", "span", "touches_span", "timeout", "idle", "repairs", "returns", "jobs"),
        *("sandbox", "network"),
        *("takes", "feedback", "hands", "agent", "prompt", "template"),
    },
    "Rule": set(),
    "Prepare": set(),
    "Scope": {"interpreter", "span", "timeout", "map", "requires", "inputs", "reuse"},
    "Selection": set(),
    "Budget": {"span"},
    "Flow": {
        "branches",
        "sign",
        "hooks",
        "span",
        "wip",
        "calibrated",
        "notes",
        "retries",
        "reworks",
        "critiques",
        "proof",
        "budget",
    },
    "Learning": {"artifacts", "rejected", "overturned", "escapes"},
    "Source": {"span"},
    "Proof": {"mutants_timeout"},
    "Artifact": {"span", "after", "base", "agent", "budget", "shape"},
    "Plan": set(),
}


def test_every_field_is_on_one_side_on_purpose() -> None:
    classes = {
        name: one
        for name, one in inspect.getmembers(model, dataclasses.is_dataclass)
        if isinstance(one, type) and one.__module__.startswith(model.__name__)
    }
    aside = {
        name: {f.name for f in dataclasses.fields(one)} - set(digest.shaping_fields(one))
        for name, one in classes.items()
    }
    assert aside == ASIDE, "a field's side is declared in plan/model/; say here that it is meant"


BIG = """
contracts:
  plan: {schema: plan.json, template: plan.md}
cells:
  scout: {kind: scout}
  think: {kind: agent, agent: coder, takes: [memo], hands: plan}
  build: {kind: command, run: [make], takes: [plan, feedback], hands: change, touches: [server]}
  verify: {kind: verify, returns: build}
  package: {kind: package, surfaces: {desktop: {labels: [shell]}}}
  review: {kind: review, returns: build}"""

ARTIFACTS = """
artifacts:
  wizard:
    title: The wizard
    goal: It sets up.
    verify: [{scope: unit, tests: [tests/one.py]}, {scope: types}]
  selector: {title: The selector, goal: It selects., verify: [{scope: unit}]}"""

BASE = PARTS | {
    "cells": BIG,
    "line": "line: [scout, think, build, verify, package, review]",
    "artifacts": ARTIFACTS,
}

FILES = {"plan.json": '{"type": "object"}', "plan.md": "{{ handoff }}", "brief.md": "Think."}

EVERY = {"scout", "think", "build", "verify", "package", "review", "merge", "note"}


def inputs(home: Path, *edits: tuple[str, str]) -> dict[tuple[str, str], Input]:
    """Every input that the specification gives to a stage of the wizard, by cell and name."""
    home.mkdir()
    texts = BASE | FILES
    for old, new in edits:
        [name] = [name for name, text in texts.items() if old in text]
        assert texts[name].count(old) == 1, f"{old!r} is ambiguous"
        texts[name] = texts[name].replace(old, new)
    for file in FILES:
        (home / file).write_text(texts[file])
    plan = plan_of(home, **{name: texts[name] for name in PARTS})
    return {
        (cell.name, name): one
        for cell in (*plan.line, plan.cell("merge"), plan.note)
        for name, one in of_cell(plan, cell.name).items()
    }


def of_cell(plan: Plan, cell: str) -> dict[str, Input]:
    stage = Stage(artifact="wizard", cell=cell, round=1)
    return digest.spec_inputs(plan, plan.artifacts[0], plan.cell(cell), stage)


def changed(tmp_path: Path, *edits: tuple[str, str]) -> set[str]:
    """`cell: input` for every input that an edit changes, makes or takes away."""
    before, after = inputs(tmp_path / "before"), inputs(tmp_path / "after", *edits)
    return {
        f"{cell}: {name}"
        for cell, name in {*before, *after}
        if before.get((cell, name)) != after.get((cell, name))
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # An edit, and the inputs that it changes.
        ("goal: It sets up.", "goal: It helps.", "artifact.goal of scout think build package note"),
        ("title: The wizard", "title: A wizard", "artifact.title of package note"),
        ("tests/one.py", "tests/two.py", "artifact.verify of scout think build verify"),
        ("{scope: types}", "{scope: unit}", "artifact.verify of scout think build verify; "
         "scope.types of verify"),
        ("run: [mypy]", "run: [mypy, -q]", "scope.types of verify"),
        ("report: exit", "report: exit, env: {A: 1}", "scope.types of verify"),
        ("report: exit", "report: exit, cwd: src", "scope.types of verify"),
        ("kind: scout", "kind: scout, files: 3", "cell of scout"),
        ("run: [make]", "run: [make, all]", "cell of build"),
        ("touches: [server]", "touches: [desktop]", "cell of build"),
        ("model: small", "model: large", "agent of think"),
        ("hands: plan}", "hands: plan, prompt: brief.md}", "prompt of think"),
        ('"object"', '"array"', "contract.plan of think build"),
        ("{{ handoff }}", "{{ handoff.steps }}", "contract.plan of build"),
        ("[shell]", "[window]", "cell of package"),
        ("desktop: [desktop/**]", "desktop: [shell/**]", "surfaces of build; cell of package"),
        ("reworks: 1", "reworks: 1, merge: merge", "flow.merge of merge"),
        ("repo: .", "repo: ., base: trunk", "target.base of merge"),
    ],
)  # fmt: skip
def test_an_edit_changes_just_what_it_shapes(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    groups = (part.split(" of ") for part in expected.split("; "))
    wanted = {f"{cell}: {name}" for name, cells in groups for cell in cells.split()}
    assert changed(tmp_path, (old, new)) == wanted


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: scout", "timeout: 5m, kind: scout"),
        ("report: exit", "timeout: 5m, report: exit"),
        ("hands: plan}", "hands: plan, idle: 5m}"),
        ("hands: plan}", "hands: plan, sandbox: bubblewrap, network: none}"),
        ("hands: plan}", "hands: plan, repairs: 5}"),
        ("retries: 2", "wip: 3, retries: 7"),
        ("goal: It selects.", "goal: It chooses."),
        ("title: The selector", "title: A selector"),
        ("\n  selector:", "\n  # a comment\n\n  selector:"),
        ("goal: It selects.,", "goal: It selects., after: [wizard],"),
        (
            "server: [server/**], desktop: [desktop/**]",
            "server: ['server/**'], desktop:  [desktop/**]",
        ),
        ("{kind: agent, agent: coder,", "{agent: coder, kind: agent,"),
        ("line: [scout,", "line: [ scout,"),
        ("brief", "brief"),
    ],
)
def test_an_edit_that_cannot_shape_a_result_changes_nothing(
    tmp_path: Path, old: str, new: str
) -> None:
    edits = [(old, new)] if old != "brief" else [("Think.", "Think!")]
    assert changed(tmp_path, *edits) == set(), "a template that nobody uses is no input either"


def test_each_round_adopts_its_own_work(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path / "home",
        cells="cells:\n  build: {kind: adopt, touches: [server]}",
        line="line: [build]",
        flow="flow: {merge: none}",
        artifacts=PARTS["artifacts"].replace("}]}", "}], adopt: [[abc], [def, v1]]}"),
    )
    artifact, cell = plan.artifacts[0], plan.line[0]
    values = [
        digest.spec_inputs(plan, artifact, cell, Stage(artifact="w", cell="b", round=number))
        .get("artifact.adopt", Input(digest=""))
        .value
        for number in (1, 2, 3)
    ]
    assert values == [[{"name": "abc"}], [{"name": "def"}, {"name": "v1"}], None]


def test_the_key_is_one_digest_over_all_inputs() -> None:
    one, two = digest.of_value("one"), digest.of_value("two")
    key = digest.key({"a": one, "b": two})
    assert key == digest.key({"b": two, "a": one})
    assert key != digest.key({"a": two, "b": one})
    assert key != digest.key({"a": one})


def test_an_input_keeps_its_value_only_where_people_compare_it() -> None:
    kept, apart = digest.of_value([1]), digest.of_value([1], keep=False)
    assert kept.digest == apart.digest
    assert kept.to_json() == {"digest": kept.digest, "value": [1]}
    assert apart.to_json() == {"digest": kept.digest}
