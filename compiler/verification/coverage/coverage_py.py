"""coverage.py's data file, as `coverage run --data-file={coverage}` or pytest-cov leaves it.

It tells which lines were executed; which ones could be is told by the source (`proof/lines.py`).
With `parallel` set, or with processes below the run, there are several files beside each other.
"""

from __future__ import annotations

import configparser
import os
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factoryline.system import files
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
    found = parts(path)
    if not found:
        raise Unreadable("is missing")
    return united(report for one in found for report in _read(one, place))


def parts(path: Path) -> list[Path]:
    """A data file and those beside it that other processes left."""
    return [p for p in (path, *sorted(path.parent.glob(f"{path.name}.*"))) if p.is_file()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a run's coverage is asked for.

    files: those whose lines count; none means all. turns: where the probe says which test executed
    what; None unless it is asked. It costs about as much as to trace everything.
    """

    files: tuple[str, ...] = ()
    turns: Path | None = None


PROBE = "factoryline_probe"
_PLACE = Path(__file__).parent.parent / "probe"

MONITORING = (3, 12)
"""The first Python that has sys.monitoring, by which coverage.py looks at the files that count
alone.
"""

_KEPT = ("concurrency", "plugins", "patch", "sigterm")
"""How a project's processes and files are measured; what to leave out, and where the data goes, is
for its own reports."""


EVERYTHING = Watch()


def settings(
    folder: Path,
    log: Path,
    env: Mapping[str, str],
    traced: Sequence[str],
    *,
    monitors: bool,
    installed: Sequence[str] = (),
    turns: Path | None = None,
) -> Mapping[str, str]:
    """Variables for a run of pytest below `coverage run`, so that nothing takes its data away.

    folder: where it runs. log: a path without an ending, beside which its settings are written.
    env: its variables so far. traced: patterns of the files that count; none means all of them.
    monitors: whether its interpreter has sys.monitoring. installed: the packages that it has; none
    where that is not known. turns: as `Watch` has it.
    """
    said = _with_what_is_there(_project(folder), installed)
    lines = [f"{name} = {value}" for name, value in said.items()]
    if turns:
        # From Python 3.14 on the default core keeps only the first test of each line.
        lines += ["core = ctrace", "disable_warnings = no-ctracer"]
    elif traced and monitors and not said.keys() & {"plugins"} and not _switches(said):
        # What is not counted costs nothing then; a trace function is called all the same.
        lines.append("core = sysmon")
    if traced:
        lines.append("include =" + "".join(f"\n    {pattern}" for pattern in traced))
    file = Path(f"{log}.coveragerc")
    files.write_text(file, "\n".join(["[run]", *lines, ""]))
    path = [env["PYTHONPATH"]] if env.get("PYTHONPATH") else []
    plugins = [env["PYTEST_PLUGINS"]] if env.get("PYTEST_PLUGINS") else []
    given = {"FACTORYLINE_TURNS": str(turns.resolve())} if turns else {}
    return {
        **given,
        "COVERAGE_RCFILE": str(file.resolve()),
        "PYTHONPATH": os.pathsep.join([*path, str(_PLACE)]),
        "PYTEST_PLUGINS": ",".join([*plugins, PROBE]),
    }


_SWITCHING = ("greenlet", "eventlet", "gevent")
"""Packages whose threads coverage.py knows, which it refuses to look for where they are not."""


def _switches(said: Mapping[str, str]) -> bool:
    """Whether threads are counted that sys.monitoring does not see."""
    return any(name in _SWITCHING for name in said.get("concurrency", "").split(","))


def _with_what_is_there(said: dict[str, str], installed: Sequence[str]) -> dict[str, str]:
    """The settings without the threads of packages that are not installed: nobody has any."""
    if not installed or "concurrency" not in said:
        return said
    names = [
        name
        for name in said["concurrency"].split(",")
        if name not in _SWITCHING or any(one.startswith(f"{name}-") for one in installed)
    ]
    rest = {key: value for key, value in said.items() if key != "concurrency"}
    return {**rest, "concurrency": ",".join(names)} if names else rest


def measures(run: Sequence[str]) -> bool:
    """Whether a command is pytest below `coverage run`."""
    words = [*run]
    return "pytest" in words and any(
        words[i : i + 2] == ["coverage", "run"] for i in range(len(words))
    )


def _project(folder: Path) -> dict[str, str]:
    """What of the project's own settings says how to measure; the first file that says anything."""
    for name, section in (
        (".coveragerc", "run"),
        (".coveragerc.toml", "run"),
        ("setup.cfg", "coverage:run"),
        ("tox.ini", "coverage:run"),
        ("pyproject.toml", "tool.coverage.run"),
    ):
        said = _section(folder / name, section)
        if said:
            return {key: _text(said[key]) for key in _KEPT if key in said}
    return {}


def _section(path: Path, name: str) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".toml":
            found: Any = tomllib.loads(text)
            for key in name.split("."):
                found = found.get(key, {})
            return dict(found)
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(text)
        return dict(parser[name]) if name in parser else {}
    except (OSError, ValueError, AttributeError, TypeError, configparser.Error):
        return {}  # whoever reads it will say so


def _text(value: Any) -> str:
    words = value if isinstance(value, list) else str(value).split("\n")
    return ",".join(str(word).strip() for word in words if str(word).strip())


FORMAT = Format(name="coverage.py data", families=(frozenset([".py"]),), read=read)


def _read(path: Path, place: Place) -> Iterator[Coverage]:
    from coverage import CoverageData
    from coverage.exceptions import CoverageException

    if not path.stat().st_size:
        raise Unreadable("is not coverage.py data: it is empty")
    # A data file of a later coverage.py may have another layout.
    data = CoverageData(basename=str(path))
    try:
        data.read()
        for name in data.measured_files():
            where = place.path_of(name)
            if where:
                yield {where: Lines(executed=frozenset(data.lines(name) or ()))}
    except (CoverageException, sqlite3.Error) as error:
        raise Unreadable(f"is not coverage.py data: {error}") from error
    finally:
        data.close(force=True)
