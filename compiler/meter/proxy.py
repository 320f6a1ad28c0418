"""The meter: a server on loopback for the length of one attempt, in front of one provider.

It listens on a random port of 127.0.0.1 and answers only under a random path, so that no other
program of this machine can spend through it. It runs in threads of the process that runs the
attempt: when that is killed, the program loses its provider with it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import h11
from factoryline.meter.exchange import Exchange
from factoryline.meter.journal import Journal
from factoryline.meter.upstream import Upstream, upstream_of
from factoryline.meter.wire import Wire

SETTLE_SECONDS = 2.0
"""How long exchanges may take to end by themselves once the program has ended."""

HOST = "127.0.0.1"


class Meter:
    """A running meter. `url` takes the place of the provider's base address."""

    def __init__(self, upstream: Upstream, journal: Journal) -> None:
        self.upstream = upstream
        self.journal = journal
        self.token = secrets.token_urlsafe(24)
        self._listener = socket.create_server((HOST, 0), backlog=128)
        port = self._listener.getsockname()[1]
        self.url = f"http://{HOST}:{port}/{self.token}{upstream.path}"
        self._closing = False
        self._lock = threading.Lock()
        self._running: dict[Exchange, threading.Thread] = {}
        self._thread = threading.Thread(target=self._accept, name="meter", daemon=True)
        self._thread.start()

    @property
    def env(self) -> dict[str, str]:
        """Variables that keep a program from asking a proxy for this machine's own address."""
        named = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
        value = ",".join(filter(None, (named, HOST)))
        return {"NO_PROXY": value, "no_proxy": value}

    def close(self) -> None:
        """Take nothing more; let what is under way end, and end what does not."""
        self._closing = True
        # A connection of our own wakes who waits for one; to close the socket does not, everywhere.
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname()).close()
        self._thread.join()
        self._listener.close()
        deadline = time.monotonic() + SETTLE_SECONDS
        while self._exchanges() and time.monotonic() < deadline:
            # Again and again: one that was busy a moment ago may be idle now.
            for exchange in self._exchanges():
                if not exchange.busy:
                    exchange.close()
            time.sleep(0.005)
        for exchange in self._exchanges():
            exchange.close()
        self._join(time.monotonic() + SETTLE_SECONDS)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._closing:
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            near = Wire(connection, h11.SERVER)
            exchange = Exchange(near, self.upstream, self.token, self.journal)
            thread = threading.Thread(target=self._serve, args=(exchange,), daemon=True)
            with self._lock:
                self._running[exchange] = thread
            thread.start()

    def _serve(self, exchange: Exchange) -> None:
        try:
            exchange.serve()
        finally:
            with self._lock:
                self._running.pop(exchange, None)

    def _exchanges(self) -> tuple[Exchange, ...]:
        with self._lock:
            return tuple(self._running)

    def _join(self, deadline: float) -> None:
        with self._lock:
            threads = tuple(self._running.values())
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


@contextlib.contextmanager
def metered(upstream: str, journal: Path) -> Iterator[Meter]:
    """A meter in front of `upstream` for the time of a block; its lines go to `journal`.

    When the block is left, each request has its last line. Raises UserError for an address that is
    none.
    """
    meter = Meter(upstream_of(upstream), Journal(journal))
    try:
        yield meter
    finally:
        meter.close()
