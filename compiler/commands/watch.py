"""factory watch: what a run that was started elsewhere is doing, until it ends."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from factoryline import terminal
from factoryline.commands.base import open_factory
from factoryline.contracts.render import duration
from factoryline.diagnostics import listing
from factoryline.drive.live import Display
from factoryline.drive.signs import begun, marked
from factoryline.errors import WorldError
from factoryline.run.factory import Factory
from factoryline.skipping.certificate import last_words
from factoryline.skipping.survey import survey
from factoryline.system import locks
from factoryline.typed import typed

HELP = "follow a run that was started elsewhere, until it ends"
EXAMPLES = ("factory watch",)

PAUSE = 0.25
"""Seconds between two looks."""


SIGNS = {"finished": ".", "failed": "!", "rejected": "!", "interrupted": "!", "paused": "z"}
"""What a stage came to, by the event of its history."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    lock, folder = factory.ledger.work / "lock", factory.ledger.work / "running"
    holder = locks.holder(lock)
    if not holder:
        print(f"nothing runs here; `{typed()}` runs what is stale")
        return 0
    running: dict[str, float] = {}
    display = Display(factory, sys.stdout, lambda: running)
    drawn = terminal.is_one(sys.stdout)
    news = _News(factory)
    display.write(terminal.present(f">  {holder}", sys.stdout))
    try:
        goes_on = True
        while goes_on:
            # Asked first: what it did last is told after it has ended.
            goes_on = bool(locks.holder(lock))
            now = marked(folder)
            new = [name for name in now if name not in running]
            running.clear()
            running.update(now)
            for line in news.lines():
                display.write(terminal.present(line, sys.stdout))
            if drawn and running:
                display.begin()
            for name in () if drawn else new:
                display.write(begun(name, now[name]))
            time.sleep(PAUSE)
    finally:
        display.end()
    found = survey(open_factory(args))
    sys.stdout.write(terminal.present(last_words(found.states), sys.stdout))
    return 0


class _News:
    """What stages came to since this was made, by the histories of their artifacts."""

    def __init__(self, factory: Factory) -> None:
        self.factory = factory
        self._seen: dict[str, tuple[int, int]] = {}
        self._told = {name: len(self._events(name)) for name in factory.ledger.in_progress()}

    def lines(self) -> Iterator[str]:
        for name in sorted(self.factory.ledger.in_progress() | self._told.keys()):
            if self._size(name) == self._seen.get(name):
                continue
            events, told = self._events(name), self._told.get(name, 0)
            for event in events[told:]:
                yield from _line(name, event)
            self._told[name] = max(told, len(events))

    def _events(self, name: str) -> Sequence[dict[str, Any]]:
        size = self._size(name)
        try:
            events = list(self.factory.ledger.history(name).events())
        except WorldError:
            return ()  # a line is being written
        self._seen[name] = size
        return events

    def _size(self, name: str) -> tuple[int, int]:
        """What differs once a line was added."""
        try:
            found = self.factory.ledger.history(name).path.stat()
        except OSError:
            return 0, 0
        return found.st_size, found.st_mtime_ns


def _line(artifact: str, event: Mapping[str, Any]) -> Iterator[str]:
    sign = SIGNS.get(event["event"])
    if sign:
        said = event.get("summary") or event.get("reason") or listing(event.get("reasons", ()))
        said = said or event["event"]
        took = f"  ({duration(event['seconds'])})" if "seconds" in event else ""
        yield f"{sign}  {artifact}:{event.get('stage', '')}  {said}{took}"
