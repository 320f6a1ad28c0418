"""Where `factory` starts. `run` and `status` answer from the certificate, before any import."""

from __future__ import annotations

import os
import sys

from factoryline import plain, terminal
from factoryline.skipping import quick


def main() -> int:
    """The command line; returns the exit code."""
    plain.ensure()
    if sys.argv[1:] in (["run"], ["status"]):
        home = quick.find(os.getcwd())
        said = quick.answer(home, sys.argv[1]) if home else None
        if said is not None:
            sys.stdout.write(terminal.present(said, sys.stdout))
            return 0
    from factoryline import cli

    return cli.main()
