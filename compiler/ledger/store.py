"""Where the record lies: `state/` beside factory.yaml. Reading and writing it, nothing else.

An entry is the only record of staleness; the assembled `<artifact>.json` is made from the entries
and can be made again.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import Any

from factoryline.errors import WorldError
from factoryline.ledger import entry as entries
from factoryline.ledger import spending
from factoryline.ledger.entry import Entry
from factoryline.ledger.history import History
from factoryline.plan.rounds import Stage, stage_named
from factoryline.spec import schema
from factoryline.system import files, process
from factoryline.system.locks import Lock
from factoryline.typed import typed

README = """# state/

The record of the factory, written by `doit` and committed beside the code.

- `factory-artifacts/NAME.json`: an artifact's whole record in one file, assembled from its entries.
- `factory-artifacts/NAME/`: one entry a finished stage, the patches, the rendered documents, and
  `history.jsonl` with every attempt, each line chained to the one before it.
- `priors/`: the rules that reviews taught, which later artifacts must see.
- `.work/`: work trees, logs and caches. Never committed; safe to delete while nothing runs.

Nothing here is edited by hand. `factory ledger NAME` shows an artifact's record, `factory report`
puts the artifacts side by side.
"""


class Ledger:
    """The record under `state`."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.work = state / ".work"
        self.maps = self.work / "maps"
        self.artifacts = state / "factory-artifacts"
        self.priors = state / "priors"
        self._read: dict[Path, tuple[tuple[int, ...], Entry]] = {}

    # Places

    def folder(self, artifact: str) -> Path:
        return self.artifacts / artifact

    def entry_path(self, stage: Stage) -> Path:
        return self.folder(stage.artifact) / f"{stage.id}.json"

    def document_path(self, stage: Stage, ending: str) -> Path:
        """A further file of a stage, such as `1-change.patch` or `memo.md`."""
        prefix = f"{stage.round}-" if stage.round else ""
        return self.folder(stage.artifact) / f"{prefix}{ending}"

    def history(self, artifact: str) -> History:
        return History(self.folder(artifact) / "history.jsonl")

    # Entries

    def entry(self, stage: Stage) -> Entry | None:
        """The entry of a stage, or None. Raises WorldError when the file is no entry."""
        path = self.entry_path(stage)
        try:
            status = path.stat()
        except FileNotFoundError:
            self._read.pop(path, None)
            return None
        except OSError as error:
            raise files.unreadable(path, error) from error
        signature = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns)
        known = self._read.get(path)
        if known and known[0] == signature:
            return known[1]
        found = entries.from_json(files.read_json(path), str(path))
        noted = stage.cell == "note" and found.contract != "note"
        if found.stage != stage or noted:
            raise WorldError(
                f"{path} is the entry of {found.stage}, which hands a {found.contract}",
                help="it was moved or copied by hand; restore it from git, or remove it",
            )
        self._read[path] = (signature, found)
        return found

    def sealed(self, artifact: str) -> bool:
        """Whether an artifact has its note. Asks the folder, and reads nothing."""
        return os.path.exists(f"{self.artifacts}/{artifact}/note.json")

    def folders(self) -> Set[str]:
        """The artifacts that have a folder, in no order."""
        try:
            return {f.name for f in os.scandir(self.artifacts) if f.is_dir()}
        except FileNotFoundError:
            return set()

    def in_progress(self) -> Set[str]:
        """The artifacts that have begun and are not sealed, by name; quick to ask."""
        return frozenset(filter(self.begun, self.folders()))

    def begun(self, artifact: str) -> bool:
        """Whether an artifact is in progress: it has an entry, and no note yet."""
        try:
            names = os.listdir(f"{self.artifacts}/{artifact}")
        except FileNotFoundError:
            return False
        return "note.json" not in names and any(
            name.endswith(".json") and name[0] != "." for name in names
        )

    def need(self, stage: Stage) -> Entry:
        """The entry of a stage that must have one. Raises WorldError."""
        found = self.entry(stage)
        if found is None:
            raise WorldError(
                f"{stage} has no entry in the ledger",
                help=f"run it first: {typed(f'{stage.artifact}:{stage.id}')}",
            )
        return found

    def all_entries(self) -> Iterator[Entry]:
        """Every entry of every artifact, also of artifacts that factory.yaml no longer has."""
        for path in sorted(self.artifacts.glob("*/*.json")):
            value = files.read_json(path)
            yield entries.from_json(value, str(path))

    def verdicts(self) -> Iterator[Entry]:
        """Every entry that hands on a verdict; one that cannot be read is passed over."""
        for path in sorted(self.artifacts.glob("*/*.json")):
            with contextlib.suppress(WorldError):
                if b'"contract": "verdict"' in files.read(path):
                    yield entries.from_json(files.read_json(path), str(path))

    def write(self, entry: Entry, before: Sequence[Entry]) -> None:
        """Put a finished stage on record; `before` are the entries before it on the way.

        An entry that handed on something else stays in the history, whole.

        The entry comes last: killed earlier, the stage counts as not run, and its next run writes
        the assembled file again.
        """
        known = self.entry(entry.stage)
        if known and known.digest != entry.digest:
            self.history(entry.stage.artifact).append(
                "replaced", entry.stage.id, entry=known.to_json()
            )
        self.assemble(entry.stage.artifact, (*before, entry))
        files.write_json(self.entry_path(entry.stage), entry.to_json())

    def forget(self, stage: Stage, *, reason: str) -> bool:
        """Remove an entry; the history keeps it whole. Whether there was one."""
        path = self.entry_path(stage)
        if not path.exists():
            return False
        self._drop("forgotten", path, stage, reason=reason)
        return True

    def prune(self, artifact: str, walk: Sequence[Stage]) -> None:
        """Remove entries that are no longer on the artifact's way; the history keeps them."""
        kept = {stage.id for stage in walk}
        for path in sorted(self.folder(artifact).glob("*.json")):
            if path.stem not in kept:
                self._drop("pruned", path, stage_named(artifact, path.stem))

    def _drop(self, event: str, path: Path, stage: Stage, *, reason: str = "") -> None:
        """Move an entry to the history; one that cannot be read has nothing that could be kept."""
        whole = None
        with contextlib.suppress(WorldError):
            whole = files.read_json(path)
        self.history(stage.artifact).append(event, stage.id, reason=reason, entry=whole)
        files.remove(path)

    def assemble(self, artifact: str, stages: Sequence[Entry]) -> None:
        """Write `<artifact>.json`: the whole record in one file, for people and programs."""
        whole = _assembled(artifact, stages)
        head = json.dumps({k: v for k, v in whole.items() if k != "stages"}, indent=2)
        # A stage a line: a diff shows which ones changed, and writing it costs a tenth.
        lines = ",\n".join(f"    {json.dumps(s, ensure_ascii=False)}" for s in whole["stages"])
        text = f'{head[:-2]},\n  "stages": [\n{lines}\n  ]\n}}\n'
        files.write_text(self.artifacts / f"{artifact}.json", text)

    # Priors

    def all_priors(self) -> Iterator[dict[str, Any]]:
        """Every prior, by name. Raises WorldError when a file is none."""
        for path in sorted(self.priors.glob("*.json")):
            value = files.read_json(path)
            broken = schema.violations(value, schema.builtin("prior"))
            if broken or not isinstance(value, dict) or value["id"] != path.stem:
                why = str(broken[0]) if broken else "its `id` is not the name of its file"
                raise WorldError(f"{path} is not a prior: {why}", help=files.RESTORE)
            yield value

    def write_prior(self, prior: dict[str, Any]) -> None:
        files.write_json(self.priors / f"{prior['id']}.json", prior)

    # The folder itself

    def prepare(self) -> None:
        """Make `state/` with its README, and `.work/` so that git never sees it."""
        if not (self.state / "README.md").exists():
            files.write_text(self.state / "README.md", README)
        if not (self.work / ".gitignore").exists():
            files.write_text(self.work / ".gitignore", "*\n")

    def settle(self, lock: Lock) -> None:
        """Make the folder ready for its lock's holder; end what a killed run left half-done."""
        self.prepare()
        if lock.broken_off:
            self.sweep()

    def sweep(self) -> None:
        """Remove what a killed run left behind: half-written files, programs that still run."""
        process.end_orphans(self.work / "logs")
        left = [*self.artifacts.parent.glob(files.UNFINISHED)]
        for folder in (self.artifacts, self.priors):
            left += folder.rglob(files.UNFINISHED)
        for path in left:
            files.remove(path)


def _assembled(artifact: str, stages: Sequence[Entry]) -> dict[str, Any]:
    cost = spending.total(spending.of_cost(entry.run.cost) for entry in stages)
    changes = {e.stage.round: e.handoff["surfaces"] for e in stages if e.contract == "change"}
    return {
        "factoryline": entries.FORMAT,
        "artifact": artifact,
        "sealed": any(entry.kind == "note" for entry in stages),
        "rounds": max((entry.stage.round or 0 for entry in stages), default=0),
        "surfaces": {str(number): lines for number, lines in changes.items()},
        "seconds": round(sum(entry.run.seconds for entry in stages), 3),
        "cost": {"usd": cost.usd, "tokens": cost.tokens},
        "stages": [entry.to_json() for entry in stages],
    }
