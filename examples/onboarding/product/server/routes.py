"""The table of routes, and the one place where a refusal becomes a response."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from server import api, site
from server.app import App
from server.errors import Refused
from server.wire import Request, Response, json_response, page_response
from webui.pages import failure_page

Handler = Callable[[App, Request], Response]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    pattern: str  # "{name}" stands for one part of the path
    handler: Handler

    def match(self, path: str) -> re.Match[str] | None:
        return re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.pattern), path)


ROUTES = (
    Route("GET", "/api/v2/health", api.health),
    Route("GET", "/api/v2/status", api.status),
    Route("GET", "/api/v2/conversations", api.list_conversations),
    Route("GET", "/api/v2/conversations/{id}", api.show_conversation),
    Route("POST", "/api/v2/messages", api.post_message),
    Route("GET", "/", site.home),
    Route("GET", "/c/{id}", site.conversation),
    Route("POST", "/messages", site.send),
    Route("GET", "/static/style.css", site.style),
)


def respond(app: App, request: Request) -> Response:
    try:
        return dispatch(app, request)
    except Refused as refused:
        if request.path.startswith("/api/"):
            return json_response({"error": refused.sentence}, refused.status)
        return page_response(failure_page(refused.sentence), refused.status)


def dispatch(app: App, request: Request) -> Response:
    if not request.is_local:
        raise Refused(403, "Only pages and programs on this machine may ask.")
    matches = [(route, found) for route in ROUTES if (found := route.match(request.path))]
    for route, found in matches:
        if route.method == request.method:
            return route.handler(app, replace(request, params=found.groupdict()))
    if matches:
        raise Refused(405, f"{request.path} does not take {request.method}.")
    raise Refused(404, f"There is nothing at {request.path}.")
