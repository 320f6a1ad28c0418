"""One side of an exchange: a socket with its HTTP/1.1 state, and its events as they come."""

from __future__ import annotations

import contextlib
import select
import socket

import h11

PIECE = 65536
MOST_HEAD = 1 << 20
"""Heads may be this large; some programs put a lot into their headers."""

Event = (
    h11.Request
    | h11.Response
    | h11.InformationalResponse
    | h11.Data
    | h11.EndOfMessage
    | h11.ConnectionClosed
    | type[h11.PAUSED]
)

Role = type[h11.CLIENT] | type[h11.SERVER]


class Wire:
    """`role` is ours: SERVER towards the program, CLIENT towards the provider."""

    def __init__(
        self, connection: socket.socket, role: type[h11.CLIENT] | type[h11.SERVER]
    ) -> None:
        self.connection = connection
        self.state = h11.Connection(role, max_incomplete_event_size=MOST_HEAD)

    def next(self, watched: Wire | None = None) -> Event:
        """The next event. Raises h11.RemoteProtocolError, OSError, and Gone.

        Gone is raised when the side at `watched` hangs up meanwhile.
        """
        while (event := self.state.next_event()) is h11.NEED_DATA:
            if watched:
                self._wait(watched)
            self.state.receive_data(self.connection.recv(PIECE))
        return event  # type: ignore[return-value]

    def send(self, event: h11.Event) -> None:
        data = self.state.send(event)
        if data:
            self.connection.sendall(data)

    @property
    def idle(self) -> bool:
        """Whether nothing has come since the last exchange, not even the end."""
        return not _readable(self.connection, 0)

    def close(self) -> None:
        """End it for both sides, also where another thread waits on it."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def _wait(self, watched: Wire) -> None:
        """Until there is something to read here."""
        pending = getattr(self.connection, "pending", None)
        if pending and pending():
            return
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        poll.register(watched.connection, select.POLLIN)
        own = self.connection.fileno()
        while True:
            ready = {number for number, _ in poll.poll()}
            if own in ready:
                return
            if _hung_up(watched.connection):
                raise Gone
            # It speaks out of turn; that can wait until this exchange is over.
            poll.unregister(watched.connection)


class Gone(Exception):
    """The program went away before its answer was over."""


def _readable(connection: socket.socket, milliseconds: int) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(milliseconds))


def _hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
