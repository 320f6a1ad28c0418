"""factory logs: what programs printed, attempt by attempt."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from factoryline.cells.transcript import readable
from factoryline.commands.base import open_factory
from factoryline.errors import UserError
from factoryline.run.factory import Factory
from factoryline.system import logs
from factoryline.system.logs import Attempt

HELP = "show what the programs of a stage printed, also while they run"
EXAMPLES = (
    "factory logs api-key-entry/1-verify",
    "factory logs --follow",
)

PAUSE_SECONDS = 0.2
"""How often a running program's streams are looked at."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", metavar="NAME[/STAGE]", help="an artifact or a stage")
    parser.add_argument("--attempt", type=int, metavar="N", help="that one; the newest otherwise")
    parser.add_argument("--follow", action="store_true", help="go on until the program has ended")
    parser.add_argument("--raw", action="store_true", help="lines of JSON as they are")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    name, _, stage = (args.what or "").replace(":", "/").partition("/")
    if not name:
        for artifact in factory.plan.artifacts:
            for one in _kept(_folder(factory, artifact.name)):
                place = f"{artifact.name}/{one.stage}"
                title = f"attempt {one.number:>3}" if one.number else one.title
                print(f"{place:<32} {title:<24} {one.size:>12,} bytes")
        return 0
    factory.need_artifact(name)
    for one in _asked(factory, name, stage, args.attempt):
        print(f"== {name}/{one.stage}, {one.title}: {one.path('out')}")
        for label, line in _lines(one, follow=args.follow):
            text = line if args.raw else readable(line)
            print("\n".join(f"{label}{row}" for row in text.split("\n")), flush=args.follow)
    return 0


def _folder(factory: Factory, name: str) -> Path:
    return factory.scratch(name, "any").parent


def _kept(folder: Path, stage: str | None = None) -> tuple[Attempt, ...]:
    """All that is there, the oldest first."""
    every = (*logs.attempts(folder, stage), *logs.programs(folder, stage))
    return tuple(sorted(every, key=lambda one: max(p.stat().st_mtime_ns for p in one.files)))


def _asked(factory: Factory, name: str, stage: str, number: int | None) -> tuple[Attempt, ...]:
    """One attempt of a stage, or all programs of one that runs several, such as verify."""
    kept = _kept(_folder(factory, name), stage or None)
    found = [one for one in kept if number in (None, one.number)]
    if found:
        last = found[-1]
        beside = [one for one in found if one.stage == last.stage]
        return (last,) if last.number else tuple(beside)
    place = f"{name}/{stage}" if stage else name
    stages = ", ".join(dict.fromkeys(f"{one.stage} {one.number}" for one in kept if one.number))
    elsewhere = ", ".join(dict.fromkeys(one.stage for one in _kept(_folder(factory, name))))
    raise UserError(
        f"{place} has no log" + (f" of attempt {number}" if number is not None else ""),
        help=f"there is: {stages or elsewhere}"
        if stages or elsewhere
        else "only cells that run a program leave one; `factory status` says what runs next",
    )


def _lines(attempt: Attempt, *, follow: bool) -> Iterator[tuple[str, str]]:
    """Each line with what stands before it: nothing, or a mark of the stream for errors."""
    streams = {"": _Stream(attempt.path("out")), "! ": _Stream(attempt.path("err"))}
    running = attempt.path("group")
    while True:
        # Asked first: what it printed last is read after it has ended.
        goes_on = follow and running.exists()
        for label, stream in streams.items():
            for line in stream.read(last=not goes_on):
                yield label, line
        if not goes_on:
            return
        time.sleep(PAUSE_SECONDS)


class _Stream:
    """A file that grows, read line by line."""

    def __init__(self, path: Path) -> None:
        self.path, self.place, self.rest = path, 0, b""

    def read(self, *, last: bool) -> Iterator[str]:
        try:
            with self.path.open("rb") as file:
                if self.path.stat().st_size < self.place:
                    # Its middle was taken out meanwhile; its end is what is new.
                    self.place, self.rest = self.path.stat().st_size, b""
                file.seek(self.place)
                while data := file.read(1 << 20):
                    self.place += len(data)
                    *whole, self.rest = (self.rest + data).split(b"\n")
                    yield from (line.decode(errors="replace") for line in whole)
        except FileNotFoundError:
            return
        if last and self.rest:
            yield self.rest.decode(errors="replace")
