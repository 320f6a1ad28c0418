"""The provider itself: an HTTP server on loopback that speaks every API of the table."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.provider.base import Answer, Api, Refusal, Slow, Stalled, Torn, Usage
from tests.provider.books import Books, Request
from tests.provider.script import Script
from tests.provider.table import APIS


class Provider:
    """A scripted provider that runs from `with` to its end.

    `url` has no path; a program's base address is `url` or `url + "/v1"`, as the program has it.
    `heard` is called with each request when its answer is over.
    """

    def __init__(self, script: Script, *, port: int = 0) -> None:
        self.script = script
        self.books = Books()
        self.heard: Callable[[Request], None] = lambda _: None
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], provider: Provider) -> None:
        self.provider = provider
        super().__init__(address, _Handler)

    def handle_error(self, *_: object) -> None:
        """A program that hangs up is nothing to tell; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            self.provider.books.strange.append(repr(sys.exc_info()[1]))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self._empty(200)

    def do_GET(self) -> None:
        if self.path.endswith("/models"):
            self._json(200, {"object": "list", "data": []})
        else:
            self._unknown()

    def do_POST(self) -> None:
        body = self._body()
        path = self.path.partition("?")[0]
        for api in APIS:
            if api.answers(path):
                return self._answer(api, api.read(path, json.loads(body)))
        return self._unknown()

    def _answer(self, api: Api, asked: Any) -> None:
        provider = self.server.provider
        answer, side = provider.script.answer(asked)
        request = provider.books.open(
            lambda number: Request(
                number=number, api=api.NAME, asked=asked, answer=answer, side=side
            )
        )
        fault = answer.fault
        if isinstance(fault, Refusal):
            headers = {"retry-after": str(fault.retry_after)} if fault.retry_after else {}
            self._json(fault.status, api.refusal(fault), headers)
            provider.heard(request)
            return
        if isinstance(fault, Slow):
            provider.over.wait(fault.seconds)
        usage = api.bills(answer.usage or _usage(request.number))
        # On record before the last byte is out: the program may ask us a moment later.
        request = replace(request, usage=usage, whole=not isinstance(fault, Torn | Stalled))
        provider.books.close(request)
        try:
            if asked.stream:
                self._stream(answer, api.frames(asked, answer, usage, request.number))
            else:
                self._json(200, api.whole(asked, answer, usage, request.number))
        except OSError:
            self.close_connection = True
            request = replace(request, whole=False)
            provider.books.close(request)
        provider.heard(request)

    def _stream(self, answer: Answer, frames: Iterable[bytes]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        fault = answer.fault
        for number, frame in enumerate(frames):
            if isinstance(fault, Torn | Stalled) and number == fault.after:
                if isinstance(fault, Stalled):
                    self._stall(fault.seconds)
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(frame), frame))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _stall(self, seconds: float) -> None:
        """Say nothing, until the time is over, the provider ends, or the program hangs up."""
        self.connection.settimeout(0.1)
        for _ in range(int(seconds * 10)):
            if self.server.provider.over.is_set():
                return
            try:
                if self.connection.recv(1, socket.MSG_PEEK) == b"":
                    return
            except TimeoutError:
                continue

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", "0")))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _unknown(self) -> None:
        self.server.provider.books.strange.append(f"{self.command} {self.path}")
        self._json(404, {"error": {"message": f"no {self.path} here", "type": "not_found"}})

    def _empty(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def _json(
        self, status: int, value: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing: the books know."""


def _usage(number: int) -> Usage:
    """Figures that differ from request to request, so that a sum shows which are missing."""
    return Usage(
        input=1000 + 7 * number,
        cache_read=300 + 11 * number,
        cache_write=20 + 3 * number,
        output=50 + 13 * number,
    )
