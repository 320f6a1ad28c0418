"""Priors: rules that a person confirmed in a review, and that every later artifact must see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from factoryline.ledger.entry import Entry
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Plan

Prior = dict[str, Any]
"""A prior as its file holds it; see schemas/prior.schema.json."""


def applying(plan: Plan, ledger: Ledger, artifact: str) -> tuple[Prior, ...]:
    """The priors that `artifact` must see.

    A prior without surfaces applies to every artifact, one with surfaces where the line may touch
    one of them. It never applies to the artifact that taught it, nor after its last day.
    """
    today = date.today().isoformat()
    return tuple(
        prior
        for prior in ledger.all_priors()
        if prior["source"]["artifact"] != artifact
        and prior.get("expires", today) >= today
        and (not prior["surfaces"] or plan.touchable & set(prior["surfaces"]))
    )


def learned(review: Entry) -> tuple[Prior, ...]:
    """The priors that a review's findings carry, ready for the ledger."""
    return tuple(
        {
            "id": prior["id"],
            "statement": prior["statement"],
            "surfaces": list(prior.get("surfaces", [])),
            **{name: prior[name] for name in ("guard", "expires") if name in prior},
            "source": {
                "artifact": review.stage.artifact,
                "stage": review.stage.id,
                "by": review.handoff["by"],
                "finding": finding["statement"],
            },
        }
        for finding in review.handoff["findings"]
        if (prior := finding.get("prior"))
    )


def guard_results(priors: Sequence[Prior], surfaces: Any) -> list[dict[str, Any]]:
    """What became of each guard, given a change's lines per surface."""
    results = []
    for prior in priors:
        guard = prior.get("guard")
        if not guard:
            continue
        lines = surfaces.get(guard["surface"], {"added": 0})["added"]
        results.append(
            {
                "prior": prior["id"],
                "surface": guard["surface"],
                "at_most": guard["at_most"],
                "lines": lines,
                "outcome": "kept" if lines <= guard["at_most"] else "broken",
            }
        )
    return results
