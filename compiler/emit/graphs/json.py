"""For programs: what the plan says, by name. Paths are relative to the folder of factory.yaml."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from factoryline.emit.graphs.base import Edge, Graph, Way, scopes, stations
from factoryline.plan.digest import shape
from factoryline.plan.model import (
    Agent,
    Cell,
    Plan,
    Prepare,
    Scope,
    Selection,
    Source,
    Touches,
    Variant,
)


def form(graph: Graph) -> str:
    plan = graph.plan
    document = {
        "name": plan.name,
        "file": plan.file,
        "target": {
            "repo": _path(plan, plan.target.repo),
            "scaffold": _path(plan, plan.target.scaffold),
            "base": plan.target.base,
        },
        "surfaces": {surface.name: list(surface.globs) for surface in plan.surfaces},
        "cells": [_cell(cell) for cell in stations(plan)],
        "scopes": {scope.name: _scope(scope) for scope in scopes(plan)},
        "flow": {
            "wip": plan.flow.wip,
            "retries": plan.flow.retries,
            "reworks": plan.flow.reworks,
            "critiques": plan.flow.critiques,
            "merge": plan.flow.merge,
            "branches": plan.flow.branches,
            "sign": plan.flow.sign,
            "hooks": plan.flow.hooks,
        },
        "artifacts": [_way(way) for way in graph.ways],
        "edges": [_edge(edge) for edge in graph.edges],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _path(plan: Plan, path: Path | None) -> str | None:
    return Path(os.path.relpath(path, plan.home)).as_posix() if path else None


def _cell(cell: Cell) -> dict[str, Any]:
    takes = [contract.name for contract in cell.takes]
    whole = {
        "name": cell.name,
        "kind": cell.kind,
        "takes": [*takes, "feedback"] if cell.feedback else takes,
        "hands": cell.hands.name,
        "touches": _touches(cell.touches),
        "returns": cell.returns,
        "agent": _agent(cell.agent) if cell.agent else None,
        "prompt": cell.prompt.name if cell.prompt else None,
        "run": list(cell.run),
        "env": dict(cell.env),
        "from": cell.source,
        "template": cell.template.name if cell.template else None,
        "surfaces": {variant.surface.name: _variant(variant) for variant in cell.variants},
        "timeout": cell.timeout,
        "idle": cell.idle,
        "sandbox": cell.sandbox,
        "network": "" if cell.network else "none",
        "repairs": cell.repairs,
        "files": cell.files,
        "commits": cell.commits,
    }
    always = ("name", "kind", "takes", "hands", "touches", "returns")
    return {name: value for name, value in whole.items() if name in always or value}


def _touches(touches: Touches) -> dict[str, list[str]] | str:
    if not touches.surfaces and not touches.globs:
        return "nothing"
    return {"surfaces": [s.name for s in touches.surfaces], "paths": list(touches.globs)}


def _agent(agent: Agent) -> dict[str, Any]:
    return {
        "name": agent.name,
        "command": list(agent.command),
        "brief": agent.brief,
        "model": agent.model,
        "env": dict(agent.env),
    }


def _variant(variant: Variant) -> dict[str, Any]:
    return {
        "labels": list(variant.labels),
        "checklist": list(variant.checklist),
        "body": variant.body.name if variant.body else None,
    }


def _scope(scope: Scope) -> dict[str, Any]:
    return {
        "run": list(scope.run),
        "report": scope.report,
        "cwd": scope.cwd,
        "env": dict(scope.env),
        "all": list(scope.all),
        "list": list(scope.list),
        "timeout": scope.timeout,
        "coverage": scope.coverage,
        "rules": {rule.glob: list(rule.tests) for rule in scope.rules},
        "related": list(scope.related),
        "map": list(scope.map),
        "requires": list(scope.requires),
        "python": scope.python,
        "inherits": list(scope.inherits),
        "prepare": _prepare(scope.prepare),
        "reruns": scope.reruns,
        "again": list(scope.again),
        "flaky": scope.flaky,
        "leaves": list(scope.leaves),
        "inputs": list(scope.inputs),
        "of": list(scope.of),
        "reuse": scope.reuse,
    }


def _prepare(prepare: Prepare | None) -> dict[str, Any] | None:
    if prepare is None:
        return None
    return {
        "run": [list(command) for command in prepare.run],
        "locks": list(prepare.locks),
        "keeps": list(prepare.keeps),
    }


def _way(way: Way) -> dict[str, Any]:
    artifact = way.artifact
    return {
        "name": artifact.name,
        "title": artifact.title,
        "goal": artifact.goal,
        "consumer": artifact.consumer,
        "source": artifact.source,
        "verify": [_selection(selection) for selection in artifact.verify],
        "proof": shape(artifact.proof),
        "adopt": [_names(sources) for sources in artifact.adopt],
        "reviews": _names(artifact.reviews),
        "after": list(artifact.after),
        "stages": [stage.id for stage in way.stages],
    }


def _selection(selection: Selection) -> dict[str, Any]:
    asked = {
        "select": selection.select,
        "effort": selection.effort if selection.select else "",
        "before_merge": selection.before_merge,
    }
    found = {"scope": selection.scope.name, "tests": list(selection.chosen)}
    return found | {name: value for name, value in asked.items() if value}


def _names(sources: tuple[Source, ...]) -> list[str]:
    return [source.name for source in sources]


def _edge(edge: Edge) -> dict[str, Any]:
    ends = {"from": str(edge.source), "to": str(edge.target)}
    contract = {"contract": edge.label} if edge.kind == "hand-off" else {}
    return {"kind": edge.kind, **ends, **contract}
