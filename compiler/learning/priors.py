"""Priors: rules that a person confirmed in a review, and that every later artifact must see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from factoryline.diagnostics import listing, plural
from factoryline.learning import uses
from factoryline.ledger.entry import Entry
from factoryline.ledger.query import Record
from factoryline.ledger.store import Ledger
from factoryline.plan.findings import path_of
from factoryline.plan.model import Artifact, Plan

Prior = dict[str, Any]
"""A prior as its file holds it; see schemas/prior.schema.json."""


RULE = ("guard", "expires", "lapses_after", "paths", "words")
"""What a rule may say besides its statement and its surfaces."""


def applying(plan: Plan, ledger: Ledger, artifact: str) -> tuple[Prior, ...]:
    """The priors that `artifact` must see.

    A prior without surfaces, paths and words applies to every artifact. One with surfaces or paths
    applies where the line may touch one of them, one with words where the artifact's title or goal
    has one of these. It never applies to the artifact that taught it, nor after its last day.
    """
    return tuple(
        prior
        for prior in in_force(ledger)
        if prior["source"]["artifact"] != artifact
        and _reaches(plan, prior)
        and _speaks_of(plan.artifact(artifact), prior)
    )


def idle(plan: Plan, ledger: Ledger) -> Iterator[tuple[Prior, str]]:
    """The priors that no artifact of this line can see or keep, each with the reason."""
    known = [surface.name for surface in plan.surfaces]
    for prior in in_force(ledger):
        guard = prior.get("guard", {})
        guarded = [guard["surface"]] if "surface" in guard else []
        gone = [s for s in dict.fromkeys([*prior["surfaces"], *guarded]) if s not in known]
        if gone:
            yield prior, f"factory.yaml has no surface {_names(gone)}"
        elif not _reaches(plan, prior):
            about = [*prior["surfaces"], *prior.get("paths", ())]
            yield prior, f"no cell of the line may touch {_names(about)}"


def in_force(ledger: Ledger) -> Iterator[Prior]:
    """The priors that hold today."""
    return (prior for prior in ledger.all_priors() if not standing(prior))


def standing(prior: Prior) -> str:
    """Why a prior does not hold: `proposed`, `retired` or `expired`; empty where it does."""
    if "retired" in prior:
        return "retired"
    if "proposed" in prior and "confirmed" not in prior:
        return "proposed"
    today = date.today().isoformat()
    return "expired" if prior.get("expires", today) < today else ""


def _names(surfaces: Iterable[str]) -> str:
    return listing((f"`{surface}`" for surface in surfaces), last="or")


def _reaches(plan: Plan, prior: Prior) -> bool:
    paths = prior.get("paths", ())
    if not (prior["surfaces"] or paths):
        return True
    return any(map(plan.may_touch, prior["surfaces"])) or plan.may_touch_any(paths)


def _speaks_of(artifact: Artifact | None, prior: Prior) -> bool:
    words = prior.get("words")
    if not words or artifact is None:
        return True
    text = f"{artifact.title} {artifact.goal}".casefold()
    return any(re.search(rf"\b{re.escape(word.casefold())}\b", text) for word in words)


def lapsed(ledger: Ledger, records: Iterable[Record]) -> Iterator[Prior]:
    """The priors that so many artifacts in a row did not need that they retire, as retired."""
    counted = [prior for prior in in_force(ledger) if "lapses_after" in prior]
    if not counted:
        return
    found = uses.uses(records)
    for prior in counted:
        use = found.get(prior["id"], uses.Use())
        last = max((use.shown.index(n) for n in use.broken if n in use.shown), default=-1)
        idle_for = len(use.shown) - 1 - last
        if idle_for >= prior["lapses_after"]:
            why = f"{plural(idle_for, 'artifact')} in a row did not need it"
            yield {**prior, "retired": signed("factoryline", why=why)}


def proposed(entry: Entry, number: int, rule: Mapping[str, Any], by: str) -> Prior:
    """The prior that somebody proposes from the finding `number`, from 1, of a review or critique.

    Where the rule does not say what it is about, it is about the finding's own paths.
    """
    finding = entry.handoff["findings"][number - 1]
    about = {name: rule[name] for name in ("surfaces", "paths", "words") if rule.get(name)}
    if not about and finding.get("paths"):
        about = {"paths": list(dict.fromkeys(map(path_of, finding["paths"])))}
    return {
        "id": rule["id"],
        "statement": rule.get("statement") or finding.get("rule") or finding["statement"],
        "surfaces": [],
        **about,
        **{name: rule[name] for name in ("guard", "expires", "lapses_after") if rule.get(name)},
        "source": {
            "artifact": entry.stage.artifact,
            "stage": entry.stage.id,
            "by": entry.handoff.get("by") or entry.run.by,
            "finding": finding["statement"],
        },
        "proposed": signed(by),
    }


def signed(by: str, **more: str) -> dict[str, str]:
    """Who, and today."""
    return {"by": by, "on": date.today().isoformat(), **more}


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
        **{name: prior[name] for name in RULE if name in prior},
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
