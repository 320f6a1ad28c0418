"""The pages of the web UI: fetches what they show from the app, leaves the HTML to `webui`."""

from __future__ import annotations

from server.app import App
from server.wire import FORM, Request, Response, page_response, required, see_other
from webui.assets import stylesheet
from webui.pages import Bubble, Entry, conversation_page, home_page


def home(app: App, request: Request) -> Response:
    entries = [Entry(each.id, each.title) for each in app.conversations.all()]
    return page_response(home_page(entries))


def conversation(app: App, request: Request) -> Response:
    shown = app.conversations.get(request.params["id"])
    bubbles = [Bubble(message.role, message.text) for message in shown.messages]
    return page_response(conversation_page(shown.id, shown.title, bubbles))


def send(app: App, request: Request) -> Response:
    fields = request.fields(FORM)
    answered = app.chat(fields.get("conversation_id"), required(fields, "text"))
    return see_other(f"/c/{answered.id}")


def style(app: App, request: Request) -> Response:
    return Response(headers={"Content-Type": "text/css; charset=utf-8"}, body=stylesheet())
