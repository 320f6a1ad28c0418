"""The JSON API, version 2: one function a route."""

from __future__ import annotations

from dataclasses import asdict

from server import __version__
from server.app import App
from server.conversations import Conversation
from server.wire import JSON, Request, Response, json_response, required


def health(app: App, request: Request) -> Response:
    """Answers as soon as the server listens, whatever else may be wrong."""
    return json_response({"status": "ok"})


def status(app: App, request: Request) -> Response:
    provider = app.config.provider
    return json_response(
        {
            "version": __version__,
            "provider": provider.name if provider else None,
            "model": provider.model if provider else None,
        }
    )


def list_conversations(app: App, request: Request) -> Response:
    listed = [{"id": each.id, "title": each.title} for each in app.conversations.all()]
    return json_response({"conversations": listed})


def show_conversation(app: App, request: Request) -> Response:
    return conversation_response(app.conversations.get(request.params["id"]))


def post_message(app: App, request: Request) -> Response:
    fields = request.fields(JSON)
    conversation = app.chat(fields.get("conversation_id"), required(fields, "text"))
    return conversation_response(conversation, 201)


def conversation_response(conversation: Conversation, status: int = 200) -> Response:
    return json_response(asdict(conversation) | {"title": conversation.title}, status)
