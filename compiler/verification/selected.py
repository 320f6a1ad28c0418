"""One scope of a verdict with the tests that the change needs: choose, run, and widen at need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from factoryline.plan.model import Selection
from factoryline.system import files
from factoryline.system.git import Git
from factoryline.verification import hermetic, maps, steps
from factoryline.verification.hermetic import Commit
from factoryline.verification.scopes import Checked
from factoryline.verification.steps import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The built commit beside its base; `maps` is the folder of the context maps, `hermetic` what
    runs of the commit depend on.
    """

    repository: Git
    base: str
    commit: str
    maps: Path
    hermetic: Commit


def verify(selection: Selection, change: Change, checkout: Path, scratch: Path) -> Checked:
    """`hermetic.verify` for the tests that `selection` names or that the change needs.

    Steps run until one fails; the last one counts. The check's `selection` tells how its tests were
    chosen, and is None where nothing had to be chosen; `earlier` tells of the steps before it, and
    `left` names those that its failure kept from running.
    """
    if not selection.select and not selection.before_merge:
        checked = hermetic.verify(selection, change.hermetic, checkout, scratch)
        left = steps.aside(selection.scope, change.repository, change.base, change.commit)
        return replace(checked, check=checked.check | _aside(left))
    planned = steps.steps(
        selection, change.repository, change.base, change.commit, checkout, change.maps
    )
    ran: list[Checked] = []
    for number, step in enumerate(planned, start=1):
        last = number == len(planned)
        ran.append(_run(step, change, checkout, scratch, records=last and _records(step)))
        if selection.scope.related and not step.choice.widened and _ran_nothing(ran[-1]):
            reason = "the runner found no test that is related to the change"
            ran.append(_run(steps.widened(selection, reason), change, checkout, scratch))
        if ran[-1].check["outcome"] == "fail":
            return _together(ran, [one.name for one in planned[number:]])
    return _together(ran, [])


def _records(step: Step) -> bool:
    """Whether a run leaves a map: one that runs everything, or all that the map is not sure of."""
    enough = step.choice.widened or (step.map and step.name == "merge")
    return bool(enough and step.wanting and maps.records(step.selection.scope))


def _run(
    step: Step, change: Change, checkout: Path, scratch: Path, *, records: bool = False
) -> Checked:
    scope = step.selection.scope
    turns = scratch / f"{scope.name}.turns" if records else None
    if turns:
        files.remove(turns)
    checked = hermetic.verify(step.selection, change.hermetic, checkout, scratch, turns=turns)
    if turns:
        maps.keep(
            scope,
            change.repository,
            change.commit,
            checkout,
            change.maps,
            data=checked.ran.coverage,
            turns=turns,
            kept=None if step.choice.widened else step.map,
        )
    told = {"selection": steps.as_json(step), **_aside(step.aside)}
    return replace(checked, check=checked.check | told)


def _aside(paths: Sequence[str]) -> dict[str, list[str]]:
    return {"aside": list(paths)} if paths else {}


def _together(ran: Sequence[Checked], left: Sequence[str]) -> Checked:
    """The last step's check, with what is worth knowing of those before it.

    How long each took is part of the ground: it differs when the same is found again.
    """
    *before, last = ran
    earlier = [{name: one.check[name] for name in _KEPT} for one in before]
    seconds = [
        {"step": one.check["selection"]["step"], "seconds": round(one.ran.done.seconds, 3)}
        for one in ran
    ]
    told = {"earlier": earlier, "left": list(left)}
    ground = last.check["ground"] | ({"steps": seconds} if earlier else {})
    return replace(last, check=last.check | told | {"ground": ground})


_KEPT = ("selection", "outcome", "reason", "tests")


def _ran_nothing(checked: Checked) -> bool:
    tests = checked.check["tests"]
    return tests is not None and not tests["run"]
