"""coverage.py's data file, as `coverage run --data-file={coverage}` or pytest-cov leaves it.

It tells which lines were executed; which ones could be is told by the source (`proof/lines.py`).
With `parallel` set, or with processes below the run, there are several files beside each other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from factoryline.verification.coverage.base import (
    Coverage,
    Format,
    Lines,
    Place,
    Unreadable,
    united,
)


def read(path: Path, place: Place) -> Coverage:
    """The lines of a data file and of those beside it. Raises Unreadable."""
    found = [p for p in (path, *sorted(path.parent.glob(f"{path.name}.*"))) if p.is_file()]
    if not found:
        raise Unreadable("is missing")
    return united(report for one in found for report in _read(one, place))


FORMAT = Format(name="coverage.py data", families=(frozenset([".py"]),), read=read)


def _read(path: Path, place: Place) -> Iterator[Coverage]:
    from coverage import CoverageData
    from coverage.exceptions import CoverageException

    if not path.stat().st_size:
        raise Unreadable("is no coverage.py data: it is empty")
    # A data file of a later coverage.py may have another layout.
    data = CoverageData(basename=str(path))
    try:
        data.read()
        for name in data.measured_files():
            where = place.path_of(name)
            if where:
                yield {where: Lines(executed=frozenset(data.lines(name) or ()))}
    except (CoverageException, sqlite3.Error) as error:
        raise Unreadable(f"is no coverage.py data: {error}") from error
    finally:
        data.close(force=True)
