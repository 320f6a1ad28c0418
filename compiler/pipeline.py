"""From a path to a plan, on one screen."""

from __future__ import annotations

from pathlib import Path

from factoryline.plan.model import Plan
from factoryline.plan.resolve import resolve
from factoryline.spec.load import find, load


def compile_factory(path: Path) -> Plan:
    """The plan of a factory.yaml. Raises SpecError with every problem in it."""
    spec = load(path)
    return resolve(spec)


def compile_here() -> Plan:
    """The plan of the factory.yaml in this folder or above it."""
    return compile_factory(find(Path.cwd()))
