"""What a page shows, as JSON values, read from the plan and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from factoryline.contracts.render import dollars, duration
from factoryline.learning.priors import standing
from factoryline.learning.uses import Use, uses
from factoryline.ledger.entry import Entry
from factoryline.ledger.history import is_attempt
from factoryline.ledger.query import Record
from factoryline.ledger.store import Ledger
from factoryline.overview.base import Report, report
from factoryline.plan import guards
from factoryline.plan.model import Cell
from factoryline.plan.rounds import OPENS
from factoryline.run.factory import Factory
from factoryline.skipping.survey import survey
from factoryline.verification.proof import sentences
from factoryline.verification.sentence import sentence

TEXT_CHARACTERS = 20_000
"""How much of one document is shown; the whole lies in the ledger."""

PATCH_CHARACTERS = 120_000
"""How much of one change is shown."""


def gather(factory: Factory) -> dict[str, Any]:
    """All that the page shows, the artifacts in the order of the line."""
    states = {state.artifact: state for state in survey(factory).states}
    found = report(factory.plan, factory.ledger)
    records = {artifact.name: factory.record(artifact.name) for artifact in factory.plan.artifacts}
    artifacts: list[dict[str, Any]] = []
    for artifact in factory.plan.artifacts:
        record = records[artifact.name]
        state = states[artifact.name]
        one: dict[str, Any] = {
            "name": artifact.name,
            "title": artifact.title,
            "goal": artifact.goal,
            "consumer": artifact.consumer,
            "source": artifact.source,
            "state": state.kind,
            "at": _cell_of(record, state.stage),
            "said": state.sentence,
            "command": state.command,
        }
        if one["at"] and state.kind == "waiting":
            packet = record.last("packet")
            one["review"] = packet.digest if packet else ""
        if record.begun:
            one |= _work(factory, record)
        artifacts.append(one)
    return {
        "name": factory.plan.name,
        "cells": [_cell(cell) for cell in factory.plan.cells],
        "surfaces": [surface.name for surface in factory.plan.surfaces],
        "artifacts": artifacts,
        "rows": _rows(found),
        "spent": {
            name: {"attempts": s.attempts, "seconds": s.seconds, "usd": s.usd, "tokens": s.tokens}
            for name, s in found.cells.items()
        },
        "priors": _priors(factory, records.values()),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "name": cell.name,
        "kind": cell.kind,
        "hands": cell.hands.name,
        "returns": cell.returns or "",
        "agent": cell.agent.name if cell.agent else "",
    }


def _cell_of(record: Record, stage_id: str) -> str:
    stage = record.way.next
    return stage.cell if stage and stage.id == stage_id else ""


def _work(factory: Factory, record: Record) -> dict[str, Any]:
    """What an artifact that has begun went through."""
    ledger, name = factory.ledger, record.artifact
    memo, verdict = record.last("memo"), record.last("verdict")
    packet, note = record.last("packet"), record.last("note")
    return {
        "rounds": _rounds(ledger, record),
        "memo": dict(memo.handoff) if memo else None,
        "verdict": _verdict(verdict) if verdict else None,
        "packet": _short(packet.handoff["body"]) if packet else "",
        "note": _document(ledger, name, "post-run.md") if note else "",
        "findings": _findings(record),
        "guards": [
            {"prior": g["prior"], "outcome": g["outcome"], "said": guards.said(g)}
            for g in (verdict.handoff["guards"] if verdict else ())
        ],
        "merged": record.merged() or "",
        "diff": _diff(factory, record),
    }


def _rounds(ledger: Ledger, record: Record) -> list[dict[str, Any]]:
    """The stages round by round, each with what it took, handed on and cost, and what failed."""
    events = [e for e in ledger.history(record.artifact).events() if is_attempt(e)]
    rounds: dict[int, list[dict[str, Any]]] = {}
    for entry in record.entries:
        failed = [e for e in events if e.get("stage") == entry.stage.id]
        rounds.setdefault(entry.stage.round or 0, []).append(_stage(entry, failed))
    lines = {entry.stage.round or 0: entry.handoff["surfaces"] for entry in record.all("change")}
    said_no = {e.stage.round or 0: e for e in record.entries if e.outcome in OPENS}
    return [
        {
            "number": number,
            "stages": stages,
            "lines": lines.get(number, {}),
            "opened": OPENS[said_no[number - 1].outcome] if number - 1 in said_no else "",
        }
        for number, stages in sorted(rounds.items(), key=lambda one: (one[0] == 0, one[0]))
    ]


def _stage(entry: Entry, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    run, cost = entry.run, entry.run.cost
    done = [event for event in events if event["event"] == "finished"]
    return {
        "id": entry.stage.id,
        "kind": entry.kind,
        "outcome": entry.outcome,
        "hands": entry.contract,
        "takes": [n.removeprefix("handoff.") for n in entry.inputs if n.startswith("handoff.")],
        "began": run.started,
        "seconds": run.seconds,
        "took": duration(run.seconds),
        "by": run.by,
        "attempts": run.attempts,
        "usd": "unknown" if cost.usd is None else dollars(cost.usd),
        "tokens": "unknown" if cost.tokens is None else f"{cost.tokens:,}",
        "said": str(done[-1].get("summary", "")) if done else "",
        "failed": [
            f"{event['event']}: {event.get('reason') or '; '.join(event.get('reasons', ()))}"
            for event in events
            if event["event"] not in ("finished", "started")
        ],
        "inputs": sorted(entry.inputs),
        "digest": entry.digest,
    }


def _verdict(entry: Entry) -> dict[str, Any]:
    verdict = entry.handoff
    proof = verdict["proof"]
    return {
        "stage": entry.stage.id,
        "outcome": entry.outcome,
        "said": ", ".join([sentence(verdict, entry.run.grounds), *sentences.summary(proof)]),
        "shown": list(sentences.shown(proof)),
        "open": list(sentences.not_shown(proof)),
        "checks": [_check(check) for check in verdict["checks"]],
        "unverified": list(verdict.get("unverified", ())),
    }


def _check(check: Mapping[str, Any]) -> dict[str, Any]:
    chosen = check.get("selection") or {}
    return {
        "scope": check["scope"],
        "outcome": check["outcome"],
        "reason": check["reason"],
        "tests": check["tests"],
        "chosen": chosen.get("summary", ""),
        "why": [f"{one['test']}: {one['why']}" for one in chosen.get("why", ())][:20],
        "failures": [_short(str(one.get("test", "")), 300) for one in check["failures"]][:20],
        "output": _short(check["output"], 4000),
    }


def _findings(record: Record) -> list[dict[str, Any]]:
    return [
        {
            "stage": entry.stage.id,
            "by": entry.run.by,
            "decision": entry.outcome,
            "kind": finding.get("kind", ""),
            "severity": finding.get("severity", ""),
            "statement": finding["statement"],
            "paths": list(finding.get("paths", ())),
            "prior": (finding.get("prior") or {}).get("id", ""),
        }
        for entry in record.entries
        if entry.contract in ("review", "critique")
        for finding in entry.handoff["findings"]
    ]


def _diff(factory: Factory, record: Record) -> dict[str, str]:
    """The last round's change by surface; of a very long one, where it lies."""
    change = record.last("change")
    if change is None:
        return {}
    path = factory.ledger.folder(record.artifact) / change.handoff["patch"]
    place = path.relative_to(factory.plan.home).as_posix()
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {"other": f"{place} cannot be read"}
    if len(text) > PATCH_CHARACTERS:
        return {"other": f"{len(text):,} characters; they are in {place}"}
    found: dict[str, str] = {}
    for part in ("\n" + text).split("\ndiff --git ")[1:]:
        file = part.split("\n", 1)[0].rpartition(" b/")[2]
        surface = factory.plan.surface_of(file) or "other"
        found[surface] = found.get(surface, "") + f"diff --git {part}\n"
    return found


def _rows(found: Report) -> list[dict[str, Any]]:
    return [
        {
            "artifact": row.artifact,
            "lines": {name: list(pair) if pair else None for name, pair in row.lines.items()},
            "rework": row.rework,
            "retries": row.retries + row.critiques,
            "tests": list(row.tests) if row.tests else None,
            "seconds": row.seconds,
            "took": duration(row.seconds),
            "usd": row.spent.usd,
            "cost": "unknown" if row.spent.usd is None else dollars(row.spent.usd),
        }
        for row in found.rows
    ]


def _priors(factory: Factory, records: Iterable[Record]) -> list[dict[str, Any]]:
    """Each prior, with the artifacts that were shown it, and that kept or broke its guard."""
    found = uses(records)
    return [
        {
            "id": prior["id"],
            "statement": prior["statement"],
            "from": f"{prior['source']['artifact']}/{prior['source']['stage']}",
            "by": prior["source"].get("by", ""),
            "shown": list(use.shown),
            "kept": list(use.kept),
            "broken": list(use.broken),
            "standing": standing(prior),
        }
        for prior in factory.ledger.all_priors()
        for use in [found.get(prior["id"], Use())]
    ]


def _document(ledger: Ledger, artifact: str, name: str) -> str:
    try:
        text = (ledger.folder(artifact) / name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return _short(text)


def _short(text: str, most: int = TEXT_CHARACTERS) -> str:
    return text if len(text) <= most else text[:most] + "\n… (the whole is in the ledger)"
