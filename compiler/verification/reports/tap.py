"""TAP, the Test Anything Protocol (13 and 14), as `node --test --test-reporter=tap` writes it.

A point with subtests stands for these, and is counted itself only where it failed and they did not.
What is no TAP is passed over: the plan tells whether a point got lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from factoryline.diagnostics import plural
from factoryline.verification.reports.base import (
    Format,
    Outcome,
    Report,
    Test,
    Unreadable,
    decoded,
    shortened,
    stands_for_a_file,
)

_POINT = re.compile(r"(not )?ok\b(?: +\d+)?(?: +-)?(?: +(.*))?$")
_PLAN = re.compile(r"1\.\.(\d{1,9})(?:\s*#.*)?$")
_DIRECTIVE = re.compile(r"(?<!\\)\s#\s*(?:skip|todo)\b.*$", re.IGNORECASE)
_LOCATION = re.compile(r"location: '(.+):(\d+):\d+'$")
_DURATION = re.compile(r"duration_ms: ([\d.]+)$")
_STATED = re.compile(r"# (?:fail|cancelled) (\d{1,9})$")
_BAIL = "Bail out!"
_ASIDE = re.compile(r"(duration_ms|failureType|location|type|code|name|signal|exitCode): ")

DEPTH = 50
"""How deep subtests may nest; no runner comes near it."""


def read(data: bytes) -> Report:
    """The report of a TAP stream. Raises Unreadable when its plan is missing or it is cut off."""
    reader = _Reader()
    for line in decoded(data).splitlines():
        reader.take(line)
    return reader.end()


FORMAT = Format(name="TAP output", read=read)


@dataclass
class _Level:
    """The points at one depth, up to the point that stands for them."""

    points: int = 0
    plan: int | None = None
    failed: bool = False


@dataclass
class _Reader:
    """Takes a stream line by line. `levels` are the open ones, the outermost first."""

    tests: list[Test] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=lambda: [_Level()])
    doubt: str = ""
    stated: int = 0
    block: list[str] | None = None
    edge: str = ""
    """What each line of the open block begins with."""
    described: bool = False
    """Whether a block would describe the last test of `tests`."""

    def take(self, line: str) -> None:
        if self.block is not None:
            self._in_block(self.block, line)
            return
        text = line.lstrip(" ")
        depth, rest = divmod(len(line) - len(text), 4)
        if rest == 2 and text.rstrip() == "---":
            self.block, self.edge = [], " " * (4 * depth + 2)
        elif rest == 0 and depth < DEPTH:
            self._statement(text.rstrip(), depth)

    def end(self) -> Report:
        if self.block is not None:
            raise Unreadable("is cut off in the middle of a test")
        self._close(0)
        top = self.levels[0]
        self._hold_against_plan(top)
        if top.plan is None and not self.doubt:
            raise Unreadable("has no plan (such as 1..3), so that it may be cut off")
        failed = any(test.outcome == "failed" for test in self.tests)
        if self.stated and not failed and not self.doubt:
            self.doubt = f"states {plural(self.stated, 'failure')} and lists none"
        return Report(tests=tuple(self.tests), doubt=self.doubt)

    def _statement(self, text: str, depth: int) -> None:
        if text.startswith(_BAIL):
            reason = text.removeprefix(_BAIL).strip()
            self.tests.append(Test(id=_BAIL, outcome="failed", message=reason, began=False))
            self.doubt = self.doubt or "was given up by its runner"
        elif point := _POINT.match(text):
            self._point(point[2] or "", depth, ok=not point[1])
        elif plan := _PLAN.match(text):
            self._open(depth).plan = int(plan[1])
        elif depth == 0 and (stated := _STATED.match(text)):
            self.stated += int(stated[1])

    def _point(self, text: str, depth: int, *, ok: bool) -> None:
        children = self._close(depth)
        level = self._open(depth)
        level.points += 1
        directive = _DIRECTIVE.search(text)
        failed = not ok and not directive
        level.failed = level.failed or failed or bool(children and children.failed)
        name = (text[: directive.start()] if directive else text).replace("\\#", "#")
        alone = children is None or (failed and not children.failed)
        self.described = alone and not (ok and stands_for_a_file(name))
        if self.described:
            outcome: Outcome = "failed" if failed else "skipped" if directive else "passed"
            title = name.strip() or f"test {level.points}"
            self.tests.append(Test(id=title, name=title, outcome=outcome))

    def _open(self, depth: int) -> _Level:
        while len(self.levels) <= depth:
            self.levels.append(_Level())
        return self.levels[depth]

    def _close(self, depth: int) -> _Level | None:
        """Close what is deeper than `depth`: the subtests of the point that comes now, if any."""
        closed = None
        while len(self.levels) > depth + 1:
            inner, failed = self.levels.pop(), closed is not None and closed.failed
            self._hold_against_plan(inner)
            inner.failed = inner.failed or failed
            closed = inner if inner.points or closed else None
        return closed

    def _hold_against_plan(self, level: _Level) -> None:
        if level.plan is not None and level.plan != level.points and not self.doubt:
            self.doubt = f"plans {plural(level.plan, 'test')} and shows {level.points}"

    def _in_block(self, block: list[str], line: str) -> None:
        if line.startswith(self.edge) and line.strip() == "...":
            if self.described and self.tests:
                self.tests[-1] = _described(self.tests[-1], block)
            self.block, self.described = None, False
        else:
            block.append(line.removeprefix(self.edge))


def _described(test: Test, block: list[str]) -> Test:
    """A test with what the block below it says."""
    lines = [line for line in block if not _ASIDE.match(line)]
    place = next(filter(None, map(_LOCATION.match, block)), None)
    took = next(filter(None, map(_DURATION.match, block)), None)
    return replace(
        test,
        file=place[1] if place else "",
        line=int(place[2]) if place else 0,
        message=shortened("\n".join(lines)) if test.outcome == "failed" else "",
        seconds=float(took[1]) / 1000 if took and took[1].count(".") < 2 else None,
    )
