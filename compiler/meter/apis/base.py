"""What an API's module has, and what it reads from an answer.

An answer comes as one JSON value or as a stream of them; `read` gets one value at a time, and sees
answers only: requests are the program's own business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one answer; None is unknown. `input` is what no cache had."""

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None

    @property
    def whole(self) -> bool:
        return None not in (self.input, self.cache_read, self.cache_write, self.output)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one value of an answer says; what it is silent about is None or empty.

    error: the kind of an error, in the provider's word. retry_after: seconds to wait.
    """

    usage: Usage = field(default_factory=Usage)
    model: str = ""
    error: str = ""
    retry_after: float | None = None

    def then(self, later: Reading) -> Reading:
        """Both: where the later one says something, it is right."""
        before, after = self.usage, later.usage
        return Reading(
            usage=Usage(
                input=_latest(before.input, after.input),
                cache_read=_latest(before.cache_read, after.cache_read),
                cache_write=_latest(before.cache_write, after.cache_write),
                output=_latest(before.output, after.output),
            ),
            model=later.model or self.model,
            error=later.error or self.error,
            retry_after=self.retry_after if later.retry_after is None else later.retry_after,
        )


class Api(Protocol):
    """A module of this folder. `NAME` stands in the journal."""

    NAME: str

    def answers(self, path: str) -> bool:
        """Whether a request to this path (without its query) is one of this API's."""

    def read(self, value: Mapping[str, Any]) -> Reading:
        """What one JSON value of an answer says. Silent on anything unexpected."""


def count(value: object, name: str) -> int | None:
    """A number of tokens in a mapping; None where there is none."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A mapping within a mapping; empty where there is none."""
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def word(value: object) -> str:
    """A name or a kind of error; empty for anything that could be prose."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def error_of(value: Mapping[str, Any]) -> str:
    """The kind of an error: never its message, which may quote the request or its key."""
    error = value.get("error")
    if isinstance(error, Mapping):
        # OpenAI's code is the narrower of the two; Google's `code` is the HTTP status again.
        names = ("code", "status", "type")
        return next((word(error[n]) for n in names if word(error.get(n))), "")
    return ""


_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")


def _latest(before: int | None, after: int | None) -> int | None:
    return before if after is None else after
