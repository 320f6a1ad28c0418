"""note: the post-run note, computed from the ledger. Its entry seals the artifact."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from factoryline.cells.base import Job, Result
from factoryline.contracts.render import amount, render
from factoryline.diagnostics import listing, plural
from factoryline.ledger import spending
from factoryline.ledger.history import is_attempt
from factoryline.ledger.query import Record, recorded
from factoryline.plan import guards
from factoryline.plan.rounds import OPENS
from factoryline.verification.proof import sentences
from factoryline.verification.sentence import sentence


def run(job: Job) -> Result:
    record = job.record
    tests = record.tests()
    findings = [f for review in record.all("review") for f in review.handoff["findings"]]
    note = {
        "worked": _worked(record),
        "improve": _improve(job, findings),
        "decisions": _decisions(job),
        "rounds": rounds(record),
        "rework": record.opened("rework"),
        "retries": record.opened("retry") + record.opened("conflict"),
        "tests": {"run": tests[0], "known": tests[1]} if tests else None,
        "merged": record.merged(),
        "findings": findings,
    }
    if record.opened("critique"):
        note["critiques"] = record.opened("critique")
    analysis = record.last("analysis")
    if analysis:
        note["analysis"] = {"by": analysis.run.by, **analysis.handoff}
    template = job.cell.hands.template
    assert template is not None, "the note's contract comes with a template"
    document = render(template, {"note": note, **_facts(job)})
    merged = record.merged()
    summary = f"sealed, merged as {merged[:10]}" if merged else "sealed"
    return Result(handoff=note, summary=summary, documents={"post-run.md": document})


def judged(job: Job) -> dict[str, Any]:
    """What an analyst judges: what the note computes, and the words that it is computed from."""
    record = job.record
    findings = {
        entry.stage.id: entry.handoff["findings"]
        for entry in record.entries
        if entry.contract in ("review", "critique")
    }
    events = [e for e in job.ledger.history(job.artifact.name).events() if is_attempt(e)]
    trouble = [e for e in events if e["event"] != "finished"]
    return {
        "rounds": rounds(record),
        "stages": _facts(job)["stages"],
        "worked": _worked(record),
        "improve": _improve(job, []),
        "findings": findings,
        "failed_checks": {
            e.stage.id: [
                {name: check[name] for name in ("scope", "reason", "failures")}
                for check in e.handoff["checks"]
                if check["outcome"] == "fail"
            ]
            for e in record.all("verdict")
        },
        "attempts_that_failed": [
            {name: event[name] for name in ("stage", "event", "reason", "reasons") if name in event}
            for event in trouble
        ],
        "memo": [dict(entry.handoff) for entry in record.all("memo")],
    }


def rounds(record: Record) -> list[dict[str, Any]]:
    """What each round changed and how it ended."""
    result = []
    opened_by = "start"
    for entry in record.all("change"):
        number = entry.stage.round or 1
        ends = [e for e in record.entries if (e.stage.round or 1) == number]
        last = next((e for e in reversed(ends) if e.outcome != "done"), entry)
        result.append(
            {
                "round": number,
                "opened_by": opened_by,
                "surfaces": entry.handoff["surfaces"],
                "outcome": f"{last.stage.cell}: {last.outcome}",
            }
        )
        opened_by = OPENS.get(last.outcome, "start")
    return result


def _worked(record: Record) -> list[str]:
    lines = []
    count = len(record.all("change"))
    if count == 1:
        lines.append("One round from build to approval.")
    verdict = record.last("verdict")
    if verdict:
        lines.append(f"Verification passed: {sentence(verdict.handoff, verdict.run.grounds)}.")
    lines += _stepwise(verdict.handoff["checks"]) if verdict else ()
    lines += sentences.shown(verdict.handoff["proof"]) if verdict else ()
    kept = [g for g in verdict.handoff["guards"] if g["outcome"] == "kept"] if verdict else []
    lines += [f"The prior {guard['prior']} was kept." for guard in kept]
    untouched = [name for name, lines in _final(record).items() if not lines["added"]]
    if untouched:
        lines.append(f"No line was added on {listing(untouched)}.")
    return lines


def _stepwise(checks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Scopes whose likeliest tests ran before the others: `unit: 3 tests (inner), then 40`."""
    for check in checks:
        ran = [*check["earlier"], check]
        if len(ran) > 1:
            told = [f"{_counted(one['tests'])} ({one['selection']['step']})" for one in ran]
            yield f"{check['scope']} ran {', then '.join(told)}."


def _counted(tests: Mapping[str, Any] | None) -> str:
    return plural(tests["run"], "test") if tests else "what it runs"


def _improve(job: Job, findings: list[dict[str, Any]]) -> list[str]:
    lines = [f"{finding['kind']}: {finding['statement']}" for finding in findings]
    for critique in job.record.all("critique"):
        lines += [
            f"{critique.stage.id}: {finding['kind']}: {finding['statement']}"
            for finding in critique.handoff["findings"]
        ]
    for verdict in job.record.all("verdict"):
        failed = [c["scope"] for c in verdict.handoff["checks"] if c["outcome"] == "fail"]
        if failed:
            lines.append(f"Round {verdict.stage.round} failed verification in {listing(failed)}.")
    last = job.record.last("verdict")
    lines += sentences.not_shown(last.handoff["proof"]) if last else ()
    rejected: dict[str, int] = {}
    for event in job.ledger.history(job.artifact.name).events():
        if is_attempt(event) and event["event"] != "finished":
            rejected[event["stage"]] = rejected.get(event["stage"], 0) + 1
    lines += [f"{stage} needed {plural(n, 'further attempt')}." for stage, n in rejected.items()]
    return lines


def _decisions(job: Job) -> list[dict[str, Any]]:
    """Rules that held, and boundaries that a review moved."""
    verdict = job.record.last("verdict")
    kept = {g["prior"]: g for g in verdict.handoff["guards"]} if verdict else {}
    decisions = []
    for prior in job.priors:
        guard = kept.get(prior["id"])
        evidence = "the review approved"
        if guard:
            evidence = guards.said(guard)
        decisions.append(
            {"decision": prior["statement"], "verdict": "confirmed", "evidence": evidence}
        )
    for review in job.record.all("review"):
        for finding in review.handoff["findings"]:
            if finding["kind"] == "architecture" and review.outcome == "request-changes":
                decisions.append(
                    {
                        "decision": f"the boundary of round {review.stage.round}",
                        "verdict": "overturned",
                        "evidence": finding["statement"],
                    }
                )
    return decisions


def _final(record: Record) -> Any:
    lines = record.lines()
    return lines[-1] if lines else {}


def _facts(job: Job) -> dict[str, Any]:
    stages = job.record.spent(job.ledger.history(job.artifact.name))
    cost = spending.total(stages.values())
    usual = _usual(job)
    return {
        "artifact": {
            "name": job.artifact.name,
            "title": job.artifact.title,
            "goal": job.artifact.goal,
        },
        "seconds": job.record.seconds,
        "cost": {"usd": cost.usd, "tokens": cost.tokens},
        "spent": amount(cost),
        "stages": [
            {
                "stage": e.stage.id,
                "seconds": e.run.seconds,
                "outcome": e.outcome,
                "by": e.run.by,
                "attempts": stages[e.stage.id].attempts,
                "spent": amount(stages[e.stage.id]),
                "usual": usual.get(e.stage.cell),
            }
            for e in job.record.entries
        ],
        "surfaces": [surface.name for surface in job.plan.surfaces],
    }


def _usual(job: Job) -> dict[str, float]:
    """How long each cell took in the artifacts that were sealed before this one, in the middle."""
    took: dict[str, list[float]] = {}
    names = [one.name for one in job.plan.artifacts if one.name != job.artifact.name]
    sealed = [name for name in names if job.ledger.sealed(name)]
    for name in sealed[-COMPARED:]:
        for entry in recorded(job.plan, job.ledger, name).entries:
            took.setdefault(entry.stage.cell, []).append(entry.run.seconds)
    return {cell: statistics.median(seconds) for cell, seconds in took.items()}


COMPARED = 20
"""With how many earlier artifacts a note compares."""
