"""The meter between a program and its provider: nothing of what passes is changed, all is counted.

Programs here speak through bare sockets, so that every byte is seen.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from factoryline.errors import UserError
from factoryline.meter import journal
from factoryline.meter.journal import Request, Total
from factoryline.meter.proxy import Meter, metered

from tests.meter.provider import Act, Provider, chunk, event, events, gone, raw, slowly, whole

CHAT = "/v1/chat/completions"
USED = {
    "prompt_tokens": 100,
    "completion_tokens": 7,
    "prompt_tokens_details": {"cached_tokens": 60},
}
ANSWER = {"model": "m-1", "choices": [{"message": {"content": "the answer"}}], "usage": USED}
DELTA = {"model": "m-1", "choices": [{"delta": {"content": "the answer"}}]}
LAST = {"model": "m-1", "choices": [], "usage": USED}
KEY = "sk-secret-of-the-user"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "meter.jsonl"


@contextlib.contextmanager
def standing(place: Path, *acts: Act, path: str = "") -> Iterator[tuple[Meter, Provider]]:
    with Provider(list(acts)) as provider, metered(provider.url + path, place) as meter:
        yield meter, provider


def connect(meter: Meter) -> socket.socket:
    parts = urlsplit(meter.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10)


def request(
    meter: Meter,
    body: bytes = b'{"model": "asked", "messages": ["the prompt"]}',
    *,
    path: str = CHAT,
    method: str = "POST",
    more: str = "",
) -> bytes:
    """The bytes of a request through the meter."""
    base = urlsplit(meter.url).path
    length = f"Content-Length: {len(body)}\r\n" if "hunked" not in more else ""
    head = f"{method} {base}{path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {KEY}\r\n"
    return f"{head}{length}{more}\r\n".encode() + body


def receive(connection: socket.socket) -> bytes:
    """All that comes, until the other side ends."""
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def exchange(meter: Meter, sent: bytes) -> bytes:
    """One request on a connection of its own; what came back."""
    with connect(meter) as connection:
        connection.sendall(sent)
        return until_end(connection)


def until_end(connection: socket.socket) -> bytes:
    """One answer, by its framing; or all that came before the other side broke off."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(h.split(b":")[1])
            for h in head.split(b"\r\n")
            if h.lower().startswith(b"content-len")
        ),
        None,
    )
    while (len(body) < length) if length is not None else not body.endswith(b"0\r\n\r\n"):
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


def lines(place: Path) -> tuple[Request, ...]:
    return journal.read(place)


def settled(place: Path) -> None:
    """Wait for the last line of an answer that is here already."""
    deadline = time.monotonic() + 5
    while any(line.end == "open" for line in lines(place)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def one(place: Path) -> Request:
    [line] = lines(place)
    return line


def test_an_answer_in_one_piece(place: Path) -> None:
    with standing(place, whole(ANSWER)) as (meter, provider):
        got = exchange(meter, request(meter, more="X-Mixed-Case: Yes\r\n"))
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert got.endswith(b"\r\n\r\n" + json.dumps(ANSWER).encode())
    [asked] = provider.asked
    assert asked.line == f"POST {CHAT} HTTP/1.1"
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert asked.headers["X-Mixed-Case"] == "Yes"
    assert asked.headers["Host"] == urlsplit(provider.url).netloc
    assert asked.body == b'{"model": "asked", "messages": ["the prompt"]}'
    line = one(place)
    assert (line.api, line.model, line.status, line.end) == ("chat", "m-1", 200, "whole")
    assert journal.total([line]) == Total(
        input=40, cache_read=60, output=7, requests=1, models=("m-1",)
    )
    assert journal.total([line]).exact


def test_the_base_path_of_the_provider_is_kept(place: Path) -> None:
    with standing(place, whole(ANSWER), path="/deep/v1/") as (meter, provider):
        exchange(meter, request(meter, path="/chat/completions?a=b%20c"))
    assert provider.asked[0].line == "POST /deep/v1/chat/completions?a=b%20c HTTP/1.1"


def test_a_stream_comes_through_chunk_by_chunk_as_it_is_sent(place: Path) -> None:
    passed = threading.Event()
    stream = events(DELTA, LAST, "[DONE]", then=lambda: passed.wait(10))
    with standing(place, stream) as (meter, _), connect(meter) as connection:
        connection.sendall(request(meter))
        data = b""
        while not data.endswith(chunk(event(DELTA))):
            data += connection.recv(65536)
        assert chunk(event(LAST)) not in data, "the provider still holds it back"
        passed.set()
        data += until_end_of_chunks(connection)
    assert data.endswith(chunk(event(LAST)) + chunk(event("[DONE]")) + b"0\r\n\r\n")
    line = one(place)
    assert (line.usage.input, line.usage.cache_read, line.usage.output) == (40, 60, 7)
    assert line.first is not None
    assert line.all is not None


def until_end_of_chunks(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"0\r\n\r\n"):
        data += connection.recv(65536)
    return data


def test_a_stream_without_a_usage_chunk_is_unknown_and_the_request_is_not_altered(
    place: Path,
) -> None:
    body = b'{"model":"asked","stream":true}'
    with standing(place, events(DELTA, "[DONE]")) as (meter, provider):
        exchange(meter, request(meter, body))
    assert provider.asked[0].body == body
    found = journal.total(lines(place))
    assert (found.requests, found.unknown, found.exact) == (1, 1, False)
    assert found.models == ("m-1",)


def test_nothing_of_the_talk_and_no_key_is_kept(place: Path) -> None:
    refusal = {"error": {"code": "invalid_api_key", "message": f"Incorrect key: {KEY}"}}
    with standing(place, whole(ANSWER), whole(refusal, status="401 No"), events(DELTA, LAST)) as (
        meter,
        _,
    ):
        for _ in range(3):
            exchange(meter, request(meter, path=f"{CHAT}?key={KEY}"))
    text = place.read_text()
    for word in (KEY, "the prompt", "the answer", "Incorrect", "Bearer", meter.token):
        assert word not in text
    assert [line.error for line in lines(place)] == ["", "invalid_api_key", ""]
    assert place.stat().st_mode & 0o777 == 0o600


def test_an_error_answer_costs_nothing_and_says_how_long_to_wait(place: Path) -> None:
    headers = {"Retry-After": "17", "x-ratelimit-remaining-requests": "0", "x-request-id": "r"}
    refusal = {"error": {"type": "rate_limit_error", "message": "slow down"}}
    act = whole(refusal, status="429 Too Many Requests", headers=headers)
    with standing(place, act) as (meter, _):
        got = exchange(meter, request(meter))
    assert got.startswith(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length")
    assert b"Retry-After: 17\r\n" in got
    found = journal.total(lines(place))
    assert (found.requests, found.refused, found.unknown) == (0, 1, 0)
    last = found.last_refusal
    assert last is not None
    assert (last.status, last.error, last.retry_after) == (429, "rate_limit_error", 17.0)
    assert (last.model, last.limits) == ("asked", {"x-ratelimit-remaining-requests": "0"})


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0.5", 0.5),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("nan", None),
    ],
)
def test_ways_to_say_later(place: Path, value: str, seconds: float | None) -> None:
    act = whole({}, status="429 Later", headers={"retry-after": value})
    with standing(place, act) as (meter, _):
        exchange(meter, request(meter))
    assert one(place).retry_after == seconds


def test_a_refusal_that_was_followed_by_an_answer_is_not_the_last_word(place: Path) -> None:
    with standing(place, whole({}, status="529 Busy"), whole(ANSWER)) as (meter, _):
        exchange(meter, request(meter))
        settled(place)
        assert journal.total(lines(place)).last_refusal is not None
        exchange(meter, request(meter))
    found = journal.total(lines(place))
    assert (found.requests, found.refused, found.last_refusal) == (1, 1, None)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_packed_answer_passes_packed_and_is_read(place: Path, coding: str) -> None:
    plain = json.dumps(ANSWER).encode()
    packed = gzip.compress(plain) if coding == "gzip" else zlib.compress(plain)
    act = whole(packed, headers={"Content-Encoding": coding})
    with standing(place, act) as (meter, _):
        got = exchange(meter, request(meter, more="Accept-Encoding: gzip, deflate\r\n"))
    assert got.endswith(b"\r\n\r\n" + packed)
    assert one(place).usage.output == 7


def test_only_codings_that_can_be_read_are_asked_for(place: Path) -> None:
    with standing(place, whole(ANSWER)) as (meter, provider):
        exchange(meter, request(meter, more="Accept-Encoding: br;q=1.0, gzip;q=0.8, zstd\r\n"))
        exchange(meter, request(meter, more="Accept-Encoding: br\r\n"))
        exchange(meter, request(meter))
    asked = [a.headers.get("Accept-Encoding") for a in provider.asked]
    assert asked == ["gzip;q=0.8", "br", None], "a word that cannot be narrowed stands"


def test_a_coding_that_cannot_be_read_is_unknown(place: Path) -> None:
    with standing(place, whole(b"\x0b\x02", headers={"Content-Encoding": "br"})) as (meter, _):
        got = exchange(meter, request(meter))
    assert got.endswith(b"\x0b\x02")
    assert journal.total(lines(place)).unknown == 1


def test_a_packed_stream_is_read_as_it_comes(place: Path) -> None:
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(event(v)) + packer.flush(zlib.Z_SYNC_FLUSH) for v in (DELTA, LAST)]
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    act = raw(head, *map(chunk, pieces), b"0\r\n\r\n")
    with standing(place, act) as (meter, _):
        exchange(meter, request(meter))
    assert one(place).usage.output == 7


def test_many_requests_on_one_connection_use_one_to_the_provider(place: Path) -> None:
    with standing(place, whole(ANSWER)) as (meter, provider), connect(meter) as connection:
        for _ in range(5):
            connection.sendall(request(meter))
            assert until_end(connection).startswith(b"HTTP/1.1 200")
        assert provider.connections == 1
    assert journal.total(lines(place)).requests == 5


def test_a_provider_that_ends_idle_connections_is_connected_again(place: Path) -> None:
    def once(connection: socket.socket) -> None:
        whole(ANSWER)(connection)
        connection.shutdown(socket.SHUT_RDWR)

    with standing(place, once) as (meter, provider), connect(meter) as connection:
        for _ in range(3):
            connection.sendall(request(meter))
            assert until_end(connection).startswith(b"HTTP/1.1 200")
            time.sleep(0.02)
        assert provider.connections == 3


def test_many_programs_at_once(place: Path) -> None:
    with slowly(0.05) as pause, standing(place, events(DELTA, LAST, then=pause)) as (meter, _):
        answers: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: answers.append(exchange(meter, request(meter))))
            for _ in range(40)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == 40
    assert all(answer.endswith(chunk(event(LAST)) + b"0\r\n\r\n") for answer in answers)
    found = journal.total(lines(place))
    assert (found.requests, found.output, found.unknown) == (40, 280, 0)


def test_big_bodies_pass_both_ways(place: Path) -> None:
    big = b'{"model": "asked", "x": "' + os.urandom(6_000_000).hex().encode() + b'"}'
    with standing(place, whole(big)) as (meter, provider):
        got = exchange(meter, request(meter, big))
    assert provider.asked[0].body == big
    assert got.endswith(b"\r\n\r\n" + big)


def test_a_request_in_chunks(place: Path) -> None:
    body = chunk(b'{"model": ') + chunk(b'"asked"}') + b"0\r\n\r\n"
    with standing(place, whole({}, status="500 Oh")) as (meter, provider):
        exchange(meter, request(meter, body, more="Transfer-Encoding: chunked\r\n"))
    assert provider.asked[0].body == b'{"model": "asked"}'
    assert one(place).model == "asked"


def test_a_program_that_asks_before_it_sends(place: Path) -> None:
    with standing(place, whole(ANSWER)) as (meter, provider), connect(meter) as connection:
        body = b'{"model": "asked"}'
        head = request(meter, body, more="Expect: 100-continue\r\n").removesuffix(body)
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert until_end(connection).startswith(b"HTTP/1.1 200")
    assert provider.asked[0].body == body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_asks_no_model_passes_and_is_not_counted(place: Path, method: str) -> None:
    act = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    with standing(place, act) as (meter, provider):
        got = exchange(meter, request(meter, b"", path="/", method=method))
    assert provider.asked[0].line == f"{method} / HTTP/1.1"
    assert got == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert lines(place) == ()


def test_the_head_of_a_long_answer(place: Path) -> None:
    act = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    with standing(place, act) as (meter, _), connect(meter) as connection:
        connection.sendall(request(meter, b"", path="/", method="HEAD"))
        assert connection.recv(1000) == b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
        connection.sendall(request(meter, b"", path="/", method="HEAD"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_an_unknown_api_counts_where_no_known_one_was_asked(place: Path) -> None:
    with standing(place, whole({})) as (meter, _):
        exchange(meter, request(meter, path="/model/x/invoke"))
        assert journal.total(lines(place)).unknown == 1
    with standing(place, whole(ANSWER)) as (meter, _):
        exchange(meter, request(meter))
        exchange(meter, request(meter, path="/v1/messages/count_tokens"))
    found = journal.total(lines(place))
    assert (found.requests, found.unknown, found.other) == (1, 0, 1)


def test_a_program_that_hangs_up_with_the_last_event_in_hand_is_counted(place: Path) -> None:
    usage = {"input_tokens": 9, "output_tokens": 2}
    over = {"type": "response.completed", "response": {"model": "m-1", "usage": usage}}
    with slowly(20) as pause, standing(place, events(over, {}, then=pause)) as (meter, _):
        with connect(meter) as connection:
            connection.sendall(request(meter, path="/v1/responses"))
            data = b""
            while not data.endswith(chunk(event(over))):
                data += connection.recv(65536)
        deadline = time.monotonic() + 5
        while one(place).end == "open":
            assert time.monotonic() < deadline
            time.sleep(0.01)
    found = journal.total([one(place)])
    assert (found.input, found.output, found.requests, found.unknown) == (9, 2, 1, 0)


def test_a_program_that_hangs_up_ends_the_providers_answer(place: Path) -> None:
    begun = {"type": "message_start", "message": {"model": "m-1", "usage": {"input_tokens": 9}}}
    with slowly(20) as pause, standing(place, events(begun, {}, then=pause)) as (meter, _):
        with connect(meter) as connection:
            connection.sendall(request(meter, path="/v1/messages"))
            data = b""
            while not data.endswith(chunk(event(begun))):
                data += connection.recv(65536)
        deadline = time.monotonic() + 5
        while one(place).end == "open":
            assert time.monotonic() < deadline
            time.sleep(0.01)
    line = one(place)
    assert (line.end, line.usage.input, line.usage.output) == ("client", 9, None)
    found = journal.total([line])
    assert (found.requests, found.input, found.unknown) == (1, 9, 1)


def test_a_provider_that_breaks_off_is_seen_as_such(place: Path) -> None:
    with standing(place, events(DELTA, end=b"")) as (meter, _), connect(meter) as connection:
        connection.sendall(request(meter))
        got = receive(connection)
    assert got.endswith(chunk(event(DELTA))), "and no end of the chunks"
    assert one(place).end == "upstream"
    assert journal.total(lines(place)).unknown == 1


def test_a_provider_that_hangs_up_without_a_word(place: Path) -> None:
    with standing(place, gone) as (meter, _), connect(meter) as connection:
        connection.sendall(request(meter))
        assert receive(connection) == b""
    assert (one(place).end, one(place).status) == ("upstream", None)


def test_a_provider_that_talks_nonsense(place: Path) -> None:
    with standing(place, raw(b"SSH-2.0-OpenSSH\r\n\r\n")) as (meter, _), connect(meter) as near:
        near.sendall(request(meter))
        assert receive(near) == b""
    assert one(place).end == "upstream"


def test_an_answer_that_ends_with_its_connection(place: Path) -> None:
    body = json.dumps(ANSWER).encode()

    def closing(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
        connection.shutdown(socket.SHUT_RDWR)

    with standing(place, closing) as (meter, _):
        got = exchange(meter, request(meter))
    assert got.endswith(chunk(body) + b"0\r\n\r\n")
    assert one(place).usage.output == 7


def test_an_early_no_reaches_a_program_that_still_sends(place: Path) -> None:
    def refusing(connection: socket.socket) -> None:
        whole({"error": {"type": "too_large"}}, status="413 Too Large")(connection)

    with standing(place, refusing) as (meter, _):
        got = exchange(meter, request(meter, b"x" * 3_000_000))
    assert got.startswith(b"HTTP/1.1 413")
    assert one(place).error == "too_large"


def test_a_provider_that_is_not_there(place: Path) -> None:
    with Provider([whole(ANSWER)]) as provider:
        url = provider.url
    with metered(url, place) as meter:
        got = exchange(meter, request(meter))
    assert got.startswith(b"HTTP/1.1 502")
    assert b"is not reached: Connection refused" in got
    found = journal.total(lines(place))
    assert (one(place).end, found.requests, found.refused) == ("unreachable", 0, 1)


@pytest.mark.parametrize("base", ["", "/wrong-token", "/%2e%2e", "//"])
def test_without_the_token_nothing_goes_on(place: Path, base: str) -> None:
    with standing(place, whole(ANSWER)) as (meter, provider):
        path = urlsplit(meter.url).path
        sent = request(meter).replace(path.encode(), base.encode(), 1)
        assert exchange(meter, sent).startswith(b"HTTP/1.1 404")
        proper = request(meter).replace(b"POST /", b"POST http://evil.example/", 1)
        assert exchange(meter, proper).startswith(b"HTTP/1.1 404")
        assert provider.asked == []
    assert lines(place) == ()


def test_it_listens_on_loopback_alone(place: Path) -> None:
    with standing(place, whole(ANSWER)) as (meter, _):
        assert meter._listener.getsockname()[0] == "127.0.0.1"
        assert len(meter.token) >= 32
        with standing(place, whole(ANSWER)) as (other, _):
            assert other.token != meter.token


@pytest.mark.parametrize(
    "nonsense",
    [b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00", b"POST / HTTP/9.9\r\n\r\n"],
)
def test_a_program_that_talks_nonsense(place: Path, nonsense: bytes) -> None:
    with standing(place, whole(ANSWER)) as (meter, provider):
        with connect(meter) as connection:
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            receive(connection)
        assert exchange(meter, request(meter)).startswith(b"HTTP/1.1 200")
        assert len(provider.asked) == 1


def test_leaving_ends_what_is_still_under_way(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factoryline.meter.proxy.SETTLE_SECONDS", 0.2)
    with slowly(20) as pause, standing(place, events(DELTA, LAST, then=pause)) as (meter, _):
        connection = connect(meter)
        connection.sendall(request(meter))
        connection.recv(10)
        started = time.monotonic()
        meter.close()
        assert time.monotonic() - started < 2
        connection.close()
    assert one(place).end in ("client", "upstream")
    with pytest.raises(OSError, match="refused"):
        connect_again(meter.url)


def connect_again(url: str) -> None:
    parts = urlsplit(url)
    socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1)


def test_idle_connections_do_not_keep_it(place: Path) -> None:
    with standing(place, whole(ANSWER)) as (meter, _), connect(meter) as connection:
        connection.sendall(request(meter))
        until_end(connection)
        started = time.monotonic()
        meter.close()
        assert time.monotonic() - started < 1


@pytest.mark.parametrize("url", ["", "api.example.org", "ftp://x", "https://", "http://[::1"])
def test_an_address_that_is_none(place: Path, url: str) -> None:
    with pytest.raises(UserError, match="is not the address of a provider"), metered(url, place):
        pass


def test_certificates_are_verified(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ssl

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Provider([events(DELTA, LAST)], context) as provider:
        with metered(provider.url, place) as meter:
            got = exchange(meter, request(meter))
        assert got.startswith(b"HTTP/1.1 502")
        assert b"certificate verify failed" in got
        assert provider.asked == []
        authority.cert_pem.write_to_path(str(tmp_path / "trusted.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
        with metered(provider.url, place) as meter:
            assert exchange(meter, request(meter)).endswith(chunk(event(LAST)) + b"0\r\n\r\n")
    assert [line.end for line in lines(place)] == ["unreachable", "whole"]
    assert lines(place)[1].usage.output == 7


def test_the_way_out_may_lead_through_a_proxy(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ssl

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("provider.test").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "trusted.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))

    def tunnel(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(connection, server_side=True) as inner:
            inner.recv(65536)
            whole(ANSWER)(inner)

    with Provider([tunnel]) as proxy:
        there = proxy.url.replace("http://", "http://me:pass@")
        monkeypatch.setenv("HTTPS_PROXY", there)
        with metered("https://provider.test/v1", place) as meter:
            assert meter.env["NO_PROXY"] == "127.0.0.1"
            assert exchange(meter, request(meter)).startswith(b"HTTP/1.1 200")
    [asked] = proxy.asked
    assert asked.line == "CONNECT provider.test:443 HTTP/1.1"
    assert asked.headers["Proxy-Authorization"] == "Basic bWU6cGFzcw=="


def test_a_kill_of_the_factory_leaves_what_was_used(place: Path) -> None:
    script = f"""
import pathlib, sys, time
from factoryline.meter.proxy import metered
with metered(sys.argv[1], pathlib.Path({str(place)!r})) as meter:
    print(meter.url, flush=True)
    time.sleep(60)
"""
    with slowly(20) as pause:
        acts = [events(DELTA, LAST), events(DELTA, LAST, then=pause)]
        with Provider(acts) as provider:
            argv = [sys.executable, "-c", script, provider.url]
            process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            meter = Elsewhere(process.stdout.readline().strip())
            exchange(meter, request(meter))
            with connect(meter) as connection:
                connection.sendall(request(meter))
                connection.recv(10)
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                process.stdout.close()
    found = journal.total(lines(place))
    assert (found.requests, found.output, found.unknown) == (2, 7, 1)


class Elsewhere(Meter):
    """A meter in another process, by its address."""

    def __init__(self, url: str) -> None:
        self.url = url


def test_a_torn_line_is_passed_over(place: Path) -> None:
    with standing(place, whole(ANSWER)) as (meter, _):
        exchange(meter, request(meter))
    place.write_text(place.read_text() + '{"n": 2, "at"\n[]\n3\n{"n": 9}\nnot json\n{"n": 3, ')
    assert len(lines(place)) == 1
    assert journal.total(lines(place)).output == 7


def test_the_total_of_nothing() -> None:
    assert journal.total([]) == Total()
    assert not journal.total([]).exact
