"""One scope of a verdict with the tests that the change needs: choose, run, and widen at need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from factoryline.plan.model import Selection
from factoryline.system.git import Git
from factoryline.verification import hermetic
from factoryline.verification.hermetic import Commit
from factoryline.verification.scopes import Checked
from factoryline.verification.selection import of_scope
from factoryline.verification.selection.of_scope import Step


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
    chosen, and is None where nothing had to be chosen.
    """
    if not selection.select and not selection.before_merge:
        return hermetic.verify(selection, change.hermetic, checkout, scratch)
    steps = of_scope.steps(
        selection, change.repository, change.base, change.commit, checkout, change.maps
    )
    for step in steps:
        checked = _run(step, change, checkout, scratch)
        if selection.scope.related and not step.choice.widened and _ran_nothing(checked):
            reason = "the runner found no test that is related to the change"
            checked = _run(of_scope.widened(selection, reason), change, checkout, scratch)
        if checked.check["outcome"] == "fail":
            break
    return checked


def _run(step: Step, change: Change, checkout: Path, scratch: Path) -> Checked:
    checked = hermetic.verify(step.selection, change.hermetic, checkout, scratch)
    return replace(checked, check=checked.check | {"selection": of_scope.told(step)})


def _ran_nothing(checked: Checked) -> bool:
    tests = checked.check["tests"]
    return tests is not None and not tests["run"]
