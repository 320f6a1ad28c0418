"""A small client of the Language Server Protocol, over standard input and output."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

SECONDS = 60
"""How long the server may take for one answer."""

SETTINGS = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        "schemaStore": {"enable": False, "url": ""},
        "kubernetesCRDStore": {"enable": False},
    }
}
"""What an editor is asked for: nothing that the server would get from elsewhere."""


class Server:
    """A running server. `open` shows it a text; the questions are about places in that text."""

    def __init__(self, argv: Sequence[str], folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.said: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.asked = 0
        assert self.process.stdin, "it has a pipe"
        assert self.process.stdout, "it has a pipe"
        self.to, self.of = self.process.stdin, self.process.stdout
        threading.Thread(target=_read, args=(self.of, self.said), daemon=True).start()

    def __enter__(self) -> Self:
        text_document = {
            "publishDiagnostics": {},
            "hover": {"contentFormat": ["plaintext"]},
            "completion": {"completionItem": {"snippetSupport": True}},
        }
        workspace = {"configuration": True}
        self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": self.folder.as_uri(),
                "capabilities": {"textDocument": text_document, "workspace": workspace},
            },
        )
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": SETTINGS})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        self.to.close()
        self.of.close()

    def tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        """The server's answer."""
        self.asked += 1
        self._send({"id": self.asked, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self.asked and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]

    def open(self, name: str, text: str) -> tuple[str, list[dict[str, Any]]]:
        """Show the server a file; its address, and the problems that the server finds in it."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        uri = path.as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        while True:
            message = self._next()
            published = message.get("method") == "textDocument/publishDiagnostics"
            if published and message["params"]["uri"] == uri:
                return uri, message["params"]["diagnostics"]

    def _next(self) -> dict[str, Any]:
        """The next message; what the server asks of an editor is answered on the way."""
        message = self.said.get(timeout=SECONDS)
        assert message is not None, "the server has ended"
        if "id" in message and "method" in message:
            self._send({"id": message["id"], "result": self._answer(message)})
        return message

    def _answer(self, message: dict[str, Any]) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        sections = [item.get("section", "") for item in message["params"]["items"]]
        return [SETTINGS.get(section, {}) for section in sections]

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.to.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.to.flush()


def _read(stream: IO[bytes], said: queue.Queue[dict[str, Any] | None]) -> None:
    """Put every message of the server into the queue, and None after the last."""
    while True:
        length = 0
        while header := stream.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = stream.read(length) if length else b""
        if not body:
            said.put(None)
            return
        said.put(json.loads(body))
