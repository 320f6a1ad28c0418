"""doit's database as a view of the ledger. Nothing is stored here but what the user told doit to
ignore; an entry is the only record of staleness, so there is no `.doit.db` to lose.

doit calls it by the names of its own interfaces (doit/dependency.py), through `plugin`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from factoryline.ledger.entry import Entry
from factoryline.ledger.store import Ledger
from factoryline.plan.rounds import Stage, stage_named
from factoryline.system import files
from factoryline.typed import typed

IGNORE = "ignore:"
CHECKER = "HandoffChecker"
"""The name of our file checker, which stands in `plugin`."""


def stage_of(task: str) -> Stage | None:
    """The stage that a task's name means: `setup-wizard:1-build`; None for other tasks."""
    artifact, colon, stage_id = task.partition(":")
    if not colon or artifact.startswith("_"):
        return None
    return stage_named(artifact, stage_id)


def ignored(ledger: Ledger) -> list[str]:
    """The tasks that the user told doit to ignore."""
    path = ledger.work / "ignored.json"
    value = files.read_json(path) if os.path.lexists(path) else []
    return [task for task in value if isinstance(task, str)] if isinstance(value, list) else []


class LedgerBackend:
    """Answers doit's questions about past runs from entries."""

    forgets = False
    """Whether `remove` means what the user typed; a failed run removes nothing from the ledger."""

    def __init__(self, name: str) -> None:
        self.ledger = Ledger(Path(name))
        self._ignored_path = self.ledger.work / "ignored.json"

    def get(self, task: str, key: str) -> Any:
        if key == IGNORE:
            return "1" if task in self._ignored() else None
        entry = self._entry(task)
        if entry is None:
            return None
        match key:
            case "checker:":
                return CHECKER
            case "deps:":
                # The tasks of a sealed artifact depend on nothing: its entries are history.
                sealed = self.ledger.sealed(entry.stage.artifact)
                upstream = [] if sealed else self._upstream(entry)
                return [str(self._path(entry, name)) for name in upstream]
            case "_values_:":
                return {"outcome": entry.outcome}
            case "result:":
                return entry.digest
        consumed = {str(self._path(entry, n)): entry.inputs[n] for n in self._upstream(entry)}
        found = consumed.get(key)
        return found and {"digest": found.digest, "fields": (found.value or {}).get("fields")}

    def set(self, task: str, key: str, value: Any) -> None:
        """Remember what is ignored; all else is on record before doit hears of it."""
        del value
        if key == IGNORE:
            self._write_ignored([*self._ignored(), task])

    def in_(self, task: str) -> bool:
        return self._entry(task) is not None

    def remove(self, task: str) -> None:
        if not self.forgets:
            return
        self._write_ignored([t for t in self._ignored() if t != task])
        stage = stage_of(task)
        if stage and not self._sealed(stage.artifact):
            self.ledger.forget(stage, reason=typed("forget"))

    def remove_all(self) -> None:
        self._write_ignored([])
        for entry in list(self.ledger.all_entries()):
            if not self._sealed(entry.stage.artifact):
                self.ledger.forget(entry.stage, reason=typed("forget --all"))

    def _entry(self, task: str) -> Entry | None:
        stage = stage_of(task)
        return self.ledger.entry(stage) if stage else None

    def _sealed(self, artifact: str) -> bool:
        return self.ledger.entry(Stage(artifact=artifact, cell="note", round=None)) is not None

    @staticmethod
    def _upstream(entry: Entry) -> list[str]:
        return [name for name in entry.inputs if name.startswith("handoff.")]

    def _path(self, entry: Entry, name: str) -> Path:
        stage_id = name.removeprefix("handoff.")
        return self.ledger.folder(entry.stage.artifact) / f"{stage_id}.json"

    def _ignored(self) -> list[str]:
        return ignored(self.ledger)

    def _write_ignored(self, tasks: list[str]) -> None:
        if tasks or self._ignored_path.exists():
            files.write_json(self._ignored_path, sorted({*tasks}))


def has_changed(path: str, state: Any) -> bool:
    """Whether the hand-off in an entry is another one than `state`, which `get` gave for it."""
    if not os.path.exists(path):
        return True
    value = files.read_json(Path(path))
    if not isinstance(value, dict) or not isinstance(value.get("handoff"), dict):
        return True
    if state["fields"]:
        seen = {name: value["handoff"].get(name) for name in state["fields"]}
        return bool(files.digest_json(seen) != state["digest"])
    return bool(value.get("digest") != state["digest"])
