"""Every subcommand, one line each, in the order of `factory --help`."""

from __future__ import annotations

from factoryline.commands.base import Command
from factoryline.openset import OpenSet

COMMANDS = OpenSet[Command](
    {
        "init": "factoryline.commands.init",
        "new": "factoryline.commands.new",
        "run": "factoryline.commands.run",
        "check": "factoryline.commands.check",
        "doctor": "factoryline.commands.doctor",
        "plan": "factoryline.commands.plan",
        "status": "factoryline.commands.status",
        "watch": "factoryline.commands.watch",
        "explain": "factoryline.commands.explain",
        "diff": "factoryline.commands.diff",
        "accept": "factoryline.commands.accept",
        "review": "factoryline.commands.review",
        "prior": "factoryline.commands.prior",
        "calibrate": "factoryline.commands.calibrate",
        "escape": "factoryline.commands.escape",
        "list": "factoryline.commands.list",
        "info": "factoryline.commands.info",
        "forget": "factoryline.commands.forget",
        "clean": "factoryline.commands.clean",
        "map": "factoryline.commands.map",
        "report": "factoryline.commands.report",
        "replay": "factoryline.commands.replay",
        "history": "factoryline.commands.history",
        "page": "factoryline.commands.page",
        "serve": "factoryline.commands.serve",
        "note": "factoryline.commands.note",
        "ledger": "factoryline.commands.ledger",
        "logs": "factoryline.commands.logs",
        "rebase": "factoryline.commands.rebase",
        "reopen": "factoryline.commands.reopen",
        "completion": "factoryline.commands.completion",
    }
)
