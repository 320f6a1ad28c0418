"""Where post-run notes lie: in the ledger, and a copy where `flow: {notes: …}` says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from factoryline.learning import remarks
from factoryline.plan.rounds import Stage
from factoryline.run.factory import Factory
from factoryline.system import files

NAME = "post-run.md"


def note_path(factory: Factory, artifact: str) -> Path:
    stage = Stage(artifact=artifact, cell="note", round=None)
    return factory.ledger.document_path(stage, NAME)


def copy_note(factory: Factory, artifact: str) -> str:
    """Write the note with its remarks, and its copy; the copy's place, empty where none is kept."""
    path = note_path(factory, artifact)
    events = list(factory.ledger.history(artifact).events())
    written = files.read(path).decode("utf-8", "replace")
    text = remarks.placed(written, events)
    if text != written:
        files.write_text(path, text)
    place = next((event["note"] for event in reversed(events) if event.get("note")), "")
    place = place or _place(factory, artifact)
    if place:
        files.write_text(factory.plan.home / place, text)
    return str(place)


def add_remark(factory: Factory, artifact: str, text: str, by: str) -> None:
    history = factory.ledger.history(artifact)
    history.append(remarks.REMARKED, "note", why=text.strip(), by=by)
    copy_note(factory, artifact)


def _place(factory: Factory, artifact: str) -> str:
    """Where the copy goes, relative to the home: its number is that among the sealed artifacts."""
    others = (one.name for one in factory.plan.artifacts if one.name != artifact)
    number = 1 + sum(map(factory.ledger.sealed, others))
    words = {
        "date": datetime.now(UTC).date().isoformat(),
        "n": str(number),
        "artifact": artifact,
    }
    place = factory.plan.flow.notes
    for name, value in words.items():
        place = place.replace(f"{{{name}}}", value)
    return place
