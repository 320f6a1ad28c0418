"""What the scripted provider is asked, what it answers, and what each API has to know.

An API's module turns a request's body into an Asked and an Answer into the API's own bytes; the
server, the script and the books know no API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of a conversation. `role` is user, assistant or tool (what a tool answered)."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request for an answer. `tools`: the names of the tools that the program offers."""

    model: str
    stream: bool
    system: str
    turns: tuple[Turn, ...]
    tools: frozenset[str]

    @property
    def text(self) -> str:
        """All that reached the model, from the system prompt to the last turn."""
        return "\n".join([self.system, *(turn.text for turn in self.turns)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call. Arguments of free form, such as codex's patches, are a text."""

    name: str
    arguments: Mapping[str, Any] | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one answer, or of many. `input` is what no cache gave."""

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input=self.input + other.input,
            cache_read=self.cache_read + other.cache_read,
            cache_write=self.cache_write + other.cache_write,
            output=self.output + other.output,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The request is turned down. `retry_after` in seconds."""

    status: int
    message: str = "no"
    retry_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Torn:
    """The stream breaks off after so many frames; the connection is closed."""

    after: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """The stream says nothing more after so many frames, and stays open."""

    after: int = 2
    seconds: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """The answer begins late, and is whole."""

    seconds: float


Fault = Refusal | Torn | Stalled | Slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model says and which tools it calls. Without `usage` the server makes figures up."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    usage: Usage | None = None
    fault: Fault | None = None


class Api(Protocol):
    """One API. Each member is a module of this shape."""

    NAME: str

    def answers(self, path: str) -> bool:
        """Whether requests to this path are this API's."""

    def read(self, path: str, body: Mapping[str, Any]) -> Asked: ...

    def bills(self, usage: Usage) -> Usage:
        """The part of a usage that this API has words for."""

    def whole(self, asked: Asked, answer: Answer, usage: Usage, number: int) -> Mapping[str, Any]:
        """The answer as one JSON value."""

    def frames(self, asked: Asked, answer: Answer, usage: Usage, number: int) -> Iterable[bytes]:
        """The answer as server-sent events."""

    def refusal(self, refusal: Refusal) -> Mapping[str, Any]:
        """The JSON value that goes with an error's status."""


@dataclass(slots=True)
class Frames:
    """Server-sent events, one after the other."""

    sent: list[bytes] = field(default_factory=list)

    def add(self, data: Mapping[str, Any] | str, *, event: str | None = None) -> None:
        import json

        text = data if isinstance(data, str) else json.dumps(data)
        head = f"event: {event}\n" if event else ""
        self.sent.append(f"{head}data: {text}\n\n".encode())


def halves(text: str) -> tuple[str, ...]:
    """A text in two pieces, as a stream brings it; nothing for no text."""
    middle = (len(text) + 1) // 2
    return tuple(piece for piece in (text[:middle], text[middle:]) if piece)


def flat(content: Any) -> str:
    """The text of a message's content, which is a text or a list of parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(flat(part) for part in content)
    return flat(content.get("text") or content.get("content") or content.get("output") or "")


def merged(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """Turns in which what one side says in a row is one turn."""
    result: list[Turn] = []
    for turn in turns:
        if result and result[-1].role == turn.role:
            turn = Turn(role=turn.role, text=f"{result.pop().text}\n{turn.text}")
        result.append(turn)
    return tuple(result)
