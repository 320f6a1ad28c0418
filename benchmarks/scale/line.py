"""Makes a factory of many artifacts with a whole, true ledger, without running its cells.

The entries are real ones: each stage's inputs are computed as a run computes them, and a dummy
hand-off is put on record. Every artifact has ten stages.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from factoryline.ledger.cost import FREE
from factoryline.ledger.entry import Entry, Run
from factoryline.pipeline import compile_factory
from factoryline.plan.builtin import MADE_BY_CODE
from factoryline.plan.rounds import walk
from factoryline.run.factory import Factory
from factoryline.run.freshness import inputs, surroundings
from factoryline.spec import schema
from factoryline.system import files, git

from tests.ledger.example import completed

SPEC = """factoryline: 1
name: scale
target: {repo: product}
surfaces: {all: ["**"]}
cells:
  scout: {kind: scout}
  build: {kind: adopt, takes: [memo], touches: [all]}
  lint: {kind: command, run: ["true"], takes: [change], hands: lint}
  docs: {kind: command, run: ["true"], takes: [change], hands: docs}
  size: {kind: command, run: ["true"], takes: [change], hands: size}
  verify: {kind: verify, returns: build}
  package: {kind: package}
  review: {kind: review, returns: build}
line: [scout, build, lint, docs, size, verify, package, review]
contracts: {lint: {schema: any.json}, docs: {schema: any.json}, size: {schema: any.json}}
scopes: {none: {run: ["true"], report: exit}}
flow: {wip: 100000, calibrated: false}
artifacts: {include: artifacts/*.yaml}
"""

ARTIFACT = """title: Artifact {number}
goal: The thing number {number} works as people expect it to.
consumer: whoever needs thing {number}
source: https://example.org/issues/{number}
verify: [{{scope: none}}]
adopt: [[any.patch]]
"""

STAGES = 10


def write_spec(folder: Path, artifacts: int) -> None:
    """factory.yaml with one file an artifact, over a repository with one commit."""
    repository = git.create(folder / "product", branch="main")
    (folder / "product" / "README").write_text("product\n")
    repository.stage_all()
    repository.text("commit", "-q", "-m", "base")
    (folder / "factory.yaml").write_text(SPEC)
    (folder / "doit.cfg").write_text("[GLOBAL]\nloader = factory\n")
    (folder / "any.json").write_text("{}")
    (folder / "any.patch").write_text("")
    (folder / "artifacts").mkdir()
    for number in range(artifacts):
        text = ARTIFACT.format(number=number)
        (folder / "artifacts" / f"thing-{number}.yaml").write_text(text)


def record(folder: Path, *, sealed: bool) -> None:
    """A fresh entry for every stage: all of them, or up to a review that waits."""
    factory = Factory(compile_factory(folder / "factory.yaml"))
    factory.ledger.prepare()
    files.write_durable = _write_plainly
    for artifact in factory.plan.artifacts:
        _record(factory, artifact.name, sealed=sealed)


def _record(factory: Factory, name: str, *, sealed: bool) -> None:
    artifact = factory.plan.artifact(name)
    assert artifact is not None
    way = walk(factory.plan, name, lambda stage: _OUTCOMES.get(stage.cell, "done")).stages
    entries: list[Entry] = []
    for stage in way:
        cell = factory.plan.cell(stage.cell)
        if cell.kind == "review" and not sealed:
            break
        around = surroundings(factory, artifact, stage, entries, None)
        entry = Entry(
            stage=stage,
            kind=cell.kind,
            inputs=inputs(factory, artifact, stage, entries, around),
            pins={} if entries else {**around.pins, "base": around.base},
            contract=cell.hands.name,
            handoff=_handoff(name, cell.hands.name),
            outcome=_OUTCOMES.get(stage.cell, "done"),
            run=Run(
                started="2026-01-01T00:00:00Z", seconds=1.0, attempts=1, cost=FREE, by="benchmark"
            ),
        )
        entries.append(entry)
        files.write_json(factory.ledger.entry_path(stage), entry.to_json())
    factory.ledger.assemble(name, entries)


def cold(folder: Path, *, stages: int = 200) -> tuple[float, float]:
    """Milliseconds that a stage takes beyond its cell, and those of three durable writes alone.

    Runs the package stages of as many artifacts, with a cell that does nothing.
    """
    from factoryline.cells import package
    from factoryline.cells.base import Job, Result
    from factoryline.run.stage import run_stage

    factory = Factory(compile_factory(folder / "factory.yaml"))
    names = [artifact.name for artifact in factory.plan.artifacts[-stages:]]
    for name in names:
        for entry in factory.record(name).entries:
            if entry.kind in ("package", "review", "merge", "note"):
                factory.ledger.forget(entry.stage, reason="benchmark")
    packet: dict[str, Any] = {"title": "t", "body": "b", "branch": "b"}
    packet |= {"base": _COMMIT, "commit": _COMMIT}
    packet |= {"verdict": f"sha256:{'0' * 64}", "patches": ["1.patch"], "labels": []}
    packet |= {"checklist": [], "surfaces": {}}

    def do_nothing(job: Job) -> Result:
        del job
        return Result(handoff=packet)

    package.run = do_nothing
    started = time.perf_counter()
    for name in names:
        run_stage(factory, name, "1-package")
    each = (time.perf_counter() - started) / len(names)
    data = b"x" * 2000
    started = time.perf_counter()
    for _ in names:
        for ending in "abc":
            files.write_durable(folder / f"{ending}.tmp", data)
    plain = (time.perf_counter() - started) / len(names)
    return each * 1000, plain * 1000


_OUTCOMES = {"verify": "pass", "review": "approve", "merge": "merged"}
_COMMIT = "0" * 40
_UNPROVEN = {
    "before": None,
    "covers": None,
    "mutants": None,
    "tests": {"count": 0, "hiding": 0, "findings": [], "unnamed": 0},
}


def _handoff(name: str, contract: str) -> dict[str, Any]:
    """What later stages read of a hand-off, and what else its contract asks for."""
    change: dict[str, Any] = dict.fromkeys(("commit", "parent", "base", "tree"), _COMMIT)
    change |= {"branch": f"factory/{name}", "patch": "1-change.patch", "message": "m\n"}
    change |= {"surfaces": {}, "round": {}, "files": []}
    given = {
        "change": change,
        "verdict": {"outcome": "pass", "checks": [], "guards": [], "proof": _UNPROVEN},
        "packet": {"title": name, "commit": _COMMIT, "base": _COMMIT},
        "review": {"decision": "approve", "findings": []},
        "merge": {"outcome": "merged", "commit": _COMMIT, "before": _COMMIT},
        "note": {"improve": [], "decisions": []},
    }.get(contract, {"about": name})
    if contract not in MADE_BY_CODE:
        return given
    whole = schema.builtin(contract)
    value: dict[str, Any] = completed(whole, whole, given)
    return value


def _write_plainly(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
