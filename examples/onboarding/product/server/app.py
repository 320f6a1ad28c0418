"""What the server can do, free of HTTP: the API and the pages are two views of one `App`."""

from __future__ import annotations

from server.config import Config
from server.conversations import Conversation, Conversations, Message
from server.errors import Refused
from server.provider import complete


class App:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.conversations = Conversations()

    def chat(self, conversation_id: str | None, text: str) -> Conversation:
        """Put a question and keep it together with its answer; a failed one leaves no trace."""
        provider = self.config.provider
        if provider is None:
            raise Refused(503, "The assistant is not available.")
        earlier = self.conversations.get(conversation_id).messages if conversation_id else ()
        question = Message("user", text)
        answer = complete(provider, (*earlier, question))
        return self.conversations.append(conversation_id, question, answer)
