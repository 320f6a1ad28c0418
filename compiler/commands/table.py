"""Every subcommand, one line each, in the order of `factory --help`; loaded when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import cast

from factoryline.commands.base import Command

MODULES = {
    "run": "factoryline.commands.run",
    "check": "factoryline.commands.check",
    "doctor": "factoryline.commands.doctor",
    "plan": "factoryline.commands.plan",
    "status": "factoryline.commands.status",
    "explain": "factoryline.commands.explain",
    "diff": "factoryline.commands.diff",
    "accept": "factoryline.commands.accept",
    "review": "factoryline.commands.review",
    "map": "factoryline.commands.map",
    "report": "factoryline.commands.report",
    "ledger": "factoryline.commands.ledger",
    "logs": "factoryline.commands.logs",
    "rebase": "factoryline.commands.rebase",
    "reopen": "factoryline.commands.reopen",
}


class _Commands(Mapping[str, Command]):
    """The modules by name; one that is not used is not imported, which most of a start would be."""

    def __getitem__(self, name: str) -> Command:
        return cast(Command, import_module(MODULES[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


COMMANDS: Mapping[str, Command] = _Commands()
