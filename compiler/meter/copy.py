"""A copy of an answer, read as it comes: decoded, cut into JSON values, and never kept.

The bytes that go to the program are not these; whatever is odd here costs it nothing.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

from factoryline.meter.apis.base import Api, Reading

MOST_BYTES = 32 * 1024 * 1024
"""How much of one line of a stream, or of one unstreamed answer, is held to be read."""

READABLE = ("gzip", "x-gzip", "deflate", "identity")
"""The codings that a copy can be decoded from."""

_TELLING = (b'"usage', b'"error"', b'"code"')
"""What stands in a streamed value that may be worth reading."""


class Copy:
    """An answer that passes. `add` gets its bytes in order; `reading` is what they said so far."""

    def __init__(self, api: Api, coding: str) -> None:
        self.api = api
        self.reading = Reading()
        self._decoder = _decoder(coding)
        self._held = bytearray()
        self._streamed: bool | None = None
        self._begun = False
        self._lost = coding not in ("", *READABLE)

    def add(self, data: bytes) -> None:
        for piece in self._decoded(data):
            self._held += piece
            if self._streamed is None and (head := self._held.lstrip()[:1]):
                # Not by the content type: servers that stream do not all say so.
                self._streamed = bytes(head) not in (b"{", b"[")
            if self._streamed:
                self._read_lines()
            self._lose_too_much()

    def end(self) -> Reading:
        """What the whole answer said."""
        if self._streamed:
            self._held += b"\n"
            self._read_lines()
        elif not self._lost:
            self._read_value(bytes(self._held))
        self._held.clear()
        return self.reading

    def _decoded(self, data: bytes) -> Iterator[bytes]:
        """Pieces of a bounded size, however much a few bytes unfold to."""
        if self._lost or self._decoder is None:
            if not self._lost:
                yield data
            return
        try:
            while data:
                yield self._decoder.decompress(data, 1 << 20)
                data = self._decoder.unconsumed_tail
        except zlib.error:
            self._lost = True

    def _read_lines(self) -> None:
        end = self._held.rfind(b"\n")
        if end < 0:
            return
        whole = bytes(self._held[:end])
        del self._held[: end + 1]
        for line in whole.split(b"\n"):
            name, _, data = line.partition(b":")
            # The first value has the model's name; of the others only those that tell something.
            if name == b"data" and (not self._begun or any(sign in data for sign in _TELLING)):
                self._begun = True
                self._read_value(data)

    def _read_value(self, data: bytes) -> None:
        try:
            value: Any = json.loads(data)
        except (ValueError, RecursionError):
            return
        # Unstreamed by name, and still in pieces: a list of them.
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                self.reading = self.reading.then(self.api.read(one))

    def _lose_too_much(self) -> None:
        if len(self._held) > MOST_BYTES:
            self._held.clear()
            self._lost = not self._streamed


def _decoder(coding: str) -> Any:
    if coding in ("gzip", "x-gzip", "deflate"):
        # 32: whichever of the two headers it has.
        return zlib.decompressobj(zlib.MAX_WBITS | 32)
    return None


def readable_codings(accepted: str) -> str:
    """What a client accepts, without the codings that a copy cannot be decoded from.

    The client accepts the rest just as well; where nothing would be left, its word stands.
    """
    kept = [one for one in accepted.split(",") if one.partition(";")[0].strip().lower() in READABLE]
    return ",".join(kept).strip() or accepted
