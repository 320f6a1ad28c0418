"""What a runner reports, read into counts. A report that cannot be read proves nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

MESSAGE_CHARACTERS = 1500
"""How much of a failed test's message is kept: its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Tests by outcome. `failures` are pairs of a test's name and the end of its message."""

    passed: int
    failed: int
    skipped: int
    failures: tuple[tuple[str, str], ...]

    @property
    def run(self) -> int:
        return self.passed + self.failed


def read_junit(path: Path) -> Counts | None:
    """The counts of a JUnit XML file; None when it is missing or unreadable.

    Cases are counted one by one; the totals that the file states are not believed.
    """
    try:
        cases = list(ET.parse(path).getroot().iter("testcase"))
    except (OSError, ET.ParseError, LookupError, ValueError):
        # The last two come from an encoding that the file names and Python does not take.
        return None
    passed = skipped = 0
    failures = []
    for case in cases:
        broken = [child for child in case if child.tag in ("failure", "error")]
        if broken:
            failures.append((_name(case), _message(broken[0])))
        elif any(child.tag == "skipped" for child in case):
            skipped += 1
        else:
            passed += 1
    return Counts(passed=passed, failed=len(failures), skipped=skipped, failures=tuple(failures))


def _name(case: ET.Element) -> str:
    parts = (case.get("classname", ""), case.get("name", ""))
    return "::".join(part for part in parts if part) or "unnamed"


def _message(element: ET.Element) -> str:
    text = (element.text or element.get("message") or "").strip()
    return text[-MESSAGE_CHARACTERS:]
