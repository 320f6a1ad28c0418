"""Every API that the meter can read, one line each."""

from __future__ import annotations

from factoryline.meter.apis import chat, gemini, messages, responses
from factoryline.meter.apis.base import Api

APIS: tuple[Api, ...] = (
    chat,
    responses,
    messages,
    gemini,
)


def api_of(path: str) -> Api | None:
    """The API that a path belongs to; None for one that is not among ours."""
    plain = path.partition("?")[0].rstrip("/")
    return next((api for api in APIS if api.answers(plain)), None)
