"""Every subcommand, one line each, in the order of `factory --help`."""

from __future__ import annotations

from collections.abc import Mapping

from factoryline.commands import (
    check,
    explain,
    ledger,
    plan,
    rebase,
    reopen,
    report,
    review,
    run,
    status,
)
from factoryline.commands.base import Command

COMMANDS: Mapping[str, Command] = {
    "run": run,
    "check": check,
    "plan": plan,
    "status": status,
    "explain": explain,
    "review": review,
    "report": report,
    "ledger": ledger,
    "rebase": rebase,
    "reopen": reopen,
}
