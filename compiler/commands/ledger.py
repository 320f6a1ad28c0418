"""factory ledger: an artifact's record, every attempt included."""

from __future__ import annotations

import argparse
import json

from factoryline.cells import package
from factoryline.commands.base import open_factory
from factoryline.contracts.render import duration
from factoryline.errors import WorldError
from factoryline.run.factory import Factory
from factoryline.run.mending import to_mend

HELP = "show the record of an artifact, every attempt included"
EXAMPLES = ("factory ledger api-key-entry",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the artifact")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    name = factory.need_artifact(args.name)
    if args.format == "json":
        entries = [entry.to_json() for entry in factory.record(name).entries]
        print(json.dumps(entries, indent=2, ensure_ascii=False))
    else:
        _print(factory, name)
    history = factory.ledger.history(name)
    broken = history.broken_at()
    if broken is not None:
        raise WorldError(
            f"{history.path}:{broken}: this line does not follow from the one before it",
            help="the history was changed after it was written; restore it from git",
        )
    record = factory.record(name)
    for packet in record.all("packet"):
        if package.disagrees(packet, record.entries):
            raise WorldError(
                f"{packet.stage}: its text was rendered from another record than the one here",
                help="an entry before it was changed since; restore it from git",
            )
    return 0


def _print(factory: Factory, name: str) -> None:
    record = factory.record(name)
    if not record.begun:
        print(f"{name} has no entry yet")
    for entry in record.entries:
        run = entry.run
        print(f"{entry.stage.id:<12} {entry.outcome:<16} {duration(run.seconds):>8}  by {run.by}")
        for line in to_mend(entry):
            print(f"{'':<12} {line}")
    print("\nhistory:")
    for event in factory.ledger.history(name).events():
        said = [event[key] for key in ("outcome", "reason", "why", "by") if event.get(key)]
        facts = "; ".join([*map(str, said), *event.get("reasons", [])])
        print(
            f"  {event['at']}  {event.get('stage', ''):<12} {event['event']:<10} {facts}".rstrip()
        )
