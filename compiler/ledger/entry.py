"""One finished stage: what it consumed, what it handed on, what it means for the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from factoryline.errors import WorldError
from factoryline.ledger import cost
from factoryline.ledger.cost import Cost
from factoryline.plan import digest
from factoryline.plan.builtin import MADE_BY_CODE
from factoryline.plan.digest import Input, Inputs
from factoryline.plan.rounds import Stage
from factoryline.spec import schema
from factoryline.spec.fits import shape_of
from factoryline.system import files

FORMAT = 1

AGAIN = "restore it from git, or remove it to run the stage again"
"""What to do about an entry that is none."""

Handoff = Mapping[str, Any]
"""A value that fulfils a contract, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How an entry came to be. It shapes nothing. `started` is ISO 8601 in UTC.

    grounds: what each check of a verdict rests on; empty for other entries.
    """

    started: str
    seconds: float
    attempts: int
    cost: Cost
    by: str
    grounds: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A finished stage. `inputs` are as they were before it ran."""

    stage: Stage
    kind: str
    inputs: Inputs
    pins: Mapping[str, str | None]
    contract: str
    handoff: Handoff
    outcome: str
    run: Run

    @property
    def key(self) -> str:
        return digest.key(self.inputs)

    @property
    def digest(self) -> str:
        """The digest of the hand-off: what later stages depend on."""
        return files.digest_json(self.handoff)

    def to_json(self) -> dict[str, Any]:
        stage, run = self.stage, self.run
        return {
            "factoryline": FORMAT,
            "artifact": stage.artifact,
            "stage": stage.id,
            "cell": stage.cell,
            "kind": self.kind,
            "round": stage.round,
            "key": self.key,
            "inputs": {name: one.to_json() for name, one in self.inputs.items()},
            "pins": dict(self.pins),
            "contract": self.contract,
            "handoff": dict(self.handoff),
            "digest": self.digest,
            "outcome": self.outcome,
            "run": {
                "started": run.started,
                "seconds": round(run.seconds, 3),
                "attempts": run.attempts,
                "cost": run.cost.to_json(),
                "by": run.by,
                **({"grounds": [dict(one) for one in run.grounds]} if run.grounds else {}),
            },
        }


def from_json(value: Any, place: str) -> Entry:
    """An entry from its file. Raises WorldError, naming `place`, when it is none."""
    if not shape_of("entry")(value):
        raise _no_entry(place, value, schema.builtin("entry"))
    entry = _entry(value)
    whole = (value["digest"], value["key"]) == (entry.digest, entry.key)
    if not (whole and value["stage"] == entry.stage.id and entry.outcome == _said(entry)):
        raise WorldError(
            f"{place} was changed after it was written: its digests do not fit its content",
            help=AGAIN,
        )
    # What others wrote may have right digests, and another shape than all that reads it expects.
    if entry.contract in MADE_BY_CODE and not shape_of(entry.contract)(entry.handoff):
        raise _no_entry(place, entry.handoff, schema.builtin(entry.contract), "handoff.")
    return entry


def _no_entry(place: str, value: object, wanted: schema.Schema, within: str = "") -> WorldError:
    broken = [one for one in schema.violations(value, wanted) if not one.at_key]
    said = f"{within}{broken[0]}" if broken else "it has another shape"
    return WorldError(f"{place} is not an entry of the ledger: {said}", help=AGAIN)


_SAID_IN = {
    "verdict": "outcome",
    "critique": "decision",
    "review": "decision",
    "merge": "outcome",
}
"""The field of a hand-off that says what the stage means for the line."""


def _said(entry: Entry) -> object:
    """The outcome as the hand-off bears it out."""
    field = _SAID_IN.get(entry.contract)
    return entry.handoff.get(field) if field else "done"


def _entry(value: Any) -> Entry:
    run = value["run"]
    return Entry(
        stage=Stage(artifact=value["artifact"], cell=value["cell"], round=value["round"]),
        kind=value["kind"],
        inputs={
            name: Input(digest=one["digest"], value=one.get("value"))
            for name, one in value["inputs"].items()
        },
        pins=value["pins"],
        contract=value["contract"],
        handoff=value["handoff"],
        outcome=value["outcome"],
        run=Run(
            started=run["started"],
            seconds=run["seconds"],
            attempts=run["attempts"],
            cost=cost.from_json(run["cost"]),
            by=run["by"],
            grounds=tuple(run.get("grounds", ())),
        ),
    )
