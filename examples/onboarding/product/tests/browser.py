"""A browser without a network: puts requests to an app and reads the responses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from server.app import App
from server.config import load_config
from server.routes import respond
from server.wire import FORM, JSON, Request, Response

HOST = "127.0.0.1:8990"


@dataclass(frozen=True)
class Browser:
    app: App

    def get(self, path: str, **headers: str) -> Response:
        return respond(self.app, Request(method="GET", path=path, headers={"host": HOST} | headers))

    def post(self, path: str, value: object, **headers: str) -> Response:
        return self._post(path, JSON, json.dumps(value), headers)

    def submit(self, path: str, **fields: str) -> Response:
        return self._post(path, FORM, urlencode(fields), {"origin": f"http://{HOST}"})

    def _post(self, path: str, type: str, body: str, headers: dict[str, str]) -> Response:
        headers = {"host": HOST, "content-type": type} | headers
        return respond(
            self.app, Request(method="POST", path=path, headers=headers, body=body.encode())
        )


def browse(config: Path, **environ: str) -> Browser:
    """A browser on a freshly started server."""
    return Browser(App(load_config(config, environ)))


def value(response: Response) -> Any:
    return json.loads(response.body)
