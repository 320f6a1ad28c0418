"""factory diff: what changed in the specification since the entries were written."""

from __future__ import annotations

import argparse
import difflib
import json
from collections.abc import Iterator

from factoryline.commands.base import open_factory
from factoryline.plan.digest import Input
from factoryline.run.factory import Factory
from factoryline.run.freshness import differences, inputs, name_of, surroundings

HELP = "show what changed in the specification since the entries were written"
EXAMPLES = ("factory diff api-key-entry",)
KEPT_ELSEWHERE = ("handoff", "prior", "lessons", "feedback", "earlier", "base", "start")
"""Inputs that the ledger gives, and not the specification."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="an artifact")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    name = factory.need_artifact(args.name)
    if factory.ledger.sealed(name):
        print(f"{name} is sealed; it stays as it was")
        return 0
    blocks = list(_blocks(factory, name))
    print("\n\n".join(blocks) if blocks else f"{name} is as its entries saw it")
    return 0


def _blocks(factory: Factory, name: str) -> Iterator[str]:
    artifact = factory.plan.artifact(name)
    assert artifact is not None, "the caller knows that there is one"
    record = factory.record(name)
    for index, entry in enumerate(record.entries):
        before = record.entries[:index]
        around = surroundings(factory, artifact, entry.stage, before, entry)
        now = inputs(factory, artifact, entry.stage, before, around)
        cell = factory.plan.cell(entry.stage.cell, entry.stage.artifact)
        for changed, old, new in differences(entry.inputs, now):
            if changed.partition(".")[0] not in KEPT_ELSEWHERE:
                yield f"{entry.stage}: {name_of(changed, cell)}\n{_difference(old, new)}"


def _difference(old: Input | None, new: Input | None) -> str:
    """The lines that differ; for a value that is not kept, that it does."""
    before, after = _lines(old), _lines(new)
    if before == after:
        return "  its text is another one (only its digest is on record)"
    lines = difflib.unified_diff(before, after, lineterm="", n=1)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def _lines(one: Input | None) -> list[str]:
    if one is None or one.value is None:
        return []
    if isinstance(one.value, str):
        return one.value.splitlines()
    return json.dumps(one.value, indent=2, ensure_ascii=False).splitlines()
