"""The page, kept live: what runs, what changed, and answers to reviews, on this machine alone.

It listens on loopback, and every address begins with a random token. What changes something is a
POST of JSON with the token, from this page's own origin: another site can send none, and a name
that was bound anew to this machine is turned away.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlsplit

from factoryline.boundary import failure_of
from factoryline.errors import FactoryError
from factoryline.page.data import gather
from factoryline.page.html import page, split
from factoryline.run.answer import answer, reviewer
from factoryline.run.factory import Factory
from factoryline.system import locks

HOST = "127.0.0.1"
MOST_BYTES = 1_000_000
"""How long an answer may be."""

Running = Callable[[Factory], list[str]]
"""The rows of what is at work."""


class Server(ThreadingHTTPServer):
    """factory: gives it as it is now. running: the rows of what is at work.

    `address` is what a person opens.
    """

    daemon_threads = True

    def __init__(self, factory: Callable[[], Factory], running: Running, port: int = 0) -> None:
        super().__init__((HOST, port), Handler)
        self.open, self.running = factory, running
        self.token = secrets.token_urlsafe(24)
        self.origin = f"http://{HOST}:{self.server_port}"
        self._guard = Lock()
        self._known: tuple[str, dict[str, Any]] = ("", {})

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no error; everything else is told on the terminal."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        return f"{self.origin}/{self.token}/"

    def data(self, factory: Factory) -> tuple[str, dict[str, Any]]:
        """What the page shows, with the version that it is of; gathered anew when files moved."""
        with self._guard:
            version = _version(factory)
            if self._known[0] != version:
                self._known = version, gather(factory)
            return self._known

    def news(self, since: str) -> dict[str, Any]:
        factory = self.open()
        version, data = self.data(factory)
        return {
            "version": version,
            "holder": locks.holder(factory.ledger.work / "lock"),
            "running": self.running(factory),
            "data": None if since == version else split(data),
        }

    def review(self, value: Any) -> str:
        """Put an answer on record, by the rules of `factory review`. Raises FactoryError."""
        factory = self.open()
        review = {
            "decision": value["decision"],
            "by": reviewer(factory),
            "summary": str(value.get("summary", "")),
            "findings": [
                {
                    "kind": "other",
                    "severity": "major",
                    "statement": one["statement"],
                    "paths": list(one.get("paths", ())),
                }
                for one in value.get("findings", ())
            ],
        }
        name = str(value["name"])
        with self._guard, factory.writing(f"a review of {name} on the page"):
            done = answer(factory, name, review, seen=str(value["seen"]))
        return f"{done.entry.stage}: {done.summary}"


def _version(factory: Factory) -> str:
    """What changes with every entry, history, prior and edit of the specification."""
    places = [*factory.plan.sources, str(factory.ledger.priors), str(factory.ledger.artifacts)]
    for name in sorted(factory.ledger.folders()):
        folder = factory.ledger.folder(name)
        places += [str(folder), str(folder / "history.jsonl")]
    moments = []
    for place in places:
        try:
            moments.append(os.stat(place).st_mtime_ns)
        except OSError:
            moments.append(0)
    return f"{hash(tuple(moments)):x}"


class Handler(BaseHTTPRequestHandler):
    """Four addresses below the token; everything else is not there."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "factoryline"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        path, query = self._place()
        if path == "":
            _, data = self.server.data(self.server.open())
            self._send(page(data, live=True), "text/html; charset=utf-8")
        elif path == "news":
            self._guarded(lambda: self.server.news(query))
        elif path is not None:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        path, _ = self._place()
        if path is None:
            return
        if self.headers.get("Origin") != self.server.origin:
            self.send_error(HTTPStatus.FORBIDDEN, "another site asks")
        elif self.headers.get_content_type() != "application/json":
            self.send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        elif path != "review":
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._guarded(lambda: {"said": self.server.review(self._body())})

    def _place(self) -> tuple[str | None, str]:
        """What is asked for below the token, and `since`; None where it was turned away."""
        asked = urlsplit(self.path)
        _, token, *rest = f"{asked.path}/".split("/", 2)
        if self.headers.get("Host") != self.server.origin.removeprefix("http://"):
            self.send_error(HTTPStatus.FORBIDDEN, "another name than this machine's")
            return None, ""
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None, ""
        return "".join(rest).strip("/"), parse_qs(asked.query).get("since", [""])[0]

    def _body(self) -> Any:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= MOST_BYTES:
            raise ValueError("an answer has a length, and no more than a megabyte")
        value = json.loads(self.rfile.read(length))
        if not isinstance(value, dict):
            raise ValueError("an answer is a mapping")
        return value

    def _guarded(self, work: Callable[[], dict[str, Any]]) -> None:
        """An answer as JSON; what is refused comes with the sentence of the command line."""
        try:
            self._send(json.dumps(work(), ensure_ascii=False), "application/json")
        except (FactoryError, OSError) as error:
            if isinstance(error, ConnectionError):
                raise
            home = self.server.open().plan.home
            failure = failure_of(error, root=home, log=home / "state/.work/factoryline.log")
            self._send(json.dumps({"error": failure.text}), "application/json", HTTPStatus.CONFLICT)
        except (ValueError, LookupError, TypeError) as wrong:
            text = json.dumps({"error": f"that is no answer: {wrong}"})
            self._send(text, "application/json", HTTPStatus.BAD_REQUEST)

    def _send(self, text: str, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the address holds the token."""
