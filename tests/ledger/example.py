"""Entries with as little in them as an entry can have.

What a hand-off of ours must have and a test does not speak of is filled in from its schema.
"""

from __future__ import annotations

from typing import Any

from factoryline.ledger.cost import FREE, Cost
from factoryline.ledger.entry import Entry, Run
from factoryline.plan import digest
from factoryline.plan.builtin import MADE_BY_CODE
from factoryline.plan.rounds import Stage
from factoryline.spec import schema
from factoryline.spec.fits import shape_of

CONTRACTS = {"scout": "memo", "build": "change", "verify": "verdict", "package": "packet"}


def entry(
    stage_id: str,
    *,
    artifact: str = "wizard",
    handoff: dict[str, Any] | None = None,
    outcome: str = "done",
    cost: Cost = FREE,
    seconds: float = 1.5,
) -> Entry:
    """The entry of a stage, named as in `2-build`."""
    number, _, cell = stage_id.rpartition("-")
    contract = CONTRACTS.get(cell, cell)
    value = {"of": stage_id} if handoff is None else handoff
    if contract in MADE_BY_CODE:
        whole = schema.builtin(contract)
        value = completed(whole, whole, value)
        assert shape_of(contract)(value), f"{value} is a {contract}"
    return Entry(
        stage=Stage(artifact=artifact, cell=cell, round=int(number) if number else None),
        kind=cell,
        inputs={"artifact.goal": digest.of_value("It works."), "base": digest.of_value("abc")},
        pins={},
        contract=contract,
        handoff=value,
        outcome=outcome,
        run=Run(started="2026-04-21T09:30:00Z", seconds=seconds, attempts=1, cost=cost, by="Ann"),
    )


PATTERNS = {"sha256": "sha256:" + "0" * 64, "{40,64}": "a" * 40, "{4}": "2026-04-21"}


def completed(wanted: Any, whole: Any, given: Any = None) -> Any:
    """A value with all that its schema requires; what is given stays."""
    if "$ref" in wanted:
        return completed(whole["$defs"][wanted["$ref"].split("/")[-1]], whole, given)
    if "anyOf" in wanted:
        return given and completed(wanted["anyOf"][0], whole, given)
    fields = wanted.get("properties", {})
    if isinstance(given, dict) or (given is None and fields):
        given = given or {}
        parts = {
            name: completed(fields[name], whole, given.get(name))
            for name in wanted.get("required", ())
        }
        others = given.keys() - parts.keys()
        return parts | {n: completed(fields.get(n, {}), whole, given[n]) for n in others}
    if isinstance(given, list) or (given is None and "items" in wanted):
        items = [None] * wanted.get("minItems", 0) if given is None else given
        return [completed(wanted.get("items", {}), whole, item) for item in items]
    if given is not None or "null" in (kinds := wanted.get("type", ())):
        return given
    if "enum" in wanted:
        return wanted["enum"][0]
    for sign, text in PATTERNS.items():
        if sign in wanted.get("pattern", ""):
            return text
    kind = kinds if isinstance(kinds, str) else "string"
    return {"string": "x", "integer": 0, "number": 0, "boolean": False, "object": {}}[kind]
