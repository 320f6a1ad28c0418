"""What a round leaves to mend, as input of the next: failed checks, findings, conflicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from factoryline.diagnostics import listing, plural
from factoryline.ledger.entry import Entry
from factoryline.plan import guards
from factoryline.plan.rounds import OPENS


def feedback(entries: Sequence[Entry]) -> dict[str, Any] | None:
    """The feedback for the round after `entries`; None in the first round.

    `from` names the stage, `kind` is retry, rework or conflict, `items` are sentences.
    """
    opener = next((entry for entry in reversed(entries) if entry.outcome in OPENS), None)
    return items_to_mend(opener) if opener else None


def earlier(entries: Sequence[Entry]) -> tuple[dict[str, Any], ...]:
    """What the rounds before the last one had left to mend, oldest first, without their output.

    Whoever mends the last round's no could otherwise undo what was mended before.
    """
    # Of two in a round the last one opened the next: a review overrules what a critic says.
    openers = {entry.stage.round: entry for entry in entries if entry.outcome in OPENS}
    rounds = [items_to_mend(opener) for opener in list(openers.values())[:-1]]
    return tuple(
        {**one, "items": [{**item, "output": ""} for item in one["items"]]} for one in rounds
    )


def items_to_mend(opener: Entry) -> dict[str, Any]:
    """What an entry that opens a round leaves to mend. Raises KeyError for another one."""
    items = _ITEMS[opener.contract](opener.handoff)
    return {"from": opener.stage.id, "kind": OPENS[opener.outcome], "items": items}


def _failed_checks(verdict: Any) -> list[dict[str, Any]]:
    checks = [
        {
            "statement": f"{check['scope']}: {check['reason']}",
            "details": [
                *(f"{f['test']}: {f['message']}" for f in check["failures"]),
                *_steps(check),
            ],
            "output": check["output"],
        }
        for check in verdict["checks"]
        if check["outcome"] == "fail"
    ]
    broken = [
        {
            "statement": _broken(guard),
            "details": [],
            "output": "",
        }
        for guard in verdict["guards"]
        if guard["outcome"] == "broken"
    ]
    return checks + broken + _unproven(verdict.get("proof") or {})


def _broken(guard: Any) -> str:
    """`the prior keys-on-the-server (api-key-entry/1-review): Keys live on the server. …`."""
    if "statement" not in guard:
        return f"the prior {guard['prior']}: {guards.said(guard)}"
    asks = f"it asks for {guards.said(guard)}"
    return f"the prior {guard['prior']} ({guard['source']}): {guard['statement']} ({asks})"


def _steps(check: Any) -> list[str]:
    """What ran before the tests that failed, and what their failure kept from running."""
    passed = [one for one in check.get("earlier", ()) if one["outcome"] == "pass" and one["tests"]]
    lines = [
        f"the step {one['selection']['step']} had passed: {plural(one['tests']['run'], 'test')}"
        for one in passed
    ]
    if check.get("left"):
        lines.append(f"not run, until these pass: the step {listing(check['left'])}")
    return lines


def _unproven(proof: Any) -> list[dict[str, Any]]:
    """What the verdict does not show, with the places that would show it."""
    details = {"before": _before, "covers": _uncovered, "mutants": _survivors}
    return [
        {"statement": proof[name]["reason"], "details": tell(proof[name]), "output": ""}
        for name, tell in details.items()
        if proof.get(name) and proof[name]["outcome"] == "fail"
    ]


def _before(before: Any) -> list[str]:
    return [f"passes without the change: {test}" for test in before["passing"]]


def _uncovered(covers: Any) -> list[str]:
    lines = [f"no selected test runs {one['path']}:{one['lines']}" for one in covers["uncovered"]]
    more = covers["unnamed"]
    return [*lines, f"and lines of {plural(more, 'more file')}"] if more else lines


def _survivors(mutants: Any) -> list[str]:
    lines = [
        f"{one['path']}:{one['line']}: no test notices `{one['after']}` for `{one['before']}`"
        for one in mutants["survivors"]
    ]
    more = mutants["unnamed"]
    return [*lines, f"and {plural(more, 'more mutant')}"] if more else lines


def _findings(review: Any) -> list[dict[str, Any]]:
    findings = [
        {
            "statement": f"{finding.get('severity', 'major')} {finding['kind']}: "
            f"{finding['statement']}",
            "details": list(finding.get("paths", [])),
            "output": "",
        }
        for finding in review["findings"]
    ]
    summary = [{"statement": review["summary"], "details": [], "output": ""}]
    return (summary if review["summary"] else []) + findings


def _conflicts(merge: Any) -> list[dict[str, Any]]:
    statement = (
        f"the base branch {merge['branch']} has moved to {merge['before'][:12]}, and the change "
        "conflicts with it; do the work again on the new base"
    )
    return [{"statement": statement, "details": list(merge["conflicts"]), "output": ""}]


_ITEMS = {
    "verdict": _failed_checks,
    "critique": _findings,
    "review": _findings,
    "merge": _conflicts,
}
