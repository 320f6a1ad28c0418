"""A line a request, on disk at once: how much it used, and what an error answer said of waiting.

No prompt, no answer and no key is in it. A request has a line from its beginning and another at its
end, so that one which a kill cut short counts as unknown, and never as nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from factoryline.meter.apis.base import Usage
from factoryline.system import files

NOTHING = Usage()
"""Not a word about usage."""

OTHER = "other"
"""The API of a request that is none of ours."""

LAST = ("responses",)
"""APIs that tell what was used in their last event alone. A program may hang up when it has it."""

FREE = ("/count_tokens", ":countTokens", "/input_tokens")
"""Endings of paths that are asked for a number and billed nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, as far as it came.

    at: when it began, ISO 8601 in UTC. status: of the answer's head; None where none came.
    end: how it ended: `whole`, `client` (the program went away), `upstream` (the provider broke
    off), `unreachable` (it was never sent), `open` while it is under way or if we were killed.
    milliseconds: first is until the answer's head, all until its end.
    error: the kind of error in the provider's word. retry_after: seconds. limits: rate limit
    headers of an error answer.
    """

    number: int
    at: str
    api: str
    model: str = ""
    status: int | None = None
    usage: Usage = NOTHING
    end: str = "open"
    first: int | None = None
    all: int | None = None
    error: str = ""
    retry_after: float | None = None
    limits: Mapping[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether the provider turned it down, so that it cost nothing."""
        return self.end == "unreachable" or (self.status is not None and self.status >= 400)

    @property
    def known(self) -> bool:
        """Whether all that it used is known."""
        over = self.end == "whole" or self.api in LAST
        return self.refused or (over and self.usage.whole)

    def to_json(self) -> dict[str, Any]:
        told = self.usage
        usage = {name: getattr(told, name) for name in COUNTS} if told != NOTHING else None
        line = {
            "n": self.number,
            "at": self.at,
            "api": self.api,
            "model": self.model,
            "status": self.status,
            "usage": usage,
            "end": self.end,
            "first_ms": self.first,
            "ms": self.all,
        }
        more = {"error": self.error, "retry_after": self.retry_after, "limits": dict(self.limits)}
        return line | {name: value for name, value in more.items() if value not in ("", None, {})}


COUNTS = ("input", "cache_read", "cache_write", "output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Requests added up. The counts are what is known; with `unknown` requests they are a least.

    requests: those that the provider took. unknown: how many of them do not tell all they used.
    refused: error answers. other: requests of no known API. last_refusal: the newest of the errors,
    None where a later request went through.
    """

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    requests: int = 0
    unknown: int = 0
    refused: int = 0
    other: int = 0
    models: tuple[str, ...] = ()
    last_refusal: Request | None = None

    @property
    def exact(self) -> bool:
        """Whether the counts are all there is to know, and there was something to count."""
        return self.requests > 0 and self.unknown == 0

    @property
    def tokens(self) -> int:
        return self.input + self.cache_read + self.cache_write + self.output


class Journal:
    """The file that the lines go to; any number of threads may write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        # After what an earlier process wrote: an attempt has one file, however often it is tried.
        self._number = max((request.number for request in read(path)), default=0)

    def begin(self, api: str) -> Request:
        """A line for a request that is about to be sent."""
        with self._lock:
            self._number += 1
            number = self._number
        request = Request(number=number, at=now(), api=api)
        self.write(request)
        return request

    def write(self, request: Request) -> None:
        line = json.dumps(request.to_json(), ensure_ascii=False) + "\n"
        files.append_at_once(self.path, line.encode())


def read(path: Path) -> tuple[Request, ...]:
    """The requests of a file in order of their beginning; none for no file.

    Of a request's lines the last one counts. A line that a kill tore is passed over.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return ()
    found: dict[int, Request] = {}
    for line in lines:
        try:
            request = _request(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        found[request.number] = request
    return tuple(found.values())


def total(requests: Iterable[Request]) -> Total:
    """All requests together."""
    every = tuple(requests)
    # Where nothing of ours was asked, a request that we cannot read may be the one that costs.
    read_one = any(request.api != OTHER for request in every)
    ours = [r for r in every if r.api != OTHER or not (read_one or r.refused)]
    taken = [request for request in ours if not request.refused]
    sums = {name: sum(getattr(r.usage, name) or 0 for r in taken) for name in COUNTS}
    last = max(ours, key=lambda request: request.number, default=None)
    return Total(
        **sums,
        requests=len(taken),
        unknown=sum(not request.known for request in taken),
        refused=sum(request.refused for request in ours),
        other=len(every) - len(ours),
        models=tuple(dict.fromkeys(request.model for request in taken if request.model)),
        last_refusal=last if last and last.refused else None,
    )


def now() -> str:
    """This moment, ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _request(line: Mapping[str, Any]) -> Request:
    usage = line["usage"] or {}
    return Request(
        number=line["n"],
        at=line["at"],
        api=line["api"],
        model=line["model"],
        status=line["status"],
        usage=Usage(**{name: usage.get(name) for name in COUNTS}),
        end=line["end"],
        first=line["first_ms"],
        all=line["ms"],
        error=line.get("error", ""),
        retry_after=line.get("retry_after"),
        limits=line.get("limits", {}),
    )
