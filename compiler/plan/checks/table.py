"""Every check, one line each, in the order in which they run."""

from __future__ import annotations

from factoryline.plan.checks import artifacts, files, line, names, scopes, target, templates
from factoryline.plan.checks.base import Check

CHECKS: tuple[Check, ...] = (
    names.check,
    target.check,
    line.check,
    scopes.check,
    artifacts.check,
    files.check,
    templates.check,
)
