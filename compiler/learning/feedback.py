"""What a round leaves to mend, as input of the next: failed checks, findings, conflicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from factoryline.ledger.entry import Entry
from factoryline.plan.rounds import OPENS


def feedback(entries: Sequence[Entry]) -> dict[str, Any] | None:
    """The feedback for the round after `entries`; None in the first round.

    `from` names the stage, `kind` is retry, rework or conflict, `items` are sentences.
    """
    opener = next((entry for entry in reversed(entries) if entry.outcome in OPENS), None)
    if opener is None:
        return None
    items = _ITEMS[opener.contract](opener.handoff)
    return {"from": opener.stage.id, "kind": OPENS[opener.outcome], "items": items}


def _failed_checks(verdict: Any) -> list[dict[str, Any]]:
    checks = [
        {
            "statement": f"{check['scope']}: {check['reason']}",
            "details": [f"{f['test']}: {f['message']}" for f in check["failures"]],
            "output": check["output"],
        }
        for check in verdict["checks"]
        if check["outcome"] == "fail"
    ]
    guards = [
        {
            "statement": f"the prior {guard['prior']} allows at most {guard['at_most']} added "
            f"lines on {guard['surface']}; there are {guard['lines']}",
            "details": [],
            "output": "",
        }
        for guard in verdict["guards"]
        if guard["outcome"] == "broken"
    ]
    return checks + guards


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


_ITEMS = {"verdict": _failed_checks, "review": _findings, "merge": _conflicts}
