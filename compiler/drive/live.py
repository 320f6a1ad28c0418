"""What is at work, as lines: for the live display of a run, and for `factory watch`.

A row says how long a stage has been at work against what its cell usually takes, what an agent used
so far, and the last line that its program printed.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from factoryline import terminal
from factoryline.cells import metering
from factoryline.cells.transcript import readable
from factoryline.contracts.render import dollars
from factoryline.diagnostics import shown
from factoryline.drive.backend import stage_of
from factoryline.errors import FactoryError
from factoryline.plan.rounds import Stage
from factoryline.run.factory import Factory
from factoryline.system import logs

COMPARED = 20
"""How many artifacts of the past say what a cell usually takes."""

TAIL_BYTES = 4096
A_SECOND = 4
"""How often a display is drawn anew."""


class Rows:
    """The rows of stages at work, by when each began (seconds since the epoch)."""

    def __init__(self, factory: Factory) -> None:
        self.factory = factory
        self._usual: dict[str, float | None] = {}

    def of(self, running: Mapping[str, float]) -> list[str]:
        return [self._row(name, began) for name, began in sorted(running.items())]

    def _row(self, name: str, began: float) -> str:
        stage = stage_of(name)
        took = clock(time.time() - began)
        if stage is None:
            return f">  {name}  {took}"
        usual = self._usually(stage)
        parts = [f">  {name}", took + (f" of ~{clock(usual)}" if usual else "")]
        newest = self._newest(stage)
        if newest:
            parts += [self._used(stage, newest), last_line(newest.path("out"))]
        return "  ".join(part for part in parts if part)

    def _usually(self, stage: Stage) -> float | None:
        """The median of what the cell took before, in seconds; None where it never ended."""
        if stage.cell not in self._usual:
            took: list[float] = []
            for artifact in reversed(self.factory.plan.artifacts):
                if self.factory.ledger.begun(artifact.name) or self.factory.ledger.sealed(
                    artifact.name
                ):
                    entries = self.factory.record(artifact.name).entries
                    took += [e.run.seconds for e in entries if e.stage.cell == stage.cell]
                if len(took) >= COMPARED:
                    break
            self._usual[stage.cell] = statistics.median(took) if took else None
        return self._usual[stage.cell]

    def _newest(self, stage: Stage) -> logs.Attempt | None:
        folder = self.factory.scratch(stage.artifact, stage.id).parent
        found = (*logs.attempts(folder, stage.id), *logs.programs(folder, stage.id))
        return max(found, key=lambda one: _changed(one.path("out")), default=None)

    def _used(self, stage: Stage, attempt: logs.Attempt) -> str:
        """`12,300 tokens $0.42` of the requests that were counted so far."""
        agent = self.factory.plan.cell(stage.cell, stage.artifact).agent
        path = attempt.path("meter.jsonl")
        if agent is None or not path.exists():
            return ""
        cost = metering.so_far(agent, path)
        tokens = cost.usage.tokens
        said = [] if tokens is None else [f"{tokens:,} tokens"]
        return " ".join(said + ([] if cost.usd is None else [dollars(cost.usd)]))


def clock(seconds: float) -> str:
    """`0:42`, `12:05`, `1:02:03`."""
    whole = max(int(seconds), 0)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def last_line(path: Path) -> str:
    """The last line that a program printed and that says something to people."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - TAIL_BYTES))
            lines = stream.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    said = (readable(line).strip() for line in reversed(lines) if line.strip())
    return shown(next((line.splitlines()[-1] for line in said if line), ""))


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


class Display:
    """Rows that are drawn anew below what a run prints. Begun when there is something to show.

    running: what is at work now, by when it began.
    """

    def __init__(
        self, factory: Factory, stream: TextIO, running: Callable[[], Mapping[str, float]]
    ) -> None:
        self._rows, self._stream, self._running = Rows(factory), stream, running
        self._live: Any = None
        self._guard = threading.Lock()

    def begin(self) -> None:
        with self._guard:
            if self._live is None:
                self._live = self._started()

    def _started(self) -> Any:
        # Heavy, and a run that is over in a moment never comes here.
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream, highlight=False, markup=False, emoji=False)
        live = Live(
            console=console,
            get_renderable=self._drawn,
            refresh_per_second=A_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        live.start()
        # A run that is killed does not take the cursor along.
        console.show_cursor(True)
        return live

    def _drawn(self) -> Any:
        from rich.text import Text

        rows = self._safe_rows()
        colour = terminal.is_coloured(self._stream)
        text = Text(no_wrap=True, overflow="ellipsis")
        for number, row in enumerate(rows):
            text.append(("\n" if number else "") + row[:1], style="blue" if colour else "")
            text.append(row[1:])
        return text

    def _safe_rows(self) -> Sequence[str]:
        try:
            return self._rows.of(self._running())
        except (FactoryError, OSError):
            # A file is being replaced; the next drawing has it.
            return ()

    def write(self, line: str) -> None:
        """A line above the rows."""
        with self._guard:
            live = self._live
        if live is None:
            self._stream.write(line + "\n")
            self._stream.flush()
            return
        from rich.text import Text

        live.console.print(Text.from_ansi(line), soft_wrap=True)

    def end(self) -> None:
        with self._guard:
            live, self._live = self._live, None
        if live:
            live.stop()
