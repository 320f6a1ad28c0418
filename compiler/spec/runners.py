"""What verifies a repository, told by its files: a scope for each runner, in its own folder."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

TESTS = ("tests", "test", "spec", "__tests__")
"""Folders of tests, the likeliest first."""
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
JEST: tuple[str, ...] = ("--ci", "--json", '"--outputFile={report}"')
JEST_COVERAGE: tuple[str, ...] = (
    *("--coverage", "--coverageReporters=lcovonly", '"--coverageDirectory={coverage}"'),
    '"--coverageThreshold={}"',
)
VITEST: tuple[str, ...] = ("--reporter=json", '"--outputFile={report}"')
VITEST_COVERAGE: tuple[str, ...] = (
    *("--coverage.enabled", "--coverage.reporter=lcovonly"),
    '"--coverage.reportsDirectory={coverage}"',
    *(f"--coverage.thresholds.{of}=0" for of in ("lines", "functions", "branches", "statements")),
)
"""How the runners of JavaScript that report alike are called. The thresholds of their configuration
are meant for all tests, and a few are run.
"""
RUNNERS = ("vitest", "jest")
"""The first that a package has."""
SCRIPTS = (
    "test.sh",
    "run_tests.sh",
    "tests.sh",
    "test/run",
    "tests/run",
    "tests/run.sh",
    "script/test",
)


PYTHON = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini")
MOST_DEEP = 2
"""How many folders deep a package of its own is looked for."""
ASIDE = {"node_modules", "vendor", "third_party", "examples", "fixtures"}
"""Folders whose packages are no parts of the product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A way to verify what lies in one folder.

    name: in factory.yaml. said: the runner, for people. lines: under the scope's name. endings: of
    the files that it is about. selects: whether it takes single tests, covers: whether it measures.
    """

    name: str = "tests"
    folder: str = "."
    said: str
    lines: tuple[str, ...]
    endings: tuple[str, ...] = ()
    selects: bool = True
    covers: bool = False

    def concerns(self, path: str) -> bool:
        """Whether a file is one that it is about, as far as its place and ending tell."""
        inside = self.folder == "." or path.startswith(f"{self.folder}/")
        return inside and (not self.endings or path.endswith(self.endings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of one folder of a repository, by their paths below it. top: of the repository."""

    root: Path
    paths: frozenset[str]
    top: Path

    def there(self, *names: str) -> bool:
        return any(name in self.paths for name in names)

    def below(self, folder: str) -> Files:
        start = f"{folder}/"
        inside = (p.removeprefix(start) for p in self.paths if p.startswith(start))
        return Files(root=self.root / folder, paths=frozenset(inside), top=self.top)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders at its top."""
        tops = {path.partition("/")[0] for path in self.paths if "/" in path}
        return tuple(sorted(top for top in tops if not top.startswith(".")))


def scopes_of(files: Files) -> tuple[Scope, ...]:
    """The scopes that fit what lies in a repository: one for each runner, in its own folder."""
    found = list(_packages(files, "."))
    if not found:
        return (_script(files),)
    if len(found) == 1:
        return (found[0],)
    names: dict[str, int] = {}
    named = []
    for scope in found:
        name = scope.said.split()[0] if scope.folder == "." else _word(scope.folder)
        names[name] = names.get(name, 0) + 1
        named.append(replace(scope, name=name if names[name] == 1 else f"{name}-{names[name]}"))
    return tuple(named)


def surfaces_of(files: Files) -> tuple[str, ...]:
    """The top folders that make good surfaces; none where there is but one."""
    folders = [name for name in files.folders if _word(name) == name]
    return tuple(folders) if 1 < len(folders) <= MOST_SURFACES else ()


MOST_SURFACES = 12


def _packages(files: Files, folder: str) -> Iterator[Scope]:
    """A scope for each runner of a folder, and of those below it that are packages."""
    known = [one for make in (_pytest, _node, _go, _cargo) if (one := make(files))]
    yield from (_placed(scope, folder) for scope in known)
    said = {scope.said for scope in known}
    if folder.count("/") + (folder != ".") >= MOST_DEEP:
        return
    for name in files.folders:
        if name in ASIDE or name in TESTS:
            continue
        place = name if folder == "." else f"{folder}/{name}"
        # A workspace's runner at the top tests its members too.
        inner = (one for one in _packages(files.below(name), place) if one.said not in said)
        yield from inner


def _placed(scope: Scope, folder: str) -> Scope:
    if folder == ".":
        return scope
    return replace(scope, folder=folder, lines=(f"cwd: {json.dumps(folder)}", *scope.lines))


def _word(folder: str) -> str:
    """A folder's last name as factory.yaml takes names."""
    word = re.sub(r"[^a-z0-9]+", "-", folder.rpartition("/")[2].lower()).strip("-")
    return word if word[:1].isalpha() else f"a-{word}".rstrip("-")


def _pytest(files: Files) -> Scope | None:
    if not files.there(*PYTHON) and not any(map(_is_python_test, files.paths)):
        return None
    if not any(path.endswith(".py") for path in files.paths) and not files.there(*PYTHON):
        return None
    # An installed project points to where it was installed from, and not to the commit under test.
    src = ("env: {PYTHONPATH: src}",) if "src" in files.folders else ()
    own = _environment(files)
    if own and not _has_coverage(own):
        place = own.relative_to(files.top) / "bin/python"
        return Scope(
            said=f"pytest of {place}, without coverage (`{place} -m pip install coverage` first)",
            lines=(
                "# Install coverage there, and the verdict can say which changed lines ran:",
                '# run: ["{python}", -m, coverage, run, "--data-file={coverage}",',
                '#       -m, pytest, -q, "{tests}", "--junitxml={report}"]',
                "# coverage: coverage-py",
                'run: ["{python}", -m, pytest, -q, "{tests}", "--junitxml={report}"]',
                f"python: {place}",
                *src,
                "report: junit",
                f"all: [{_tests(files)}]",
            ),
            endings=(".py",),
        )
    named = (
        (f"python: {own.relative_to(files.top)}/bin/python",)
        if own
        else (
            "# {python} is the interpreter that runs factoryline: install the project there, or",
            "# say `python: .venv/bin/python`.",
        )
    )
    return Scope(
        said="pytest with coverage",
        lines=(
            *named,
            'run: ["{python}", -m, coverage, run, "--data-file={coverage}",',
            '      -m, pytest, -q, "{tests}", "--junitxml={report}"]',
            *src,
            "report: junit",
            "coverage: coverage-py",
            f"all: [{_tests(files)}]",
        ),
        endings=(".py",),
        covers=True,
    )


def _environment(files: Files) -> Path | None:
    """A package's virtual environment, or the repository's, unless it is the one we run in."""
    for folder in (files.root, files.top):
        for name in (".venv", "venv"):
            place = folder / name
            ours = place.resolve() == Path(sys.prefix).resolve()
            if (place / "bin/python").exists() and not ours:
                return place
    return None


def _has_coverage(environment: Path) -> bool:
    return any(environment.glob("lib/python*/site-packages/coverage"))


def _is_python_test(path: str) -> bool:
    """Whether a file is one of pytest's and unittest's own discovery, at the top or among tests."""
    *folders, name = path.split("/")
    named = fnmatch(name, "test_*.py") or fnmatch(name, "*_test.py")
    return named and (not folders or folders[0] in TESTS)


def _node(files: Files) -> Scope | None:
    if not files.there("package.json"):
        return None
    try:
        package = json.loads((files.root / "package.json").read_text(encoding="utf-8"))
        named = {**package.get("dependencies", {}), **package.get("devDependencies", {})}
    except (OSError, ValueError, AttributeError, TypeError):
        named = {}
    lines = ["requires: [node, npm]"]
    if files.there("package-lock.json"):
        locks = "locks: [package.json, package-lock.json]"
        lines.append(f"prepare: {{run: [[npm, ci]], {locks}, keeps: [node_modules]}}")
    endings = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte")
    runner = next((name for name in RUNNERS if name in named), None)
    if runner is None:
        lines += ["run: [node, --test, --test-reporter=tap]", "report: tap"]
        return Scope(said="node --test", lines=tuple(lines), endings=endings, selects=False)
    # jest measures by itself, vitest by a package of its own.
    covers = runner == "jest" or any(name.startswith("@vitest/coverage-") for name in named)
    lines += _commands(runner, covers=covers)
    lines += ["report: jest-json", f"all: [{_tests(files)}]"]
    return Scope(said=runner, lines=tuple(lines), endings=endings, covers=covers)


def _commands(runner: str, *, covers: bool) -> list[str]:
    """How some tests are run, and those that are related to a change."""
    if runner == "jest":
        words, measured, none = JEST, JEST_COVERAGE, "--coverage=false"
        run, related = "npx, jest", "npx, jest, --findRelatedTests"
    else:
        words, measured, none = VITEST, VITEST_COVERAGE, "--coverage.enabled=false"
        run, related = "npx, vitest, run", "npx, vitest, related, --run"
    options = f"{', '.join(words)},\n      {', '.join(measured if covers else [none])}"
    return [
        f'run: [{run}, {options}, "{{tests}}"]',
        f'related: [{related}, {options}, "{{changed}}"]',
        *(["coverage: lcov"] if covers else []),
    ]


def _go(files: Files) -> Scope | None:
    if not files.there("go.mod"):
        return None
    return Scope(
        said="go test",
        lines=(
            'run: [go, test, -json, -count=1, "{tests}"]',
            "report: go-json",
            'all: ["./..."]',
            'rules: {"**/*.go": ["./{folder}"]}',
        ),
        endings=(".go",),
    )


def _cargo(files: Files) -> Scope | None:
    if not files.there("Cargo.toml"):
        return None
    # A library's lock file is often not committed; cargo then leaves one behind.
    leaves = () if files.there("Cargo.lock") else ("leaves: [Cargo.lock]",)
    return Scope(
        said="cargo test",
        lines=("run: [cargo, test, --no-fail-fast]", "report: cargo", *leaves),
        endings=(".rs", ".toml"),
        selects=False,
    )


def _script(files: Files) -> Scope:
    """A command that tells by its exit code: the likeliest one."""
    script = next((name for name in SCRIPTS if files.there(name)), None)
    command = f"[./{script}]" if script else "[make, test]"
    known = script or files.there(*MAKEFILES)
    said = f"./{script}" if script else "make test"
    return Scope(
        said=said if known else f"{said}; put in what tests this repository",
        lines=(f"run: {command}", "report: exit"),
        selects=False,
    )


def _tests(files: Files) -> str:
    """The folder of the tests; where they lie among the sources, all of it."""
    return next((name for name in TESTS if name in files.folders), '"."')
