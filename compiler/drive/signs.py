"""Signs of life: what is at work, for a run's own lines and for whoever asks from elsewhere.

A stage that takes longer than a moment is named with the time at which it began, and marked by a
file under `state/.work/running/`, which `factory status` reads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from factoryline.contracts.render import duration
from factoryline.system import files

MOMENT = 2.0
"""Seconds after which a stage that has not ended is named."""

_BETWEEN = 0.2
"""Seconds between two looks."""


@dataclass(kw_only=True)
class Signs:
    """The stages at work in this process.

    say: is told of a stage that takes its time, and when it began; it is called from a thread.
    """

    folder: Path
    say: Callable[[str, float], None]
    _began: dict[str, float] = field(default_factory=dict)
    _named: set[str] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self, stage: str, *, at_once: bool = False) -> None:
        """A stage, `limit:1-build`, is at work; it is named when it has been so for a moment."""
        with self._guard:
            self._began[stage] = time.time()
        if at_once:
            self._name(stage)
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()

    def end(self, stage: str) -> None:
        with self._guard:
            self._began.pop(stage, None)
            if stage in self._named:
                self._named.discard(stage)
                files.remove_quickly(self._mark(stage))

    def close(self) -> None:
        """Nothing is at work any more."""
        self._stop.set()
        for stage in list(self._began):
            self.end(stage)

    @property
    def named(self) -> dict[str, float]:
        """The stages that take their time, with the moments at which they began."""
        with self._guard:
            return {stage: self._began[stage] for stage in self._named if stage in self._began}

    def _watch(self) -> None:
        while not self._stop.wait(_BETWEEN):
            with self._guard:
                late = [s for s, at in self._began.items() if time.time() - at >= MOMENT]
            for stage in late:
                self._name(stage)

    def _name(self, stage: str) -> None:
        with self._guard:
            began = self._began.get(stage)
            if began is None or stage in self._named:
                return
            self._named.add(stage)
            files.make_folder(self.folder)
            files.replace_quickly(self._mark(stage), f"{stage}\n{began}\n".encode())
        # Not while the guard is held: whoever is told may ask what is named.
        self.say(stage, began)

    def _mark(self, stage: str) -> Path:
        return self.folder / stage.replace(":", "=")


def begun(stage: str, began: float) -> str:
    """The line that says that a stage takes its time, where nothing is drawn."""
    return f">  {stage}  began {datetime.fromtimestamp(began):%H:%M:%S}"


def marked(folder: Path) -> dict[str, float]:
    """The stages that are marked, `limit:1-build`, with the moments at which they began."""
    found = {}
    for mark in sorted(folder.glob("*")):
        try:
            stage, _, began = mark.read_text(encoding="utf-8", errors="replace").partition("\n")
            found[stage] = float(began)
        except (OSError, ValueError):
            continue  # it has just ended
    return found


def at_work(folder: Path) -> Iterator[str]:
    """A sentence for each stage that is marked: how long it runs, and how to see its output."""
    for stage, began in marked(folder).items():
        name, took = stage.replace(":", "/"), duration(max(time.time() - began, 0.0))
        yield f"{name} has been running for {took}; factory logs {name} --follow"


def clear(folder: Path) -> None:
    """Remove the marks of a run that was killed."""
    for mark in folder.glob("*"):
        files.remove_quickly(mark)
