"""The provider's address and the way there: TLS with certificates verified, a proxy if one is set.

With `proxy`, the only place that opens sockets to the outside.
"""

from __future__ import annotations

import base64
import contextlib
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from factoryline.errors import UserError

CONNECT_SECONDS = 30.0
"""How long a provider may take to accept a connection. Its answer may take any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A provider's base address, such as https://api.openai.com/v1. `path` begins with `/`."""

    url: str
    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port, as the header Host has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.secure else 80
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def proxy(self) -> SplitResult | None:
        """The proxy that the environment names for this address."""
        # Heavy, and only a metered attempt comes here.
        from urllib.request import getproxies, proxy_bypass

        named = getproxies()
        place = named.get("https") or named.get("all")
        if not self.secure or not place or proxy_bypass(self.host):
            return None
        return urlsplit(place if "://" in place else f"http://{place}")

    def connect(self) -> socket.socket:
        """A connection, ready for a request. Raises OSError."""
        proxy = self.proxy
        place = (proxy.hostname or "", proxy.port or 8080) if proxy else (self.host, self.port)
        with contextlib.ExitStack() as stack:
            connection = socket.create_connection(place, timeout=CONNECT_SECONDS)
            stack.enter_context(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if proxy:
                self._tunnel(connection, proxy)
            if self.secure:
                import ssl

                # The certificates that this machine trusts, or those of SSL_CERT_FILE.
                context = ssl.create_default_context()
                context.set_alpn_protocols(["http/1.1"])
                connection = context.wrap_socket(connection, server_hostname=self.host)
            connection.settimeout(None)
            stack.pop_all()
        return connection

    def _tunnel(self, connection: socket.socket, proxy: SplitResult) -> None:
        host = f"[{self.host}]" if ":" in self.host else self.host
        head = f"CONNECT {host}:{self.port} HTTP/1.1\r\nHost: {host}:{self.port}\r\n"
        if proxy.username:
            pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
            head += f"Proxy-Authorization: Basic {base64.b64encode(pair).decode()}\r\n"
        connection.sendall(f"{head}\r\n".encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            # A byte at a time: what follows the head belongs to the tunnel.
            byte = connection.recv(1)
            if not byte or len(answer) > 65536:
                raise ConnectionError(f"the proxy {proxy.hostname} broke off")
            answer += byte
        status = answer.split(b"\r\n", 1)[0].decode("latin-1")
        if status.split(" ")[1:2] != ["200"]:
            raise ConnectionError(f"the proxy {proxy.hostname} says {status}")


def upstream_of(url: str) -> Upstream:
    """An address in its parts. Raises UserError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in ("http", "https") or not host:
        raise UserError(
            f"`{url}` is not the address of a provider",
            help="it begins with https:// or http:// and a host",
        )
    secure = parts.scheme == "https"
    return Upstream(
        url=url,
        secure=secure,
        host=host,
        port=port or (443 if secure else 80),
        path=parts.path.rstrip("/"),
    )
