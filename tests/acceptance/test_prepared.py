"""A package index that is away, for real: pip and a registry on loopback that comes and goes."""

from __future__ import annotations

import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.line import CELLS, Line

pytestmark = pytest.mark.long

SCOPES = """
scopes:
  unit:
    prepare:
      run: [["{python}", -m, pip, install, -q, --no-deps, --retries, "0", --timeout, "10",
             --disable-pip-version-check, --no-cache-dir, --index-url, "http://127.0.0.1:PORT/simple",
             --target, "{prepared}/site", -r, requirements.txt]]
      locks: [requirements.txt]
    run: ["{python}", -c, "import sys; sys.path.insert(0, '{prepared}/site'); import tiny"]
    env: {NO_PROXY: 127.0.0.1, no_proxy: 127.0.0.1}
    report: exit
"""


NOT_FOUND = "No matching distribution found for"


@pytest.fixture
def port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Nothing is told."""


@contextmanager
def index(folder: Path, port: int) -> Iterator[None]:
    """A package index with tiny 1.0 and 1.1 in it, for the time of a block."""
    place = folder / "simple/tiny"
    place.mkdir(parents=True)
    names = [wheel(place, version).name for version in ("1.0", "1.1")]
    links = "".join(f'<a href="{name}">{name}</a>' for name in names)
    (place / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def wheel(folder: Path, version: str) -> Path:
    path = folder / f"tiny-{version}-py3-none-any.whl"
    info = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as one:
        one.writestr("tiny.py", f"version = {version!r}\n")
        one.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        tag = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        one.writestr(f"{info}/WHEEL", tag)
        one.writestr(f"{info}/RECORD", "")
    return path


def specified(line: Line, port: int, **versions: str) -> None:
    """One artifact a version of tiny that it wants."""
    for name, version in versions.items():
        line.patch(f"{name}-1", requirements_txt=f"tiny=={version}\n")
    artifacts = "".join(line.artifact(name, reviews=["ok.yaml"]) for name in versions)
    artifacts = artifacts.replace("[{scope: unit}, {scope: style}]", "[{scope: unit}]")
    line.spec(
        artifacts,
        cells=CELLS.replace("checks/**", "requirements.txt"),
        scopes=SCOPES.replace("PORT", str(port)),
        flow="{merge: none, retries: 1, wip: 2, calibrated: false}",
    )


def test_an_index_that_is_away_burns_no_retry(line: Line, port: int) -> None:
    line.write(line.product / "requirements.txt", "tiny==1.0\n")
    line.commit("tiny is needed")
    line.review("ok")
    specified(line, port, later="1.1", wrong="9.9")

    away = line.doit("later:1-verify")
    assert away.code == 1
    told = away.out + away.err
    assert "the scope `unit` cannot be prepared, and not because of the change" in told
    assert NOT_FOUND in told, "pip says the same of an index that is away and a missing package"
    assert not (line.state / "factory-artifacts/later/1-verify.json").exists()

    with index(line.folder / "index", port):
        there = line.doit("later:1-verify", "wrong:1-verify")
    assert "later:1-verify  pass" in there.out
    verdict = line.entry("wrong", "1-verify")["handoff"]
    [check] = verdict["checks"]
    assert (verdict["outcome"], check["tests"]) == ("fail", None)
    assert "its preparation" in check["reason"]
    assert f"{NOT_FOUND} tiny==9.9" in check["output"], "which the builder gets as feedback"
