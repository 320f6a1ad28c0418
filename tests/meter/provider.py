"""A provider on loopback that does as it is told, byte by byte, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Act = Callable[[socket.socket], None]
"""What the provider does with a connection once it has read a request."""


@dataclass
class Asked:
    """A request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Provider:
    """`acts` are played one a request, the last one for all that follow."""

    acts: list[Act]
    context: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    hung_up: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Provider:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        scheme = "https" if self.context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ConnectionError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while asked := _read(stream):
                    self.asked.append(asked)
                    act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
                    act(connection)
                    if act is gone:
                        return
        self.hung_up.set()


def _read(stream: Any) -> Asked | None:
    line = stream.readline().decode().strip()
    if not line:
        return None
    headers = {}
    while text := stream.readline().decode().strip():
        name, _, value = text.partition(": ")
        headers[name] = value
    small = {name.lower(): value for name, value in headers.items()}
    body = b""
    if small.get("transfer-encoding") == "chunked":
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(small.get("content-length", "0")))
    return Asked(line, headers, body)


def gone(connection: socket.socket) -> None:
    """Hang up without a word."""
    connection.close()


def raw(*pieces: bytes, then: Callable[[], object] = lambda: None) -> Act:
    """Send these bytes, each at once; call `then` between them."""

    def act(connection: socket.socket) -> None:
        for number, piece in enumerate(pieces):
            if number:
                then()
            connection.sendall(piece)

    return act


def whole(
    value: object, *, status: str = "200 OK", headers: Mapping[str, str] | None = None
) -> Act:
    """One JSON value, unstreamed."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return raw(_head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body)


def events(
    *values: object, then: Callable[[], object] = lambda: None, end: bytes = b"0\r\n\r\n"
) -> Act:
    """A stream of server-sent events, a chunk each; with an empty `end` it breaks off."""
    head = _head("200 OK", {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
    chunks = [chunk(event(value)) for value in values]
    act = raw(head + chunks[0], *chunks[1:], end, then=then)

    def closing(connection: socket.socket) -> None:
        act(connection)
        if not end:
            connection.shutdown(socket.SHUT_RDWR)

    return closing


def event(value: object) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"data: {text}\n\n".encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _head(status: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@contextlib.contextmanager
def slowly(seconds: float) -> Iterator[Callable[[], object]]:
    """A pause that ends at once when the block does."""
    over = threading.Event()
    try:
        yield lambda: over.wait(seconds)
    finally:
        over.set()
