"""Conversations and the place where they are kept: memory, for as long as the server runs."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from uuid import uuid4

from server.errors import Refused

TITLE_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Message:
    role: str  # "user" or "assistant"
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    messages: tuple[Message, ...] = ()

    @property
    def title(self) -> str:
        """The first line of the first message, shortened."""
        first = self.messages[0].text.splitlines()[0] if self.messages else "New conversation"
        return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1] + "…"


class Conversations:
    """Safe to use from several threads at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_id: dict[str, Conversation] = {}

    def all(self) -> tuple[Conversation, ...]:
        with self._lock:
            return tuple(self._by_id.values())

    def get(self, id: str) -> Conversation:
        with self._lock:
            if id not in self._by_id:
                raise Refused(404, "There is no such conversation.")
            return self._by_id[id]

    def append(self, id: str | None, *messages: Message) -> Conversation:
        """Without an id a new conversation begins."""
        with self._lock:
            known = self._by_id.get(id) if id else None
            earlier = known or Conversation(uuid4().hex)
            later = Conversation(earlier.id, earlier.messages + messages)
            self._by_id[later.id] = later
            return later
