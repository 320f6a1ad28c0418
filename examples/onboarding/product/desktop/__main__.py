"""`python -m desktop`: the application as the user starts it."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from desktop.shell import run
from desktop.sidecar import Sidecar, SidecarError
from desktop.window import BrowserWindow, HeadlessWindow

DEFAULT_CONFIG = Path.home() / ".config" / "parley" / "config.json"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="desktop", description="Parley on your desktop.")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE")
    parser.add_argument("--headless", action="store_true", help="print addresses, open nothing")
    options = parser.parse_args(arguments)
    # As an exit, SIGTERM passes through every `finally`: the sidecar never outlives the shell.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        window = HeadlessWindow() if options.headless else BrowserWindow()
        return run(Sidecar(options.config), window)
    except SidecarError as error:
        print(f"desktop: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
