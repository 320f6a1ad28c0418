"""Every key of the language, from its schema: which stages an edit of it makes stale, or why none.

A key that stands in no table fails: whoever adds one says here what it shapes.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from factoryline.pipeline import compile_factory
from factoryline.plan.digest import spec_inputs
from factoryline.plan.rounds import expected
from factoryline.spec import schema

PLAN = {"type": "object", "properties": {"steps": {"type": "array"}}, "required": ["steps"]}
FILES = {
    "plan.schema.json": json.dumps(PLAN),
    "other.schema.json": json.dumps(PLAN | {"title": "other"}),
    "one.j2": "{{ artifact.name }}\n",
    "two.j2": "{{ artifact.name }}!\n",
    "one.yaml": "decision: approve\nby: Ann\n",
    "extra/more.yaml": "more: {title: M, goal: G, verify: [{scope: types}], adopt: [[a]]}\n",
}
AGENT = {"agent": "coder", "timeout": "20m", "idle": "5m", "repairs": 2, "prompt": "one.j2"}
FACTORY: dict[str, Any] = {
    "factoryline": 1,
    "name": "every",
    "target": {"repo": ".", "base": "main"},
    "surfaces": {"server": ["server/**"], "webui": ["webui/**"]},
    "agents": {
        "coder": {"command": ["coder", "{brief}"], "model": "small"},
        "strong": {"command": ["coder", "{brief}"], "model": "large"},
    },
    "cells": {
        "scout": {"kind": "scout", "files": 9, "commits": 100},
        "plan": {"kind": "command", "run": ["plan"], "hands": "plan", "touches": "nothing"},
        "build": AGENT | {"kind": "agent", "takes": ["memo"], "hands": "change"},
        "verify": {"kind": "verify", "returns": "build"},
        "critic": AGENT | {"kind": "critic", "returns": "build"},
        "package": {"kind": "package", "surfaces": {"server": {"labels": ["server"]}}},
        "review": {"kind": "review", "returns": "build"},
        "learn": {"kind": "analyst", "agent": "coder"},
    },
    "line": ["scout", "plan", "build", "verify", "critic", "package", "review", "learn"],
    "contracts": {"plan": {"schema": "plan.schema.json", "template": "one.j2"}},
    "scopes": {
        "unit": {
            "run": ["pytest", "{tests}", "--junitxml={report}", "--cov={coverage}"],
            "report": "junit",
            "coverage": "lcov",
            "all": ["tests"],
            "reruns": 1,
            "list": ["pytest", "--collect-only", "{tests}"],
        },
        "types": {"run": ["mypy"], "report": "exit"},
    },
    "flow": {"merge": "squash"},
    "artifacts": {
        "first": {
            "title": "T",
            "goal": "G",
            "verify": [{"scope": "unit", "select": "changed"}],
            "proof": {"mutants": 3},
        },
        "zero": {"title": "Z", "goal": "G", "verify": [{"scope": "types"}]},
    },
}
ADOPTING = copy.deepcopy(FACTORY)
ADOPTING["cells"]["build"] = {"kind": "adopt", "takes": ["memo"], "touches": ["server"]}
ADOPTING["artifacts"]["first"]["adopt"] = [["fix"]]
ADOPTING["artifacts"]["zero"]["adopt"] = [["fix"]]

ALL = {"scout", "plan", "build", "verify", "critic", "package", "review", "learn", "merge", "note"}
TASKED = {"scout", "plan", "build", "critic", "learn"}
"""The stages that are told the task: the artifact's fields are theirs."""
AGENTS = {"build", "critic", "learn"}

Place = tuple[str | int, ...]
ARTIFACT: Place = ("artifacts", "first")

SHAPES: dict[str, tuple[Place, Any, set[str]]] = {
    # key of the schema: where it stands here, its new value, the stages that it shapes.
    "target.base": (("target", "base"), "trunk", {"merge"}),
    "surfaces": (("surfaces", "server"), ["server/**", "api/**"], {"build", "package"}),
    "agents": (("agents", "coder", "model"), "large", AGENTS),
    "cells": (("cells", "scout", "files"), 5, {"scout"}),
    "contracts": (("contracts", "plan", "schema"), "other.schema.json", {"plan"}),
    "scopes": (("scopes", "unit", "all"), ["tests/unit"], TASKED | {"verify"}),
    "flow": (("flow", "merge"), "merge", {"merge"}),
    "artifacts": ((*ARTIFACT, "goal"), "H", TASKED | {"package", "note"}),
    "agent.model": (("agents", "coder", "model"), "large", AGENTS),
    "agent.command": (("agents", "coder", "command"), ["coder", "-x", "{brief}"], AGENTS),
    "cell.kind": (("cells", "review", "from"), "recorded", {"review"}),
    "cell-scout.files": (("cells", "scout", "files"), 5, {"scout"}),
    "cell-scout.commits": (("cells", "scout", "commits"), 5, {"scout"}),
    "cell-command.run": (("cells", "plan", "run"), ["plan", "-v"], {"plan"}),
    "cell-command.env": (("cells", "plan", "env"), {"A": "1"}, {"plan"}),
    "cell-command.prompt": (("cells", "plan", "prompt"), "two.j2", {"plan"}),
    "cell-command.touches": (("cells", "plan", "touches"), ["docs/**"], {"plan"}),
    "cell-agent.takes": (("cells", "build", "takes"), ["memo", "plan"], {"build"}),
    "cell-agent.prompt": (("cells", "build", "prompt"), "two.j2", {"build"}),
    "cell-agent.touches": (("cells", "build", "touches"), ["server"], {"build"}),
    "cell-critic.prompt": (("cells", "critic", "prompt"), "two.j2", {"critic"}),
    "cell-critic.takes": (("cells", "critic", "takes"), ["change"], {"critic"}),
    "cell-analyst.prompt": (("cells", "learn", "prompt"), "two.j2", {"learn"}),
    "cell-package.template": (("cells", "package", "template"), "one.j2", {"package"}),
    "cell-package.surfaces": (("cells", "package", "surfaces"), {}, {"package"}),
    "cell-package.takes": (
        ("cells", "package", "takes"),
        ["change", "verdict", "memo"],
        {"package"},
    ),
    "cell-review.from": (("cells", "review", "from"), "recorded", {"review"}),
    "variant.labels": (("cells", "package", "surfaces", "server", "labels"), ["x"], {"package"}),
    "variant.checklist": (
        ("cells", "package", "surfaces", "server", "checklist"),
        ["look"],
        {"package"},
    ),
    "variant.body": (("cells", "package", "surfaces", "server", "body"), "one.j2", {"package"}),
    "contract.schema": (("contracts", "plan", "schema"), "other.schema.json", {"plan"}),
    "scope.run": (("scopes", "unit", "run", 0), "py.test", {"verify"}),
    "scope.report": (("scopes", "unit", "report"), "tap", {"verify"}),
    "scope.cwd": (("scopes", "unit", "cwd"), "server", {"verify"}),
    "scope.env": (("scopes", "unit", "env"), {"A": "1"}, {"verify"}),
    "scope.all": (("scopes", "unit", "all"), ["tests/unit"], TASKED | {"verify"}),
    "scope.of": (("scopes", "unit", "of"), ["server"], {"verify"}),
    "scope.list": (("scopes", "unit", "list"), ["pytest", "--co", "{tests}"], {"verify"}),
    "scope.rules": (("scopes", "unit", "rules"), {"*.sql": ["tests/db"]}, {"verify"}),
    "scope.related": (
        ("scopes", "unit", "related"),
        ["find", "{changed}", "{report}", "{coverage}"],
        {"verify"},
    ),
    "scope.coverage": (("scopes", "unit", "coverage"), "coverage-py", {"verify"}),
    "scope.python": (("scopes", "unit", "python"), "bin/python", {"verify"}),
    "scope.inherits": (("scopes", "unit", "inherits"), ["LANG"], {"verify"}),
    "scope.prepare": (("scopes", "unit", "prepare"), {"run": [["npm", "ci"]]}, {"verify"}),
    "prepare.run": (("scopes", "unit", "prepare"), {"run": [["npm", "ci"]]}, {"verify"}),
    "prepare.locks": (
        ("scopes", "unit", "prepare"),
        {"run": [["npm", "ci"]], "locks": ["a.lock"]},
        {"verify"},
    ),
    "prepare.keeps": (
        ("scopes", "unit", "prepare"),
        {"run": [["npm", "ci"]], "locks": ["a.lock"], "keeps": ["node_modules"]},
        {"verify"},
    ),
    "scope.reruns": (("scopes", "unit", "reruns"), 2, {"verify"}),
    "scope.again": (
        ("scopes", "unit", "again"),
        ["pytest", "{tests}", "--junitxml={report}"],
        {"verify"},
    ),
    "scope.flaky": (("scopes", "unit", "flaky"), "fail", {"verify"}),
    "scope.leaves": (("scopes", "unit", "leaves"), ["*.lock"], {"verify"}),
    "flow.merge": (("flow", "merge"), "merge", {"merge"}),
    "flow.proof": (("flow", "proof"), {"fails_before": True}, {"verify"}),
    "artifact.title": ((*ARTIFACT, "title"), "U", {"package", "note"}),
    "artifact.goal": ((*ARTIFACT, "goal"), "H", TASKED | {"package", "note"}),
    "artifact.consumer": ((*ARTIFACT, "consumer"), "me", TASKED | {"package"}),
    "artifact.source": ((*ARTIFACT, "source"), "https://x.org", TASKED | {"package"}),
    "artifact.verify": ((*ARTIFACT, "verify"), [{"scope": "types"}], TASKED | {"verify"}),
    "artifact.agent": ((*ARTIFACT, "agent"), "strong", {"build"}),
    "artifact.proof": ((*ARTIFACT, "proof"), {"covers": 0.8}, {"verify"}),
    "artifact.adopt": ((*ARTIFACT, "adopt"), [["other"]], {"build"}),
    "selection.scope": ((*ARTIFACT, "verify", 0), {"scope": "types"}, TASKED | {"verify"}),
    "selection.tests": (
        (*ARTIFACT, "verify", 0),
        {"scope": "unit", "tests": ["tests/a"]},
        TASKED | {"verify"},
    ),
    "selection.select": ((*ARTIFACT, "verify", 0), {"scope": "unit"}, {"verify"}),
    "selection.effort": ((*ARTIFACT, "verify", 0, "effort"), "inner", {"verify"}),
    "selection.before_merge": ((*ARTIFACT, "verify", 0, "before_merge"), "all", {"verify"}),
    "proof.fails_before": ((*ARTIFACT, "proof", "fails_before"), True, {"verify"}),
    "proof.covers": ((*ARTIFACT, "proof", "covers"), 0.5, {"verify"}),
    "proof.mutants": ((*ARTIFACT, "proof", "mutants"), 4, {"verify"}),
    "agent.env": (("agents", "coder", "env"), {"A": "1"}, AGENTS),
}

TIME = "a limit of time shapes whether a stage ends, not what it hands on"
HELD = "what holds a program keeps it in, and shapes no hand-off"
AIM = "where a no leads to is the line's way, not a hand-off"
RANK = "how often work goes back is not in what is delivered in the end"
METHOD = "how a program is called or read; see tests/plan/agents for what of it shapes"
FIXED = "the kind hands one contract, and the schema takes no other"
TAKEN = "as for the agents: contracts that are taken are inputs of their own"
NOTHING: dict[str, str] = {
    "factoryline": "there is one version",
    "name": "a name for people",
    "line": "the stages are the line; each is shaped by what it takes",
    "target": "see its keys",
    "target.repo": "commits are the same wherever the repository lies",
    "target.scaffold": "the base commit is an input",
    "learning": "how fast the line may go shapes no hand-off",
    "learning.artifacts": "how fast the line may go shapes no hand-off",
    "learning.rejected": "how fast the line may go shapes no hand-off",
    "learning.overturned": "how fast the line may go shapes no hand-off",
    "learning.escapes": "how fast the line may go shapes no hand-off",
    "flow.notes": "where a copy of the note lies shapes nothing of it",
    "flow.calibrated": "how fast the line may go shapes no hand-off",
    "target.github": "where a change is shown shapes nothing of it",
    "github.repository": "where a change is shown shapes nothing of it",
    "github.url": "where a change is shown shapes nothing of it",
    "github.remote": "where a change is shown shapes nothing of it",
    "cell-agent.hands": "another contract is another line; the contract is an input",
    "cell-command.hands": "another contract is another line; the contract is an input",
    "cell-agent.agent": "the agent itself is an input: see agents",
    "cell-critic.agent": "the agent itself is an input: see agents",
    "cell-analyst.agent": "the agent itself is an input: see agents",
    "contract.template": "it renders a memo for people; the hand-off is the same",
    "scope.map": "a map chooses tests faster, and the choice is in the verdict",
    "scope.requires": "without the program there is no verdict at all",
    "scope.inputs": "it says when a verdict may be used again, which asks it",
    "scope.reuse": "it says whether a verdict may be used again",
    "cell-verify.jobs": "side by side or not, the checks are the same",
    "artifacts.include": "the artifacts in it are inputs, wherever they stand",
    "artifact.reviews": "the recorded review is an input of its round",
    "artifact.base": "what an artifact starts from is its base commit, an input of the ledger's",
    "artifact.after": "order; what an artifact starts from is its base commit",
    "artifact.budget": "what may be spent shapes no hand-off",
    "flow.wip": "order",
    "flow.branches": "a name; commits are the same under any",
    "flow.sign": "a signature changes the commit that lands and nothing that is in it",
    "flow.hooks": "they look at the commit that lands, and may change its message alone",
    "flow.retries": RANK,
    "flow.reworks": RANK,
    "flow.critiques": RANK,
    "flow.budget": "what may be spent shapes no hand-off",
    **{f"budget.{name}": "what may be spent" for name in ("usd", "tokens", "minutes", "unknown")},
    **{
        f"price.{name}": "a price shapes no hand-off"
        for name in ("input", "cache_read", "cache_write", "output", "above")
    },
}
BY_NAME = {"timeout": TIME, "idle": TIME, "sandbox": HELD, "network": HELD}
BY_NAME |= {"returns": AIM, "repairs": RANK, "kind": "see cell.kind", "hands": FIXED}
BY_NAME |= {"takes": TAKEN, "touches": "as for the agents"}


def keys() -> Iterator[str]:
    """Every key of the schema: `flow`, `scope.run`."""
    whole = schema.builtin("factory")
    yield from whole["properties"]
    for name, definition in whole["$defs"].items():
        yield from (f"{name}.{key}" for key in definition.get("properties", ()))


def reason(key: str) -> str:
    kind, _, name = key.partition(".")
    by_name = BY_NAME.get(name, "") if kind.startswith("cell-") or name == "timeout" else ""
    return NOTHING.get(key) or by_name or (METHOD if kind == "agent" else "")


def edited(key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A factory.yaml, and the same with one key edited."""
    place, value, _ = SHAPES[key]
    before = ADOPTING if key == "artifact.adopt" else FACTORY
    after = copy.deepcopy(before)
    at: Any = after
    for step in place[:-1]:
        at = at.setdefault(step, {}) if isinstance(at, dict) else at[step]
    at[place[-1]] = value
    return before, after


def inputs(home: Path, value: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The digests of all that factory.yaml gives to each stage of the first artifact."""
    for name, text in FILES.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    (home / "factory.yaml").write_text(yaml.safe_dump(value, sort_keys=False))
    plan = compile_factory(home / "factory.yaml")
    artifact = plan.artifact("first")
    assert artifact is not None
    found = {}
    for stage in expected(plan, "first", lambda _: None):
        given = spec_inputs(plan, artifact, plan.cell(stage.cell, "first"), stage)
        found[stage.cell] = {name: one.digest for name, one in given.items()}
    return found


def test_every_key_stands_in_a_table() -> None:
    known = {*keys()}
    lost = [key for key in sorted(known) if key not in SHAPES and not reason(key)]
    assert lost == [], "say in SHAPES which stages an edit makes stale, or in NOTHING why none"
    assert {*SHAPES, *NOTHING} - known == set(), "these keys are gone from the schema"


@pytest.mark.parametrize("key", SHAPES)
def test_an_edit_makes_just_those_stages_stale(key: str, tmp_path: Path) -> None:
    before, after = (inputs(tmp_path, value) for value in edited(key))
    assert before.keys() == after.keys() == ALL
    assert {name for name in ALL if before[name] != after[name]} == SHAPES[key][2]
