from __future__ import annotations

import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

from desktop.__main__ import main
from desktop.client import Unreachable, get_json
from desktop.shell import run
from desktop.sidecar import ROOT, Sidecar
from desktop.window import BrowserWindow, HeadlessWindow


class ClosingWindow(HeadlessWindow):
    """Checks on the server, then interrupts like a user."""

    def open(self, url: str) -> None:
        super().open(url)
        assert get_json(f"{url}/api/v2/health") == {"status": "ok"}
        raise KeyboardInterrupt


def test_the_window_shows_a_healthy_server_that_is_stopped_afterwards(sidecar: Sidecar) -> None:
    window = ClosingWindow()
    with pytest.raises(KeyboardInterrupt):
        run(sidecar, window)
    assert window.opened == [sidecar.url]
    with pytest.raises(Unreachable):
        get_json(f"{sidecar.url}/api/v2/health")


def test_the_application_stops_its_server_on_sigterm(config: Path) -> None:
    command = [sys.executable, "-m", "desktop", "--headless", "--config", str(config)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        url = shell.stdout.readline().strip()
        assert get_json(f"{url}/api/v2/health") == {"status": "ok"}
        shell.terminate()
        assert shell.wait(10) == 0
    with pytest.raises(Unreachable):
        get_json(f"{url}/api/v2/health")


def test_a_failed_start_is_one_line(empty_config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    empty_config.write_text("[]")
    assert main(["--headless", "--config", str(empty_config)]) == 1
    assert "desktop: the server did not start" in capfd.readouterr().err


def test_the_headless_window_prints_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    window = HeadlessWindow()
    window.open("http://127.0.0.1:1")
    assert window.opened == ["http://127.0.0.1:1"]
    assert capsys.readouterr().out == "http://127.0.0.1:1\n"


def test_the_browser_window_opens_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    BrowserWindow().open("http://127.0.0.1:1")
    assert opened == ["http://127.0.0.1:1"]
