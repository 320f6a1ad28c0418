"""What people and agents need of a failed test: where it failed, and the lines that say why."""

from __future__ import annotations

import re
from pathlib import Path

from factoryline.verification.reports.base import Test, shortened

MESSAGE_CHARACTERS = 1500
"""How much of a failed test's message is worth keeping."""

_PLACE = re.compile(r"(?:file://)?([^\s:()'\"<>|]+\.[A-Za-z0-9]{1,5}):(\d{1,7})\b")
_ELSEWHERE = re.compile(r"node:|/?(?:node_modules|site-packages|rustc|\.cargo)/|/lib/python3")
_PYTEST = re.compile(r"^E(?:  |$)")


def place(test: Test, checkout: Path, cwd: str) -> str:
    """Where a test failed, as file:line below the checkout; empty where nothing tells.

    The innermost line of ours counts: the last in Python's and pytest's messages, the first in the
    stacks of other languages.
    """
    if test.line and (own := _below(test.file, checkout, cwd)):
        return f"{own}:{test.line}"
    found = _PLACE.findall(test.message)
    if "Traceback" in test.message or any(map(_PYTEST.match, test.message.splitlines())):
        found.reverse()
    for path, line in found:
        own = "" if _ELSEWHERE.search(path) else _below(path, checkout, cwd)
        if own:
            return f"{own}:{line}"
    return _below(test.file, checkout, cwd) if "/" in test.file else ""


def point(test: Test, checkout: Path) -> str:
    """What a failed test's message says, without listings of source and frames of others."""
    lines = test.message.replace(f"{checkout}/", "").splitlines()
    said = [line for line in lines if _PYTEST.match(line)]
    if not said:
        said = [line for line in lines if not (_frame(line) and _ELSEWHERE.search(line))]
    return shortened("\n".join(said), MESSAGE_CHARACTERS)


def _frame(line: str) -> bool:
    return bool(re.match(r"\s*(?:at |❯ |\d+: |async |[\w.<>]+ \()", line))


def _below(path: str, checkout: Path, cwd: str) -> str:
    """A path of a report, relative to the checkout; empty when there is no such file in it."""
    whole = checkout / cwd / path
    try:
        if path and whole.is_file():
            return whole.resolve().relative_to(checkout.resolve()).as_posix()
    except (OSError, ValueError):
        pass
    return ""
