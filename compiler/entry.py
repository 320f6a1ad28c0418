"""Where `factory` starts. `factory run` answers from the certificate, before any import."""

from __future__ import annotations

import os
import sys

from factoryline import quick


def main() -> int:
    """The command line; returns the exit code."""
    if sys.argv[1:] == ["run"]:
        home = quick.find(os.getcwd())
        said = quick.answer(home) if home else None
        if said is not None:
            sys.stdout.write(said)
            return 0
    from factoryline import cli

    return cli.main()
