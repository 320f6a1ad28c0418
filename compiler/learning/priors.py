"""Priors: rules that a person confirmed in a review, and that every later artifact must see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from factoryline.diagnostics import listing
from factoryline.ledger.entry import Entry
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Plan

Prior = dict[str, Any]
"""A prior as its file holds it; see schemas/prior.schema.json."""


def applying(plan: Plan, ledger: Ledger, artifact: str) -> tuple[Prior, ...]:
    """The priors that `artifact` must see.

    A prior without surfaces applies to every artifact, one with surfaces where the line may touch
    a path of one of them. It never applies to the artifact that taught it, nor after its last day.
    """
    return tuple(
        prior
        for prior in _valid(ledger)
        if prior["source"]["artifact"] != artifact and _reaches(plan, prior)
    )


def idle(plan: Plan, ledger: Ledger) -> Iterator[tuple[Prior, str]]:
    """The priors that no artifact of this line can see or keep, each with the reason."""
    known = [surface.name for surface in plan.surfaces]
    for prior in _valid(ledger):
        guarded = [prior["guard"]["surface"]] if "guard" in prior else []
        gone = [s for s in dict.fromkeys([*prior["surfaces"], *guarded]) if s not in known]
        if gone:
            yield prior, f"factory.yaml has no surface {_names(gone)}"
        elif not _reaches(plan, prior):
            yield prior, f"no cell of the line may touch {_names(prior['surfaces'])}"


def _valid(ledger: Ledger) -> Iterator[Prior]:
    """The priors whose last day has not passed."""
    today = date.today().isoformat()
    return (prior for prior in ledger.all_priors() if prior.get("expires", today) >= today)


def _names(surfaces: Iterable[str]) -> str:
    return listing((f"`{surface}`" for surface in surfaces), last="or")


def _reaches(plan: Plan, prior: Prior) -> bool:
    return not prior["surfaces"] or any(map(plan.may_touch, prior["surfaces"]))


def learned(review: Entry) -> tuple[Prior, ...]:
    """The priors that a review's findings carry, ready for the ledger."""
    return tuple(
        {
            **rule,
            "source": {
                "artifact": review.stage.artifact,
                "stage": review.stage.id,
                "by": review.handoff["by"],
                "finding": finding["statement"],
            },
        }
        for finding in review.handoff["findings"]
        if (rule := _rule(finding.get("prior")))
    )


def _rule(prior: Prior | None) -> Prior | None:
    """What a prior says, wherever it is from."""
    if prior is None:
        return None
    return {
        "id": prior["id"],
        "statement": prior["statement"],
        "surfaces": list(prior.get("surfaces", [])),
        **{name: prior[name] for name in ("guard", "expires") if name in prior},
    }


def taken(ledger: Ledger, artifact: str, findings: Sequence[Mapping[str, Any]]) -> Prior | None:
    """The prior of another artifact that has the id of one here and says something else.

    A review that is given again may say its own rules anew.
    """
    rules = {rule["id"]: rule for one in findings if (rule := _rule(one.get("prior")))}
    others = (prior for prior in ledger.all_priors() if prior["source"]["artifact"] != artifact)
    return next((one for one in others if rules.get(one["id"], _rule(one)) != _rule(one)), None)


def to_write(ledger: Ledger, review: Entry) -> tuple[Prior, ...]:
    """The priors of a review that are not in the ledger yet.

    One from the very same finding is there as it is, since a person may have put it better; so is
    one from another artifact. What a critic finds is a person's to confirm first.
    """
    if review.contract != "review":
        return ()
    sources = {prior["id"]: prior["source"] for prior in ledger.all_priors()}
    return tuple(one for one in learned(review) if _is_new(one, sources.get(one["id"])))


def _is_new(prior: Prior, known: Mapping[str, str] | None) -> bool:
    source = prior["source"]
    return known is None or (known["artifact"] == source["artifact"] and known != source)


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
