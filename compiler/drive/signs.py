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
    """The stages at work in this process. say: writes a line; it is called from a thread."""

    folder: Path
    say: Callable[[str], None]
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

    def _watch(self) -> None:
        while not self._stop.wait(_BETWEEN):
            with self._guard:
                late = [s for s, at in self._began.items() if time.time() - at >= MOMENT]
                for stage in late:
                    if stage not in self._named:
                        self._name(stage)

    def _name(self, stage: str) -> None:
        began = self._began[stage]
        self._named.add(stage)
        self.say(f">  {stage}  began {datetime.fromtimestamp(began):%H:%M:%S}")
        files.make_folder(self.folder)
        files.replace_quickly(self._mark(stage), f"{stage}\n{began}\n".encode())

    def _mark(self, stage: str) -> Path:
        return self.folder / stage.replace(":", "=")


def at_work(folder: Path) -> Iterator[str]:
    """A sentence for each stage that is marked: how long it runs, and how to see its output."""
    for mark in sorted(folder.glob("*")):
        stage, _, began = mark.read_text(encoding="utf-8", errors="replace").strip().partition("\n")
        try:
            seconds = max(time.time() - float(began), 0.0)
        except ValueError:
            continue
        name = stage.replace(":", "/")
        yield f"{name} has been running for {duration(seconds)}; factory logs {name} --follow"


def clear(folder: Path) -> None:
    """Remove the marks of a run that was killed."""
    for mark in folder.glob("*"):
        files.remove_quickly(mark)
