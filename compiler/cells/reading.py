"""What an agent program said of its own work, read by its profile's expressions.

None of it decides whether the work is done: that is git's, the contract's and the tests' to say.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from factoryline.cells.base import Conversation
from factoryline.ledger.cost import Usage
from factoryline.plan.model import Agent
from factoryline.system import process
from factoryline.system.process import Completed

WORDS_CHARACTERS = 4000
"""How much of a failed program's own words is looked through for what they mean: the end."""

ANSWER_CHARACTERS = 200_000
"""How long a hand-off at the end of a message may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A program's words. `denied` are the tools that it was refused; usd is in US dollars.

    usage, usd: of this attempt. total: of its whole conversation, as the program counts it.
    """

    session: str
    message: str
    error: str
    denied: tuple[str, ...]
    usage: Usage | None
    usd: float | None
    total: Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Why an attempt failed: quota, auth, unavailable or error. `until` is when to try again."""

    kind: str
    words: str
    until: datetime | None = None


def said(
    agent: Agent, done: Completed, words: Mapping[str, str], *, before: Conversation | None = None
) -> Said:
    """What a program said. `before` is the conversation that it went on in."""
    reads = agent.reads
    whole: dict[str, Any] = {
        "out": list(_values(done.out)),
        "err": list(_values(done.err)),
        "text": done.out,
    }
    for name, place in reads.files.items():
        text = _text(Path(process.fill(place, words)))
        whole |= {name: list(_values(text)), f"{name}_lines": text.splitlines()}
    denied = _find(reads.denied, whole) or []
    usage, usd = _usage(agent, whole), _number(_find(reads.usd, whole))
    if usage and usage.tokens and not usd:
        # Programs say 0 for a model that they have no price for.
        usd = None
    total = Conversation(usage=usage, usd=usd)
    own = _since(total, before) if reads.cumulative and before else total
    return Said(
        session=_words(_find(reads.session, whole)),
        message=_words(_find(reads.message, whole)),
        error=_words(_find(reads.error, whole)),
        denied=tuple(dict.fromkeys(map(_words, denied if isinstance(denied, list) else [denied]))),
        usage=own.usage,
        usd=own.usd,
        total=total,
    )


def meaning(agent: Agent, done: Completed, said: Said, now: datetime) -> Meaning | None:
    """Why an attempt failed, None where nothing says that it did."""
    output = f"{done.out}\n{done.err}"
    signs = agent.signs
    own = next((found[0] for p in signs.error if (found := re.search(p, output))), "")
    error = said.error or own
    if done.code == 0 and not error:
        return None
    words = (error or _last_lines(done))[-WORDS_CHARACTERS:]
    kind = agent.codes.get(str(done.code)) or _kind(agent, words)
    return Meaning(kind=kind, words=words, until=_until(signs.waits, words, now))


def answer(message: str) -> dict[str, Any] | None:
    """The JSON mapping that a message ends with, in a fence or without; None if it has none."""
    text = message[-ANSWER_CHARACTERS:].rstrip().removesuffix("```").rstrip()
    decoder = json.JSONDecoder()
    # The first brace from which everything up to the end is one value: the outermost.
    for found in _MAPPING.finditer(text):
        try:
            value, end = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            continue
        if end == len(text) and isinstance(value, dict):
            return value
    return None


_MAPPING = re.compile(r'\{\s*(?:\}|"[^"\\]*(?:\\.[^"\\]*)*"\s*:)')
"""Where a mapping can begin: to try each brace of a long program takes seconds."""


def _kind(agent: Agent, words: str) -> str:
    by_kind = {
        "quota": agent.signs.quota,
        "auth": agent.signs.auth,
        "unavailable": agent.signs.unavailable,
    }
    for kind, patterns in by_kind.items():
        if any(re.search(pattern, words) for pattern in patterns):
            return kind
    return "error"


def _until(patterns: tuple[str, ...], words: str, now: datetime) -> datetime | None:
    for pattern in patterns:
        found = re.search(pattern, words)
        groups = {name: float(v) for name, v in (found.groupdict() if found else {}).items() if v}
        if "epoch" in groups:
            return datetime.fromtimestamp(groups["epoch"], UTC)
        if groups:
            seconds = groups.get("seconds", 0) + 60 * groups.get("minutes", 0)
            return now + timedelta(seconds=seconds)
    return None


def _usage(agent: Agent, whole: Mapping[str, Any]) -> Usage | None:
    counts: dict[str, int | None] = {}
    for name in ("input", "cache_read", "cache_write", "output", "requests"):
        value = _number(_find(agent.reads.usage.get(name, ""), whole))
        counts[name] = None if value is None else int(value)
    if not any(counts.values()):
        # A sum over nothing is 0, and 0 would say that nothing was asked.
        return None
    if agent.reads.inclusive and counts["input"] is not None:
        counts["input"] -= (counts["cache_read"] or 0) + (counts["cache_write"] or 0)
    return Usage(**counts)


def _since(total: Conversation, before: Conversation) -> Conversation:
    """What a conversation used since `before`; unknown where either end is."""
    usage: Usage | None = None
    if total.usage and before.usage:
        pairs = {
            f.name: (getattr(total.usage, f.name), getattr(before.usage, f.name)) for f in _USAGE
        }
        usage = Usage(**{n: _less(now, earlier) for n, (now, earlier) in pairs.items()})
    return Conversation(usage=usage, usd=_less(total.usd, before.usd))


_USAGE = fields(Usage)
N = TypeVar("N", int, float)


def _less(now: N | None, earlier: N | None) -> N | None:
    return None if now is None or earlier is None else now - earlier


def _number(value: Any) -> float | None:
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if numeric and math.isfinite(value) else None


def _find(expression: str, whole: Mapping[str, Any]) -> Any:
    """An expression's value; None where the program left something else than it should."""
    if not expression:
        return None
    import jmespath

    try:
        return jmespath.search(expression, whole)
    except jmespath.exceptions.JMESPathError:
        return None


def _values(text: str) -> Iterator[Any]:
    """The JSON values of a stream: one in all, or one a line among other lines."""
    whole = text.strip()
    if whole[:1] in ("{", "["):
        try:
            value = json.loads(whole)
        except (ValueError, RecursionError):
            pass
        else:
            yield from value if isinstance(value, list) else [value]
            return
    for line in whole.splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _words(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _last_lines(done: Completed) -> str:
    return done.err.strip() or done.out.strip()
