"""A plan from a few lines of YAML: the usual line, with the part that a test is about replaced."""

from __future__ import annotations

from pathlib import Path

from factoryline.pipeline import compile_factory
from factoryline.plan.model import Plan

PARTS = {
    "target": "target: {repo: .}",
    "surfaces": "surfaces: {server: [server/**], desktop: [desktop/**]}",
    "agents": "agents: {coder: {command: [coder, --model, '{model}'], model: small}}",
    "contracts": "",
    "cells": """
cells:
  scout: {kind: scout}
  build: {kind: agent, agent: coder, takes: [memo, feedback], hands: change, touches: [server]}
  verify: {kind: verify, returns: build}
  package: {kind: package}
  review: {kind: review, returns: build}""",
    "line": "line: [scout, build, verify, package, review]",
    "scopes": """
scopes:
  unit: {run: [pytest, '{tests}', '--junitxml={report}'], report: junit, all: [tests]}
  types: {run: [mypy], report: exit}""",
    "flow": "flow: {retries: 2, reworks: 1}",
    "artifacts": """
artifacts:
  wizard: {title: The wizard, goal: It sets up., verify: [{scope: unit}]}""",
}


def plan_of(home: Path, **parts: str) -> Plan:
    """The plan of a factory.yaml that is made from PARTS and those given, by name."""
    home.mkdir(parents=True, exist_ok=True)
    unknown = set(parts) - set(PARTS)
    assert not unknown, f"{unknown} are no parts of a factory.yaml"
    body = "\n".join((PARTS | parts).values())
    (home / "factory.yaml").write_text(f"factoryline: 1\nname: example\n{body}\n")
    return compile_factory(home / "factory.yaml")
