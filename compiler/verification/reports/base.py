"""What a report says of each test, whatever its format. One that cannot be read proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

MESSAGE_CHARACTERS = 4000
"""How much of a failed test's message is kept: its start and its end."""

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test as its runner reports it.

    id: what people and, where it can, its runner call it. name: the last part of it, without its
    suite. file, line: where it stands, as the runner says it (go: the package); empty and 0 when it
    does not.
    message: of a failed test; empty otherwise. seconds: None where they are not told.
    began: whether it got so far as to run; a file that cannot be loaded, a failed setup did not.
    """

    __test__ = False  # pytest takes every class of this name for one of its own

    id: str
    outcome: Outcome
    name: str = ""
    file: str = ""
    line: int = 0
    message: str = ""
    seconds: float | None = None
    began: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a runner reports. `doubt` says how it contradicts itself; empty when it does not."""

    tests: tuple[Test, ...]
    doubt: str = ""

    @property
    def passed(self) -> tuple[Test, ...]:
        return self._with("passed")

    @property
    def failed(self) -> tuple[Test, ...]:
        return self._with("failed")

    @property
    def skipped(self) -> tuple[Test, ...]:
        return self._with("skipped")

    @property
    def run(self) -> int:
        """How many tests were executed."""
        return sum(test.outcome != "skipped" for test in self.tests)

    @property
    def idle(self) -> bool:
        """Whether not one test got so far as to run."""
        return all(test.outcome == "skipped" or not test.began for test in self.tests)

    def _with(self, outcome: Outcome) -> tuple[Test, ...]:
        return tuple(test for test in self.tests if test.outcome == outcome)


class Unreadable(Exception):
    """A report that proves nothing. Its text completes the sentence `its report …`."""


Read = Callable[[bytes], Report | None]
"""A report from its bytes; None where the format counts nothing. Raises Unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A member of the set. name: what sentences call such a report."""

    name: str
    read: Read


def decoded(data: bytes) -> str:
    """The text of a report. Raises Unreadable."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8: {error.reason} at byte {error.start}") from error


def stands_for_a_file(name: str) -> bool:
    """Whether a test is a file that ended well without a single test: node reports those too."""
    return name.startswith("/") and name.endswith((".js", ".cjs", ".mjs", ".ts", ".cts", ".mts"))


def shortened(text: str, limit: int = MESSAGE_CHARACTERS) -> str:
    """A text without its middle when it is longer than `limit` characters."""
    text = text.strip()
    if len(text) <= limit:
        return text
    half = (limit - 5) // 2
    return f"{text[:half].rstrip()}\n…\n{text[-half:].lstrip()}"
