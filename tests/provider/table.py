"""The APIs that the scripted provider speaks: one line each."""

from __future__ import annotations

from tests.provider import chat, gemini, messages, responses
from tests.provider.base import Api

APIS: tuple[Api, ...] = (chat, responses, messages, gemini)
