"""What `cargo test` prints: one run of libtest after the other, documentation tests included.

libtest's JSON needs a nightly compiler; its text has not changed in years, and its own totals tell
when a line was not understood.
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
)

_BEGIN = re.compile(r"running (\d{1,9}) tests?$")
_TEST = re.compile(r"test (.+?)(?: - should panic)? \.\.\. (.*)$")
_RESULT = re.compile(r"(ok|FAILED|ignored|bench:)(?:[ ,<(].*)?$")
_TOTAL = re.compile(r"test result: \S+ (\d+) passed; (\d+) failed; (\d+) ignored; (\d+) measured")
_OUTPUT = re.compile(r"---- (.+) stdout ----$")


def read(data: bytes) -> Report:
    """The report of what `cargo test` printed. Raises Unreadable."""
    reader = _Reader()
    for line in decoded(data).splitlines():
        reader.take(line)
    if not reader.programs:
        raise Unreadable("shows no run of tests")
    if reader.open and not reader.doubt:
        reader.doubt = "stops before a test program told its result"
    return Report(tests=tuple(reader.tests), doubt=reader.doubt)


FORMAT = Format(name="cargo test output", read=read)


@dataclass
class _Reader:
    """Takes the output line by line. `open` while a test program runs, `since` its first test."""

    tests: list[Test] = field(default_factory=list)
    programs: int = 0
    open: bool = False
    stated: int = 0
    since: int = 0
    pending: str = ""
    """A test whose outcome stands on a later line, since it printed something of its own."""
    telling: str | None = None
    """The failed test whose output is shown; empty between two of them, None before the first."""
    told: dict[str, list[str]] = field(default_factory=dict)
    doubt: str = ""

    def take(self, line: str) -> None:
        if begin := _BEGIN.match(line):
            self._begin(int(begin[1]))
        elif not self.open:
            return
        elif total := _TOTAL.match(line):
            self._end([int(number) for number in total.groups()])
        elif self.telling is None:
            self._listed(line)
        elif line == "failures:":
            self.telling = ""
        elif shown := _OUTPUT.match(line):
            self.telling = shown[1]
        elif self.telling:
            self.told.setdefault(self.telling, []).append(line)

    def _begin(self, stated: int) -> None:
        if self.open and not self.doubt:
            self.doubt = "shows a test program that told no result"
        self.programs += 1
        self.open, self.stated, self.since = True, stated, len(self.tests)
        self.pending, self.telling, self.told = "", None, {}

    def _listed(self, line: str) -> None:
        if line == "failures:":
            self.telling = ""
        elif found := _TEST.match(line):
            self.pending = found[1]
            self._outcome(found[2])
        elif self.pending:
            self._outcome(line)

    def _outcome(self, word: str) -> None:
        result = _RESULT.match(word)
        if result:
            outcomes: dict[str, Outcome] = {"FAILED": "failed", "ignored": "skipped"}
            outcome = outcomes.get(result[1], "passed")
            self.tests.append(Test(id=self.pending, name=self.pending, outcome=outcome))
            self.pending = ""

    def _end(self, totals: list[int]) -> None:
        mine = self.tests[self.since :]
        counted = [sum(t.outcome == o for t in mine) for o in ("passed", "failed", "skipped")]
        passed, failed, ignored, measured = totals
        if not self.doubt and self.stated != len(mine):
            self.doubt = f"states {plural(self.stated, 'test')} and lists {len(mine)}"
        if not self.doubt and [passed + measured, failed, ignored] != counted:
            self.doubt = f"states {failed} failed of {sum(totals)} and lists {counted[1]}"
        self.tests[self.since :] = [
            replace(test, message=shortened("\n".join(self.told.get(test.id, ()))))
            if test.outcome == "failed"
            else test
            for test in mine
        ]
        self.open = False
