"""The socket: turns what arrives over HTTP into a `Request` and writes the `Response` back."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from urllib.parse import unquote, urlsplit

from server.app import App
from server.routes import respond
from server.wire import Request

MAX_BODY = 1 << 20  # bytes


class Exchange(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.send_error(413)
            return
        self.answer(self.rfile.read(int(length)))

    def answer(self, body: bytes) -> None:
        request = Request(
            method=self.command,
            path=unquote(urlsplit(self.path).path),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        response = respond(self.server.app, request)
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are private: nothing is logged."""


class Listener(ThreadingHTTPServer):
    """Port 0 lets the system choose one; `server_port` tells which."""

    daemon_threads = True

    def __init__(self, app: App, port: int = 0) -> None:
        self.app = app
        super().__init__(("127.0.0.1", port), Exchange)

    def server_bind(self) -> None:
        # HTTPServer asks the resolver for its own name here, which can take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.socket.getsockname()[1]
