"""Each profile of ours is a sound entry of `agents:`, and what a user says is laid over it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jmespath
import pytest
from factoryline.diagnostics import Span
from factoryline.plan.agents.base import merged, profile, resolved
from factoryline.plan.agents.table import PROFILES
from factoryline.plan.checks.agents import PLACEHOLDERS, RESUME_PLACEHOLDERS
from factoryline.spec import schema
from factoryline.spec.model import AgentSpec, Ref

HERE = Span(file="factory.yaml", line=1, column=1)
PROGRAMS = [name for name in PROFILES if name != "custom"]


def spec(profile: str = "", **own: Any) -> AgentSpec:
    named = Ref(name=profile, span=HERE) if profile else None
    return AgentSpec(
        name=Ref(name="coder", span=HERE), profile=named, own=own, places={}, command=()
    )


@pytest.mark.parametrize("name", PROFILES)
class TestProfiles:
    def test_is_an_entry_of_agents(self, name: str) -> None:
        whole = schema.builtin("factory")
        entry = {**whole["$defs"]["agent"], "$defs": whole["$defs"]}
        assert schema.violations(profile(name), entry) == ()

    def test_has_placeholders_that_exist(self, name: str) -> None:
        one = profile(name)
        texts = [*one.get("command", ()), *one.get("env", {}).values()]
        texts += one.get("files", {}).values()
        texts += one.get("reads", {}).get("files", {}).values()
        assert {*re.findall(r"\{([a-z]+)\}", " ".join(texts))} <= {*PLACEHOLDERS}
        again = " ".join(one.get("resume", ()))
        assert {*re.findall(r"\{([a-z]+)\}", again)} <= {*RESUME_PLACEHOLDERS}

    def test_has_readers_that_can_be_read(self, name: str) -> None:
        reads = profile(name).get("reads", {})
        texts = [value for value in reads.values() if isinstance(value, str)]
        for expression in (*texts, *reads.get("usage", {}).values()):
            jmespath.compile(expression)
        for patterns in profile(name).get("signs", {}).values():
            assert all(map(re.compile, patterns))


@pytest.mark.parametrize("name", PROGRAMS)
class TestPrograms:
    def test_says_all_that_a_run_needs(self, name: str) -> None:
        one = resolved(spec(name, model="small"))
        assert one.command[0] == one.version[0] == name
        assert one.credentials
        assert one.reads.message
        assert any("{model}" in part for part in one.command)
        given = {"stdin": "", "argument": "{prompt}", "file": "{brief}"}[one.brief]
        assert given in " ".join(one.command)
        assert not one.resume or "{session}" in " ".join(one.resume) or one.reads.session[0] == "'"

    def test_uses_a_home_of_its_own(self, name: str) -> None:
        assert resolved(spec(name, model="small")).home == "private"


def test_a_command_of_ones_own_needs_no_profile() -> None:
    one = resolved(spec(command=["coder", "--yes"]))
    assert (one.command, one.brief, one.handoff, one.home) == (
        ("coder", "--yes"),
        "stdin",
        "file",
        "shared",
    )
    assert one.credentials == ()
    assert one.signs.quota, "what every provider says is looked for"


def test_what_the_user_says_is_laid_over_the_profile() -> None:
    one = merged(spec("claude", model="small", env={"A": "1"}, tried=["9"], reads={"usd": "x"}))
    ours = profile("claude")
    assert one["command"] == ours["command"]
    assert one["env"] == {**ours["env"], "A": "1"}, "mappings are joined"
    assert one["tried"] == ["9"], "lists are replaced"
    assert one["reads"]["session"] == ours["reads"]["session"]
    assert one["reads"]["usd"] == "x"
    assert "profile" not in one


def test_files_beside_the_table() -> None:
    folder = Path(__file__).parents[3] / "compiler/plan/agents"
    for path in folder.glob("*.yaml"):
        first = path.read_text().splitlines()[0]
        assert first.startswith("# "), f"{path.name} says in its first lines what is odd about it"
