"""One connection of a program: each of its requests goes on to the provider, each answer back.

Bodies pass byte for byte and piece by piece. A copy of the answer is read after it has been sent
on, so that reading delays nothing.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import h11
from factoryline.meter.apis.base import Api, word
from factoryline.meter.apis.table import api_of
from factoryline.meter.copy import Copy, readable_codings
from factoryline.meter.journal import FREE, OTHER, Journal, Request
from factoryline.meter.upstream import Upstream
from factoryline.meter.wire import Gone, Wire

OF_ONE_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer "
    b"transfer-encoding upgrade".split()
)
"""Headers that belong to one connection, and are not passed on."""

LIMITS = (b"x-ratelimit-", b"anthropic-ratelimit-", b"ratelimit")

MOST_REQUEST = 8 * 1024 * 1024
"""How much of a request is held, to find the model's name in it when no answer tells it."""

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Pending:
    """A request under way: its line so far, and the copies that are read for it."""

    line: Request
    api: Api | None
    path: str
    began: float
    sent: bytearray
    copy: Copy | None = None


class Exchange:
    """Serves one connection of a program until either side ends it."""

    def __init__(self, near: Wire, upstream: Upstream, token: str, journal: Journal) -> None:
        self.near = near
        self.far: Wire | None = None
        self.upstream = upstream
        self.token = token
        self.journal = journal
        self.busy = False

    def serve(self) -> None:
        """Requests, one after the other. Ends without a word when the connection does."""
        try:
            while isinstance(request := self.near.next(), h11.Request):
                self.busy = True
                self._pass_on(request)
                self.busy = False
                if not _is_over(self.near):
                    return
                self.near.state.start_next_cycle()
        except h11.RemoteProtocolError as error:
            with contextlib.suppress(OSError, h11.ProtocolError):
                self._answer(error.error_status_hint, "the request is not HTTP/1.1")
        except (OSError, h11.LocalProtocolError):
            return
        finally:
            self.close()

    def close(self) -> None:
        """End both sides; also called from another thread, to end what is under way."""
        for wire in (self.near, self.far):
            if wire:
                wire.close()

    def _pass_on(self, request: h11.Request) -> None:
        """Forward one request and its answer. Raises OSError when either side failed."""
        path = self._path(request.target.decode("latin-1"))
        if path is None:
            self._read_out()
            self._answer(404, "there is nothing here")
            return
        pending = self._begin(request, path)
        try:
            self._connect()
        except OSError as error:
            self._end(pending, "unreachable")
            self._read_out()
            reason = error.strerror or str(error)
            self._answer(502, f"the provider at {self.upstream.authority} is not reached: {reason}")
            return
        try:
            self._send(request, path, pending)
            self._receive(pending)
        except (Gone, _NearFailed) as gone:
            self._end(pending, "client")
            raise ConnectionError from gone
        except (OSError, h11.ProtocolError) as broken:
            # The program sees what it would have seen: a connection that ends too early.
            self._end(pending, "upstream")
            raise ConnectionError from broken
        if self.near.state.their_state is h11.SEND_BODY:
            self._read_out()

    def _path(self, target: str) -> str | None:
        """What a request asks of the provider; None without our token."""
        _, _, rest = target.partition("/")
        token, slash, path = rest.partition("/")
        if target.startswith("/") and hmac.compare_digest(token.encode(), self.token.encode()):
            return slash + path if path or slash else "/"
        return None

    def _begin(self, request: h11.Request, path: str) -> Pending:
        plain = path.partition("?")[0]
        api = api_of(plain) if request.method == b"POST" else None
        asks = request.method == b"POST" and not plain.endswith(FREE)
        line = Request(number=0, at="", api="")
        if asks:
            line = self.journal.begin(api.NAME if api else OTHER)
        return Pending(line, api, plain, time.monotonic(), bytearray())

    def _connect(self) -> None:
        if self.far:
            if _is_over(self.far) and self.far.idle:
                self.far.state.start_next_cycle()
                return
            self.far.close()
        self.far = Wire(self.upstream.connect(), h11.CLIENT)

    def _send(self, request: h11.Request, path: str, pending: Pending) -> None:
        far = self._far
        headers: Headers = [(b"Host", self.upstream.authority.encode())]
        for name, value in _passed(request, besides=(b"host", b"expect")):
            if name.lower() == b"accept-encoding":
                value = readable_codings(value.decode("latin-1")).encode("latin-1")
            headers.append((name, value))
        if any(name == b"transfer-encoding" for name, _ in request.headers):
            headers.append((b"Transfer-Encoding", b"chunked"))
        far.send(h11.Request(method=request.method, target=path.encode("latin-1"), headers=headers))
        if self.near.state.they_are_waiting_for_100_continue:
            self._to_near(h11.InformationalResponse(status_code=100, headers=[]))
        while True:
            event = self._from_near()
            if isinstance(event, h11.Data):
                if pending.api and len(pending.sent) <= MOST_REQUEST:
                    pending.sent += event.data
                try:
                    far.send(h11.Data(data=event.data))
                except OSError:
                    # It wants no more of it, and may have said why.
                    return
            elif isinstance(event, h11.EndOfMessage):
                far.send(h11.EndOfMessage())
                return
            else:
                raise Gone

    def _receive(self, pending: Pending) -> None:
        far = self._far
        while isinstance(event := far.next(self.near), h11.InformationalResponse):
            self._to_near(event)
        if not isinstance(event, h11.Response):
            raise ConnectionError("the provider ended without an answer")
        self._note_head(pending, event)
        self._to_near(
            h11.Response(
                status_code=event.status_code,
                reason=event.reason,
                headers=list(_passed(event)),
            )
        )
        left = _length(event)
        while True:
            following = far.next(self.near)
            # On record before the program can know that its answer is over.
            if isinstance(following, h11.Data):
                # Copied first: what has come is billed, even if the program is gone by now.
                if pending.copy:
                    pending.copy.add(following.data)
                if left is not None:
                    left -= len(following.data)
                    if left == 0:
                        self._end(pending, "whole")
                self._to_near(h11.Data(data=following.data))
            elif isinstance(following, h11.EndOfMessage):
                self._end(pending, "whole")
                self._to_near(h11.EndOfMessage())
                return
            else:
                raise ConnectionError("the provider broke off")

    def _note_head(self, pending: Pending, head: h11.Response) -> None:
        if not pending.line.number:
            return
        named = {name: value.decode("latin-1") for name, value in head.headers}
        refused = head.status_code >= 400
        limits = {
            name.decode("latin-1"): value.decode("latin-1")[:200]
            for name, value in head.headers
            if refused and name.startswith(LIMITS)
        }
        pending.line = replace(
            pending.line,
            status=head.status_code,
            first=_milliseconds(pending.began),
            retry_after=_retry_after(named) if refused else None,
            limits=limits,
        )
        if pending.api:
            pending.copy = Copy(pending.api, named.get(b"content-encoding", "").strip().lower())

    def _end(self, pending: Pending, how: str) -> None:
        """The last line of a request, which has one and no other after it."""
        if not pending.line.number:
            return
        line = replace(pending.line, end=how, all=_milliseconds(pending.began))
        if pending.copy:
            reading = pending.copy.end()
            wait = line.retry_after if line.retry_after is not None else reading.retry_after
            line = replace(
                line,
                usage=reading.usage,
                model=reading.model,
                error=reading.error,
                retry_after=wait,
            )
        if not line.model:
            line = replace(line, model=_model(pending))
        self.journal.write(line)
        pending.sent.clear()
        pending.line = replace(line, number=0)

    @property
    def _far(self) -> Wire:
        assert self.far is not None, "it is connected"
        return self.far

    def _from_near(self) -> object:
        try:
            return self.near.next()
        except (OSError, h11.ProtocolError) as error:
            raise _NearFailed from error

    def _to_near(self, event: h11.Event) -> None:
        try:
            self.near.send(event)
        except OSError as error:
            raise _NearFailed from error

    def _read_out(self) -> None:
        """Take the rest of a request: a program that still sends would miss the answer."""
        if not self.near.state.they_are_waiting_for_100_continue:
            while isinstance(self.near.next(), h11.Data):
                pass

    def _answer(self, status: int, message: str) -> None:
        """An answer of our own, in the shape that every provider's errors have."""
        error = {"type": "factoryline_meter", "message": message}
        body = json.dumps({"type": "error", "error": error}).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        if self.near.state.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.near.send(h11.Response(status_code=status, headers=headers))
            self.near.send(h11.Data(data=body))
            self.near.send(h11.EndOfMessage())


class _NearFailed(Exception):
    """The connection to the program failed, and not the one to the provider."""


def _is_over(wire: Wire) -> bool:
    """Whether both sides have said all of an exchange, so that another can follow."""
    return wire.state.our_state is h11.DONE and wire.state.their_state is h11.DONE


def _passed(
    message: h11.Request | h11.Response, *, besides: tuple[bytes, ...] = ()
) -> Iterator[tuple[bytes, bytes]]:
    """The headers of a message that go on, as they were written."""
    named = b",".join(value for name, value in message.headers if name == b"connection").lower()
    dropped = OF_ONE_HOP | {name.strip() for name in named.split(b",")} | set(besides)
    for name, value in message.headers.raw_items():
        if name.lower() not in dropped:
            yield name, value


def _length(head: h11.Response) -> int | None:
    """The bytes of the body that follows, where the head tells; None where its end will."""
    told = [value for name, value in head.headers if name == b"content-length"]
    return int(told[0]) or None if told else None


def _milliseconds(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _retry_after(headers: dict[bytes, str]) -> float | None:
    """Seconds to wait, from what an error answer says in its headers."""
    readers: tuple[tuple[bytes, Callable[[str], float]], ...] = (
        (b"retry-after-ms", lambda text: float(text) / 1000),
        (b"retry-after", float),
        (b"retry-after", _until),
    )
    for name, seconds in readers:
        try:
            found = seconds(headers[name])
        except (KeyError, ValueError, TypeError):
            continue
        if 0 <= found < 10**9:
            return found
    return None


def _until(date: str) -> float:
    return max(0.0, (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds())


def _model(pending: Pending) -> str:
    """The model that a request asked for: Google's stands in the path, the others' in the body."""
    last = pending.path.rpartition("/")[2]
    if ":" in last:
        return word(last.partition(":")[0])
    try:
        asked = json.loads(bytes(pending.sent))
    except (ValueError, RecursionError):
        return ""
    return word(asked.get("model")) if isinstance(asked, dict) else ""
