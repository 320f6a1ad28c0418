"""What the provider was asked and what it billed, so that a test can hold a program against it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from tests.provider.base import Answer, Asked, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request that was read, and how it went.

    usage: what was billed; None where the request was refused.
    whole: whether the last byte of the answer was sent.
    side: whether the program asked for something beside its task, such as a title.
    """

    number: int
    api: str
    asked: Asked
    answer: Answer
    side: bool
    usage: Usage | None = None
    whole: bool = False


class Books:
    """Every request, in the order in which they came. Several threads may write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[int, Request] = {}
        self.strange: list[str] = []

    def open(self, make: Callable[[int], Request]) -> Request:
        """Put a request on record under the next number."""
        with self._lock:
            request = make(len(self._requests) + 1)
            self._requests[request.number] = request
            return request

    def close(self, request: Request) -> None:
        """Put on record how a request went."""
        with self._lock:
            self._requests[request.number] = request

    @property
    def requests(self) -> tuple[Request, ...]:
        with self._lock:
            return tuple(self._requests[number] for number in sorted(self._requests))

    def billed(self, *, side: bool | None = None) -> tuple[Request, ...]:
        """The requests that cost something; with `side`, just those beside the task, or on it."""
        return tuple(r for r in self.requests if r.usage and side in (None, r.side))

    def total(self, *, side: bool | None = None) -> Usage:
        """The tokens of all that was billed."""
        return sum((r.usage for r in self.billed(side=side) if r.usage), Usage())
