"""The server as a subprocess: started on a port of its own, known to be healthy, stopped."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from threading import Timer

from desktop.client import Unreachable, get_json

ROOT = Path(__file__).parent.parent


class SidecarError(Exception):
    """The server did not start, or stopped before it was healthy."""


class Sidecar:
    """Runs one server process at a time; `url` is its address once `start` has returned."""

    def __init__(self, config: Path, *, patience: float = 10.0) -> None:
        self.url = ""
        self._config = config.absolute()
        self._patience = patience  # seconds
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "server", "--port", "0", "--config", str(self._config)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._process = process
        try:
            self.url = f"http://127.0.0.1:{self._read_port(process)}"
            self._wait_until_healthy(process)
        except BaseException:
            self.stop()
            raise

    def wait(self) -> int:
        """The exit code of the server, as soon as it has one."""
        return self._process.wait() if self._process else 0

    def stop(self) -> None:
        """Does nothing when there is nothing to stop."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(self._patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def _read_port(self, process: subprocess.Popen[str]) -> int:
        assert process.stdout is not None
        watchdog = Timer(self._patience, process.kill)
        watchdog.start()
        try:
            line = process.stdout.readline().strip()
        finally:
            watchdog.cancel()
        if not line.isdecimal():
            raise SidecarError(f"the server did not start (exit code {process.wait()})")
        return int(line)

    def _wait_until_healthy(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if get_json(f"{self.url}/api/v2/health").get("status") == "ok":
                    return
            except Unreachable:
                time.sleep(0.02)
        raise SidecarError("the server started but did not become healthy")
