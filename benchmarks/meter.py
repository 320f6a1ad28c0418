"""What the meter costs a program: `python -m benchmarks.meter`.

A program asks a provider on loopback, directly and through the meter, in turns: time to the first
byte, and how late each chunk of a stream arrives after the provider sent it. Chunks carry the
moment they were sent. Real providers are tens to hundreds of milliseconds away.
"""

from __future__ import annotations

import contextlib
import json
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from factoryline.meter import journal
from factoryline.meter.proxy import metered

CHUNKS, GAP, TURNS, WARM, PARALLEL = 200, 0.002, 40, 5, 16
WHOLE = 32 * 1024 * 1024

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST = {"model": "m", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 9}}


def main() -> None:
    rows: list[tuple[str, float, float, str]] = []
    with _provider(_stream) as url, tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "meter.jsonl"
        with metered(url, place) as meter:
            for _ in range(WARM):
                _ask(url)
                _ask(meter.url)
            turns = [(_ask(url), _ask(meter.url)) for _ in range(TURNS)]
            firsts = [statistics.median(one[side][0] for one in turns) for side in (0, 1)]
            delays = [
                statistics.median(d for one in turns for d in one[side][1]) for side in (0, 1)
            ]
            worst = [_high(d for one in turns for d in one[side][1]) for side in (0, 1)]
            crowd = [_high(_together(address)) for address in (url, meter.url)]
        asked = WARM + TURNS + PARALLEL
        assert journal.total(journal.read(place)).requests == asked, "every request is counted"
    rows.append(("time to first byte, median", *_pair(firsts), "ms"))
    rows.append(("a chunk's way, median", *_pair(delays), "ms"))
    rows.append(("a chunk's way, 99th percentile", *_pair(worst), "ms"))
    rows.append((f"the same, {PARALLEL} streams at once", *_pair(crowd), "ms"))
    with (
        _provider(_bulk) as url,
        tempfile.TemporaryDirectory() as folder,
        metered(url, Path(folder) / "meter.jsonl") as meter,
    ):
        rates = [max(_rate(address) for _ in range(3)) for address in (url, meter.url)]
    rows.append((f"{WHOLE >> 20} MiB in one piece", rates[0], rates[1], "MiB/s"))
    print(f"{'':36} {'direct':>9} {'metered':>9} {'ratio':>7}")
    for name, direct, through, unit in rows:
        print(f"{name:36} {direct:9.3f} {through:9.3f} {through / direct:7.2f}  {unit}")


def _pair(seconds: list[float]) -> tuple[float, float]:
    return seconds[0] * 1000, seconds[1] * 1000


def _high(values: Iterator[float] | list[float]) -> float:
    return statistics.quantiles(values, n=100)[-1]


def _ask(url: str) -> tuple[float, list[float]]:
    """Seconds to the first byte of the answer, and each chunk's way in seconds."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = b'{"model": "m", "stream": true}'
        head = f"POST {parts.path}/chat/completions HTTP/1.1\r\nHost: x\r\n"
        started = time.perf_counter()
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        first, data, ways = 0.0, b"", []
        while not data.endswith(b"0\r\n\r\n"):
            piece = connection.recv(65536)
            now = time.perf_counter()
            first = first or now - started
            for line in piece.split(b"\n"):
                if line.startswith(b'data: {"at"'):
                    ways.append(now - json.loads(line[6:])["at"])
            data += piece
        return first, ways


def _together(url: str) -> list[float]:
    ways: list[float] = []
    threads = [threading.Thread(target=lambda: ways.extend(_ask(url)[1])) for _ in range(PARALLEL)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ways


def _rate(url: str) -> float:
    """MiB a second of a long answer."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        started, got = time.perf_counter(), 0
        connection.sendall(
            f"POST {parts.path}/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode()
        )
        while got < WHOLE:
            got += len(connection.recv(1 << 20))
        return got / (time.perf_counter() - started) / (1 << 20)


@contextlib.contextmanager
def _provider(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(OSError):
            while b"\r\n\r\n" in connection.recv(65536):
                answer(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def _stream(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    for _ in range(CHUNKS):
        time.sleep(GAP)
        _send(connection, {"at": time.perf_counter()})
    _send(connection, LAST)
    connection.sendall(b"0\r\n\r\n")


def _send(connection: socket.socket, value: object) -> None:
    data = f"data: {json.dumps(value)}\n\n".encode()
    connection.sendall(b"%x\r\n%s\r\n" % (len(data), data))


def _bulk(connection: socket.socket) -> None:
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {WHOLE}\r\n\r\n".encode())
    piece = b'"' * (1 << 20)
    for _ in range(WHOLE >> 20):
        connection.sendall(piece)


if __name__ == "__main__":
    main()
