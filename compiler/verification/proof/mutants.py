"""Try small mutations of the changed lines against the selected tests, and tell which survive."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from factoryline.system import files
from factoryline.verification.proof.covers import Changed, is_source, product_file
from factoryline.verification.proof.languages.base import Mutant, Unreadable
from factoryline.verification.proof.languages.table import language_of

LEAST_SECONDS = 10.0
"""What a mutated run may take at least, however short the run without a mutation is."""

TIMES = 3.0
"""How many times as long as the run without a mutation a mutated one may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of the mutants.

    survivors: those that no test noticed, and whether any test runs their line at all.
    hung: how many of the caught ones were caught by the time limit alone.
    left: how many were chosen and not tried, since the time was used up.
    possible: how many mutations there are of the changed lines.
    unknown: changed source files of which no mutants can be made, and why.
    """

    tried: int = 0
    caught: int = 0
    hung: int = 0
    left: int = 0
    possible: int = 0
    survivors: tuple[tuple[Mutant, bool], ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()

    @property
    def share(self) -> float | None:
        return self.caught / self.tried if self.tried else None


End = Literal["caught", "hung", "survived", "not run", "left"]
"""`not run`: no selected test runs the line. `left`: the time was used up."""

Run = Callable[[Mutant, float], End]
"""Run the tests on a mutated checkout, for at most so many seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The mutants to try, how many there are, and the changed source files that have none."""

    chosen: tuple[Mutant, ...]
    possible: int
    unknown: tuple[tuple[str, str], ...]


def choose(changed: Changed, checkout: Path, count: int, *, seed: str) -> Choice:
    """At most `count` mutants, the same for the same `seed`.

    They are spread over files first, then over the lines of each.
    """
    chance = random.Random(seed)
    queues: list[list[Mutant]] = []
    possible = 0
    unknown = []
    for path in sorted(path for path in changed if product_file(path, checkout)):
        try:
            found = _made(path, checkout, changed[path])
        except Unreadable as why:
            unknown.append((path, str(why)))
            continue
        possible += len(found)
        if found:
            queues.append(_spread(found, chance))
    chosen: list[Mutant] = []
    while queues and len(chosen) < count:
        for queue in list(queues):
            while queue and not _holds(queue[0], checkout):
                del queue[0]
            if queue and len(chosen) < count:
                chosen.append(queue.pop(0))
            if not queue:
                queues.remove(queue)
    return Choice(chosen=tuple(chosen), possible=possible, unknown=tuple(unknown))


def _made(path: str, checkout: Path, lines: frozenset[int]) -> tuple[Mutant, ...]:
    language = language_of(path)
    if language:
        return language.mutants(path, (checkout / path).read_bytes(), lines)
    if is_source(path):
        raise Unreadable(f"no mutants are made of {PurePosixPath(path).suffix} files")
    return ()


def _holds(one: Mutant, checkout: Path) -> bool:
    language = language_of(one.path)
    return language is not None and language.holds(one, (checkout / one.path).read_bytes())


def _spread(found: Sequence[Mutant], chance: random.Random) -> list[Mutant]:
    """Mutants in such an order that the first ones lie on as many lines as there are."""
    lines: dict[int, list[Mutant]] = {}
    for one in found:
        lines.setdefault(one.line, []).append(one)
    for several in lines.values():
        chance.shuffle(several)
    order = list(lines)
    chance.shuffle(order)
    most = max(map(len, lines.values()))
    return [lines[n][depth] for depth in range(most) for n in order if depth < len(lines[n])]


def tried(
    chosen: Sequence[Mutant], checkout: Path, run: Run, *, seconds: float, budget: float
) -> Tried:
    """Put each mutant into `checkout`, run the tests, and take it out again.

    seconds: what the tests take without a mutation. budget: seconds for all of them together.
    """
    started = time.monotonic()
    limit = max(LEAST_SECONDS, seconds * TIMES)
    ends: list[tuple[Mutant, End]] = []
    for one in chosen:
        left = budget - (time.monotonic() - started)
        end: End = "left"
        if left > seconds:
            end = _try(one, checkout, run, min(limit, left))
        # A run that was cut short by the end of the budget says nothing.
        ends.append((one, "left" if end == "hung" and left < limit else end))
    found = [end for _, end in ends]
    return Tried(
        tried=len(found) - found.count("left"),
        caught=found.count("caught") + found.count("hung"),
        hung=found.count("hung"),
        left=found.count("left"),
        survivors=tuple(
            (one, end == "survived") for one, end in ends if end in ("survived", "not run")
        ),
    )


def _try(one: Mutant, checkout: Path, run: Run, limit: float) -> End:
    path = checkout / one.path
    source = path.read_bytes()
    try:
        files.overwrite(path, one.apply(source))
        return run(one, limit)
    finally:
        files.overwrite(path, source)
