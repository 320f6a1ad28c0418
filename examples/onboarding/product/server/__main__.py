"""`python -m server`: prints the port on the first line, then serves until it is stopped."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from server.app import App
from server.config import load_config
from server.errors import ConfigError
from server.listen import Listener


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="server", description="The Parley chat server.")
    parser.add_argument("--port", type=int, default=8990, help="0 lets the system choose one")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        config = load_config(options.config, os.environ)
    except ConfigError as error:
        print(f"server: {error}", file=sys.stderr)
        return 2
    with Listener(App(config), options.port) as listener:
        print(listener.server_port, flush=True)
        with suppress(KeyboardInterrupt):
            listener.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
