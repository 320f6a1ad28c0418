"""The one door to the provider: the chat completions call that all known services share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from server.config import Provider
from server.conversations import Message
from server.errors import Refused

TIMEOUT = 60.0  # seconds


def complete(provider: Provider, messages: Sequence[Message]) -> Message:
    """The assistant's next message. Refused with 502 when the provider gives none."""
    question = {
        "model": provider.model,
        "messages": [{"role": message.role, "content": message.text} for message in messages],
    }
    request = Request(
        f"{provider.base_url}/chat/completions",
        data=json.dumps(question).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {provider.api_key}",
        },
    )
    try:
        with urlopen(request, timeout=TIMEOUT) as response:
            answer = json.load(response)
        return Message("assistant", str(answer["choices"][0]["message"]["content"]))
    except HTTPError as error:
        raise Refused(502, f"{provider.name} answered with status {error.code}.") from error
    except (OSError, HTTPException) as error:
        raise Refused(502, f"{provider.name} cannot be reached: {error}") from error
    except (ValueError, LookupError, TypeError) as error:
        raise Refused(502, f"{provider.name} sent an answer that makes no sense.") from error
