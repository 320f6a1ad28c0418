"""What shapes a stage, as far as the specification says it.

`shape` turns a plan object into JSON without the fields that are marked aside; `spec_inputs` names
the inputs of one stage. What the ledger adds (hand-offs, pins, priors, feedback) stands in
`run/freshness.py`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, get_type_hints

from factoryline.plan.model import Artifact, Cell, Contract, Plan, Side
from factoryline.plan.rounds import Stage
from factoryline.system import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One thing that shapes a stage. `value` is kept where people may want to compare it."""

    digest: str
    value: Any = None

    def to_json(self) -> dict[str, Any]:
        whole = {"digest": self.digest, "value": self.value}
        return whole if self.value is not None else {"digest": self.digest}


Inputs = Mapping[str, Input]


def of_value(value: Any, *, keep: bool = True) -> Input:
    """An input from a JSON value."""
    return Input(digest=files.digest_json(value), value=value if keep else None)


def key(inputs: Inputs) -> str:
    """The key of a stage: one digest over all of its inputs."""
    return files.digest_json({name: one.digest for name, one in inputs.items()})


@cache
def shaping_fields(kind: type) -> tuple[str, ...]:
    """The fields of a plan class that are not marked `Aside`."""
    hints = get_type_hints(kind, include_extras=True)
    aside = {name for name, hint in hints.items() if Side in getattr(hint, "__metadata__", ())}
    return tuple(f.name for f in dataclasses.fields(kind) if f.name not in aside)


def shape(value: Any) -> Any:
    """A plan object as JSON, without what cannot shape a result."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: shape(getattr(value, name)) for name in shaping_fields(type(value))}
    if isinstance(value, Mapping):
        return {str(name): shape(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [shape(item) for item in value]
    if isinstance(value, Path):
        return value.as_posix()
    return value


_KNOWN: dict[tuple[int, bool], tuple[Any, Input]] = {}


def of_object(value: Any, *, keep: bool = True) -> Input:
    """An input from a plan object. Computed once: thousands of stages share cells and contracts."""
    known = _KNOWN.get((id(value), keep))
    if known is None:
        # The object is kept beside its digest, so that its id stays its own.
        known = _KNOWN[id(value), keep] = (value, of_value(shape(value), keep=keep))
    return known[1]


def of_schema(contract: Contract) -> Input:
    """An input from a contract without its template."""
    known = _SCHEMAS.get(id(contract))
    if known is None:
        bare = dataclasses.replace(contract, template=None)
        known = _SCHEMAS[id(contract)] = (contract, of_value(shape(bare), keep=False))
    return known[1]


_SCHEMAS: dict[int, tuple[Contract, Input]] = {}


def spec_inputs(plan: Plan, artifact: Artifact, cell: Cell, stage: Stage) -> dict[str, Input]:
    """The inputs that the specification gives to a stage, by name."""
    inputs = {"cell": of_object(cell)}
    if cell.prompt:
        inputs["prompt"] = of_value(cell.prompt.text, keep=False)
    if cell.template:
        inputs["template"] = of_value(cell.template.text, keep=False)
    if cell.agent:
        inputs["agent"] = of_object(cell.agent)
    for contract in cell.takes:
        inputs[f"contract.{contract.name}"] = of_object(contract, keep=False)
    # A document's template does not shape a memo; it does shape a packet's and a note's text.
    handed = of_object(cell.hands, keep=False) if cell.facts.renders else of_schema(cell.hands)
    inputs[f"contract.{cell.hands.name}"] = handed
    if cell.hands.name == "change":
        inputs["surfaces"] = of_object(plan.surfaces)
    for name in cell.facts.reads:
        inputs[f"artifact.{name}"] = of_value(_artifact_field(artifact, name, cell))
    if cell.facts.proves:
        for selection in artifact.verify:
            inputs[f"scope.{selection.scope.name}"] = of_object(selection.scope)
    settings = {name: attrgetter(name)(plan) for name in cell.facts.settings}
    inputs |= {name: of_value(value) for name, value in settings.items() if value}
    if cell.facts.round:
        rounds, number = getattr(artifact, cell.facts.round), stage.round or 0
        if 0 < number <= len(rounds):
            inputs[f"artifact.{cell.facts.round}"] = of_value(shape(rounds[number - 1]))
    return inputs


def _artifact_field(artifact: Artifact, name: str, cell: Cell) -> Any:
    if name != "verify":
        return shape(getattr(artifact, name))
    # What a scope is, and how tests are chosen from it, shapes a verdict alone; for all others
    # its name and the tests count.
    chosen = [{"scope": s.scope.name, "tests": list(s.chosen)} for s in artifact.verify]
    if not cell.facts.proves:
        return chosen
    return [shape(one) | names for one, names in zip(artifact.verify, chosen, strict=True)]
