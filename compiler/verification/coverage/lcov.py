"""LCOV's tracefile, which c8, jest, vitest, nyc, gcov, grcov, cargo-llvm-cov and others write.

`SF:` opens a file, `DA:line,hits` tells of a line, `end_of_record` closes it; of the rest nothing
is needed here. A file may have several records; its hits add up. Some tools (jest, vitest, c8) are
told a folder and choose the file's name themselves.
"""

from __future__ import annotations

from pathlib import Path

from factoryline.verification.coverage.base import (
    Coverage,
    Format,
    Lines,
    Place,
    Unreadable,
    united,
)

_FAMILIES = (
    ".js .jsx .mjs .cjs .ts .tsx .mts .cts .vue .svelte",
    ".c .cc .cpp .cxx .h .hh .hpp .m .mm",
    ".java .kt .scala",
    *(".go", ".rs", ".swift", ".php", ".rb", ".dart", ".py"),
)


def read(path: Path, place: Place) -> Coverage:
    """The lines of a tracefile. Raises Unreadable."""
    files = sorted(path.rglob("*.info")) if path.is_dir() else [path]
    if not files:
        raise Unreadable("is missing")
    return united(_read(file, place) for file in files)


def _read(path: Path, place: Place) -> Coverage:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Unreadable("is missing") from error
    # jest and nyc write an empty file when no source was loaded: nothing was executed.
    records: list[dict[str, Lines]] = []
    name, hits = "", dict[int, int]()
    for line in text.split("\n"):
        word, _, rest = line.strip().partition(":")
        if word == "SF":
            name, hits = rest, {}
        elif word == "DA":
            number, count = _hits(rest)
            hits[number] = hits.get(number, 0) + count
        elif word == "end_of_record":
            found = place.path_of(name)
            if found:
                records.append({found: _lines(hits)})
            name = ""
        elif word and word not in _KNOWN and not word.startswith("#"):
            raise Unreadable(f"is not LCOV: it has the line {line[:40]!r}")
    if name:
        raise Unreadable(f"is torn: the record of {name} has no end")
    return united(records)


FORMAT = Format(name="LCOV", families=tuple(frozenset(one.split()) for one in _FAMILIES), read=read)

_KNOWN = frozenset(
    "TN SF VER FN FNDA FNF FNH FNL FNA BRDA BRF BRH MCDC MCF MCH DA LF LH end_of_record".split()
)


def _lines(hits: dict[int, int]) -> Lines:
    executed = frozenset(number for number, count in hits.items() if count > 0)
    return Lines(executed=executed, executable=frozenset(hits))


def _hits(text: str) -> tuple[int, int]:
    """`12,3` and, with a checksum, `12,3,abc`. Some tools write hits as 1e+06 or as `-`."""
    number, _, rest = text.partition(",")
    count = rest.partition(",")[0]
    try:
        return int(number), 0 if count in ("-", "=====") else int(float(count))
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"is not LCOV: it has the line 'DA:{text[:40]}'") from error
