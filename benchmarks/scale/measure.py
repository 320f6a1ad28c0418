"""Timing programs that take turns, so that what slows one slows the others."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command to time. `before` puts things back, untimed, before each turn.

    turns: the most that it takes part in; slow peers are not asked seven times.
    """

    name: str
    argv: Sequence[str]
    cwd: Path
    before: Callable[[], None] | None = None
    turns: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The median of a program's seconds, and its peak memory in KiB."""

    seconds: float
    memory: int


def measure(programs: Sequence[Program], turns: int) -> dict[str, Found]:
    """What each program takes. The first turn warms the disk's cache and is not counted."""
    seconds: dict[str, list[float]] = {program.name: [] for program in programs}
    memory: dict[str, int] = {}
    for turn in range(turns + 1):
        for program in programs:
            if turn > program.turns:
                continue
            took, peak = _once(program)
            memory[program.name] = max(memory.get(program.name, 0), peak)
            if turn:
                seconds[program.name].append(took)
    return {n: Found(seconds=statistics.median(s), memory=memory[n]) for n, s in seconds.items()}


def _once(program: Program) -> tuple[float, int]:
    if program.before:
        program.before()
    started = time.perf_counter()
    process = subprocess.Popen(
        program.argv,
        cwd=program.cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    error = process.stderr.read().decode() if process.stderr else ""
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - started
    if status:
        raise SystemExit(f"{program.name} failed: {error}")
    return took, usage.ru_maxrss
