from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.sidecar import Sidecar


@pytest.fixture
def sidecar(config: Path) -> Iterator[Sidecar]:
    """Not started yet, and stopped in any case."""
    sidecar = Sidecar(config)
    yield sidecar
    sidecar.stop()
