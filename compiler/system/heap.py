"""The garbage collector, kept from looking through thousands of records that all stay."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def staying() -> Iterator[None]:
    """What is made in a block stays until the process ends, and is looked through neither in it nor
    after it; at the end of the process, nothing is looked through any more."""
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
