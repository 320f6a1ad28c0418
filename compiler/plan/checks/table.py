"""Every check, one line each, in the order in which they run."""

from __future__ import annotations

from factoryline.plan.checks import (
    agents,
    artifacts,
    budgets,
    files,
    line,
    names,
    paths,
    programs,
    proof,
    scopes,
    target,
    templates,
)
from factoryline.plan.checks.base import Check

CHECKS: tuple[Check, ...] = (
    names.check,
    target.check,
    line.check,
    scopes.check,
    agents.check,
    programs.check,
    artifacts.check,
    proof.check,
    budgets.check,
    files.check,
    templates.check,
)

TARGET_CHECKS: tuple[Check, ...] = (paths.check,)
"""Those that look into the target: `factory check` makes them, a plain compile does not."""
