"""From coverage.py's data with a context for each test to a coverage map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from factoryline.selection import shared_state
from factoryline.selection.coverage_map import FileMap, Recording
from factoryline.selection.outline import Outline, outline
from factoryline.selection.shared_state import Lines
from factoryline.selection.tests import function_of


def read_coverage(
    data: Sequence[Path],
    root: Path,
    commit: str,
    blobs: Mapping[str, str],
    read: Callable[[str], str | None],
    *,
    cwd: str = ".",
    cut_short: Iterable[str] = (),
) -> Recording:
    """What the data files of one run of coverage.py say of the files in `blobs` (path to git's id).

    `root` is the checkout and `cwd` the folder in it that the tests ran in; `read` gives a path's
    text at the commit. cut_short: pytest's ids of the tests that failed.
    """
    lines, setup, tests, outside = _contexts(data, root / cwd, cwd, blobs)
    outlines = {
        path: outline(read(path) or "") for path in {*lines, *outside} if path.endswith(".py")
    }
    _spread(lines, setup, tests, outlines)
    shared_state.spread(lines, outlines)
    files = {}
    for path in sorted(lines.keys() | outside.keys()):
        functions = functions_of(outlines.get(path))
        imported = frozenset(
            name
            for name, (first, last) in functions.items()
            if outside.get(path, set()) & set(range(first, last + 1))
        )
        if path in lines or imported:
            files[path] = FileMap(
                blob=blobs[path],
                lines=lines.get(path, {}),
                functions=functions,
                imported=imported,
            )
    failed = {_test(one, cwd, blobs) for one in cut_short}
    return Recording(
        commit=commit, files=files, tests=tuple(tests), cut_short=tuple(sorted(failed))
    )


def _contexts(
    data: Sequence[Path], folder: Path, cwd: str, blobs: Mapping[str, str]
) -> tuple[Lines, Lines, dict[str, int], dict[str, set[int]]]:
    """Lines by test; those that ran while a test was set up once more; numbers of the tests; the
    lines of each file that ran outside of any test.
    """
    from coverage import CoverageData

    kept = CoverageData(no_disk=True)
    for one in data:
        part = CoverageData(basename=str(one))
        part.read()
        kept.update(part)
        part.close(force=True)
    tests: dict[str, int] = {}
    lines: Lines = {}
    setup: Lines = {}
    outside: dict[str, set[int]] = {}
    for file in sorted(kept.measured_files()):
        path = _place(_relative(file, folder), cwd, blobs)
        if path not in blobs:
            continue
        for line, contexts in kept.contexts_by_lineno(file).items():
            if "" in contexts:
                outside.setdefault(path, set()).add(line)
            for context in filter(None, contexts):
                name, _, phase = context.rpartition("|")
                test = _test(name or context, cwd, blobs)
                bit = 1 << tests.setdefault(test, len(tests))
                for kind in (lines, setup) if phase == "setup" else (lines,):
                    found = kind.setdefault(path, {})
                    found[line] = found.get(line, 0) | bit
    kept.close()
    return lines, setup, tests, outside


def _test(name: str, cwd: str, blobs: Mapping[str, str]) -> str:
    """The function of one of pytest's ids, below the repository's top."""
    where, mark, rest = function_of(name).partition("::")
    return _place(where, cwd, blobs) + mark + rest


def _relative(file: str, root: Path) -> str:
    path = Path(file)
    if path.is_absolute():
        try:
            return path.resolve().relative_to(root.resolve()).as_posix()
        except ValueError:
            return file
    return path.as_posix()


def _place(path: str, cwd: str, blobs: Mapping[str, str]) -> str:
    """A path as the repository has it; pytest's ids and coverage's files may start below `cwd`."""
    inside = f"{cwd}/{path}"
    return inside if cwd != "." and inside in blobs else path


def functions_of(whole: Outline | None) -> dict[str, tuple[int, int]]:
    """The lines of each function that run when it is called, by its qualified name."""
    if whole is None:
        return {}
    # The line of `def` itself runs at import.
    return {p.name: (min(p.body, p.last), p.last) for p in whole.functions()}


def _spread(
    lines: Lines, setup: Lines, tests: Mapping[str, int], outlines: Mapping[str, Outline | None]
) -> None:
    """A fixture that is shared runs for the first test alone, and all that use it depend on it.

    What ran in the setup of a test that built a shared fixture counts for every test below the
    fixture's folder that could get it.
    """
    reached: dict[int, int] = defaultdict(int)
    for path, whole in outlines.items():
        for part in whole.functions() if whole else ():
            if not _is_shared(part.head):
                continue
            builders = 0
            for line in range(part.body, part.last + 1):
                builders |= setup.get(path, {}).get(line, 0)
            folder = path.rpartition("/")[0] if path.endswith("conftest.py") else path
            near = [number for test, number in tests.items() if test.startswith(folder)]
            users = sum(1 << number for number in near)
            for number in range(builders.bit_length()):
                if builders >> number & 1:
                    reached[number] |= users
    for path, found in setup.items():
        for line, builders in found.items():
            for number, users in reached.items():
                if builders >> number & 1:
                    lines[path][line] |= users


def _is_shared(head: str) -> bool:
    if "fixture" not in head or "arg='scope'" not in head:
        return False
    wide = ("session", "module", "package", "class")
    return any(f"value={scope!r}" in head for scope in wide)
