"""The life of the application: server up, window open, server down."""

from __future__ import annotations

from desktop.sidecar import Sidecar
from desktop.window import Window


def run(sidecar: Sidecar, window: Window) -> int:
    """Returns when the server ends, with its exit code. Raises SidecarError."""
    sidecar.start()
    try:
        window.open(sidecar.url)
        return sidecar.wait()
    finally:
        sidecar.stop()
