"""The goal of a past change, without what would give the answer away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

GONE = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """text: what is left of a message. removed: what was taken out of it, in order."""

    text: str
    removed: tuple[str, ...]


def goal_of(
    subject: str, body: str, *, paths: Iterable[str], is_new: Callable[[str], bool]
) -> Goal:
    """The goal that a message states.

    Taken out are blocks of code, paths of the change and the names of its files, commits, and
    identifiers that only the change brings (`is_new`). Addresses and numbers of issues are left
    out too: what is said there may be the answer.
    """
    removed: list[str] = []

    def gone(found: re.Match[str]) -> str:
        removed.append(found[0].strip())
        return GONE

    text = f"{subject.strip()}\n\n{body.strip()}".strip()
    text = re.sub(r"(?ms)^```.*?^```[^\n]*$", gone, text)
    text = re.sub(r"(?m)^(?: {4}|\t)\S.*$", gone, text)
    text = re.sub(r"https?://\S+", gone, text)
    text = re.sub(
        r"(?i)\s*\(?(?:\b(?:fix(?:es|ed)?|close[sd]?|resolve[sd]?|refs?):?\s*)?#\d+\)?", gone, text
    )
    text = re.sub(
        r"\b[0-9a-f]{7,40}\b", lambda m: gone(m) if re.search(r"\d", m[0]) else m[0], text
    )
    for name in sorted(_names(paths), key=len, reverse=True):
        text = re.sub(rf"(?<![\w/.]){re.escape(name)}(?![\w/])", gone, text)
    text = _IDENTIFIER.sub(lambda m: gone(m) if is_new(m[0]) else m[0], text)
    text = re.sub(rf"(?:{GONE}\s*)+{GONE}", GONE, text)
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for line in lines if line.strip(f" {GONE}.,:;()`*-") or not line]
    return Goal(text="\n".join(kept).strip(), removed=tuple(dict.fromkeys(filter(None, removed))))


_IDENTIFIER = re.compile(
    r"(?<![\w.])(?:[A-Za-z]\w*(?:_\w+)+|_\w{2,}|[a-z]+[A-Z]\w*|[A-Z][a-z0-9]+(?:[A-Z]\w*)+)\b(?:\(\))?"
    r"|`[^`\n]{1,80}`"
)
"""What is written like a name of code: with underscores or humps, or within backquotes."""


def _names(paths: Iterable[str]) -> set[str]:
    """Paths, and the files' own names where they say enough to be one."""
    found = set()
    for path in paths:
        file = path.rpartition("/")[2]
        found |= {path, *([file] if "." in file else [])}
    return found
