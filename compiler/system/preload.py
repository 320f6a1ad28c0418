"""Modules that are needed when a program has ended, loaded while it runs.

Loading them takes as long as a small test does, and whoever waits for a program has the time.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from importlib import import_module
from threading import Thread


def load(*names: str) -> None:
    """Begin to load modules, in the background; one that is not there is missed when it is used."""
    missing = [name for name in names if name not in sys.modules]
    if missing:
        Thread(target=_load, args=(missing,), daemon=True).start()


def _load(names: Sequence[str]) -> None:
    for name in names:
        with contextlib.suppress(ImportError):
            import_module(name)
