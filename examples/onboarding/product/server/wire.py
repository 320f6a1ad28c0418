"""Requests and responses as plain data: every handler can be tested without a socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from server.errors import Refused

LOOPBACK = ("127.0.0.1", "localhost")
PAGE_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Header names are in lower case; `params` are the parts of the path that a route named."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether it comes from our own pages or a local program, not from a foreign site."""
        host = self.headers.get("host", "")
        origin = self.headers.get("origin", f"http://{host}")
        return host.rpartition(":")[0] in LOOPBACK and origin == f"http://{host}"

    def fields(self, media_type: str) -> dict[str, str]:
        """The body as names and strings, sent as exactly this type: JSON or a form."""
        if self.headers.get("content-type", "").partition(";")[0].strip() != media_type:
            raise Refused(415, f"Expected a body of type {media_type}.")
        try:
            text = self.body.decode()
            value = json.loads(text) if media_type == JSON else dict(parse_qsl(text))
        except ValueError as error:
            raise Refused(400, "The body cannot be decoded.") from error
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise Refused(400, "Expected an object of strings.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def json_response(value: object, status: int = 200) -> Response:
    return Response(status=status, headers={"Content-Type": JSON}, body=json.dumps(value).encode())


def page_response(page: str, status: int = 200) -> Response:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": PAGE_POLICY,
        "Cache-Control": "no-store",
    }
    return Response(status=status, headers=headers, body=page.encode())


def see_other(location: str) -> Response:
    return Response(status=303, headers={"Location": location})


def required(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "").strip()
    if not value:
        raise Refused(400, f"Expected a value for {name}.")
    return value
