"""Two consecutive releases of a real library as a base and a branch, and the real programs on them.

What is theirs is downloaded into a cache and unpacked below a temporary folder; nothing of it is
kept here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
BASE, RELEASE = "main", "release"
AUTHOR = ("A Maintainer", "maintainer@example.org")

SURFACES = {"source": "src/", "tests": "tests/", "docs": "docs/"}
"""Surfaces and the folder that each is; all else is `other`."""

# From 9 on, pytest warns about an iterator in click's parametrized tests, and click makes warnings
# errors. freezegun is what itsdangerous' tests ask for; neither library needs more to run.
TEST_DEPENDENCIES = ("pytest<9", "freezegun", "coverage>=7.4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Two releases that follow each other. Their source distributions carry their tests."""

    name: str
    older: str
    newer: str


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended."""

    code: int
    out: str
    err: str

    def stages(self) -> list[str]:
        """The names of the stages that ran, in order."""
        return [line.split()[1] for line in self.out.splitlines() if line.startswith(".  ")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The package index as pip knows it.

    python: the interpreter of an environment with the libraries' test dependencies, and without
    the libraries themselves. cache: where source distributions are kept.
    """

    python: Path
    cache: Path

    def source(self, name: str, version: str, folder: Path) -> Path:
        """The unpacked source distribution, below `folder`."""
        archive = self.cache / f"{name}-{version}.tar.gz"
        if not archive.exists():
            # --no-binary for this package alone: what builds its metadata may come as a wheel.
            options = ("--quiet", "--no-deps", "--no-binary", name, "--dest", str(self.cache))
            pip(self.python, "download", *options, f"{name}=={version}")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        return folder / f"{name}-{version}"


def make_index(folder: Path, cache: Path) -> Index:
    """An environment for the libraries' tests in `folder`."""
    must([sys.executable, "-m", "venv", folder])
    python = folder / "bin" / "python"
    pip(python, "install", "--quiet", *TEST_DEPENDENCIES)
    cache.mkdir(parents=True, exist_ok=True)
    return Index(python=python, cache=cache)


class RealLine:
    """A factory in `home` over a library in `product`: the older release on main, the newer one on
    the branch `release`."""

    def __init__(self, folder: Path, library: Library, index: Index) -> None:
        self.library = library
        python = str(index.python)
        self.runner = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        self.covered = [python, "-m", "coverage", "run", "--data-file={coverage}", *self.runner[1:]]
        self.folder = folder
        self.home = folder / "home"
        self.product = folder / "product"
        self.newer = index.source(library.name, library.newer, folder / "unpacked")
        self.older = index.source(library.name, library.older, folder / "unpacked")
        self.product.mkdir()
        self.git("init", "--quiet", f"--initial-branch={BASE}")
        self.base = self._commit(self.older, f"{library.name} {library.older}")
        self.git("switch", "--quiet", "--create", RELEASE)
        self.release = self._commit(self.newer, f"{library.name} {library.newer}")
        self.git("symbolic-ref", "HEAD", f"refs/heads/{BASE}")
        self.git("reset", "--quiet", "--hard")

    def _commit(self, source: Path, message: str) -> str:
        """Commit exactly what lies in `source`; the checkout stays as it is."""
        place = ("--git-dir", str(self.product / ".git"), "--work-tree", str(source))
        # --force: a distribution carries what its own .gitignore would leave out.
        self.git(*place, "add", "--all", "--force", ".", cwd=source)
        self.git(*place, "commit", "--quiet", "--message", message, cwd=source)
        return self.revision("HEAD")

    # Writing

    def write_factory(self, *rounds: Sequence[str], proof: Mapping[str, Any] | None = None) -> None:
        """Write factory.yaml with one artifact, named like the library, that adopts `rounds`."""
        library = self.library
        value = {
            "factoryline": 1,
            "name": library.name,
            "target": {"repo": "../product", "base": BASE},
            "surfaces": {name: [f"{folder}**"] for name, folder in SURFACES.items()},
            "cells": {
                "scout": {"kind": "scout"},
                "build": {"kind": "adopt", "takes": ["memo", "feedback"], "touches": ["**"]},
                "verify": {"kind": "verify", "returns": "build"},
                "package": {"kind": "package"},
                "review": {"kind": "review", "from": "person", "returns": "build"},
            },
            "line": ["scout", "build", "verify", "package", "review"],
            "scopes": {
                "library": {
                    "run": [*self.covered, "{tests}", "--junitxml={report}"],
                    "report": "junit",
                    "coverage": "coverage-py",
                    "env": {"PYTHONPATH": "src"},
                    "all": ["tests"],
                    "list": [*self.runner, "--collect-only", "{tests}"],
                    "timeout": "5m",
                },
            },
            "artifacts": {
                library.name: {
                    "title": f"{library.name} {library.newer}",
                    "goal": f"Everything that {library.newer} fixes and adds works.",
                    "verify": [{"scope": "library"}],
                    "adopt": [list(sources) for sources in rounds],
                    "proof": dict(proof or {}),
                },
            },
        }
        self.home.mkdir(exist_ok=True)
        # JSON is YAML too.
        (self.home / "factory.yaml").write_text(json.dumps(value, indent=2))
        (self.home / "doit.cfg").write_text("[GLOBAL]\nloader = factory\n")

    def write_patch(self, name: str, *paths: str) -> str:
        """A patch in the home with the part of the newer release that git's `paths` mean."""
        self.home.mkdir(exist_ok=True)
        output = f"--output={self.home / name}"
        self.git("diff", "--binary", output, BASE, RELEASE, "--", *paths)
        return name

    # Running

    def doit(self, *arguments: str) -> Ran:
        return run([BIN / "doit", *arguments], cwd=self.home)

    def factory(self, *arguments: str) -> Ran:
        return run([BIN / "factory", *arguments], cwd=self.home)

    def approve(self) -> Ran:
        return self.factory("review", self.library.name, "--approve", "--by", "Someone")

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        name, address = AUTHOR
        known = ("-c", f"user.name={name}", "-c", f"user.email={address}")
        return must(["git", *known, *arguments], cwd=cwd or self.product)

    def pytest(self, folder: Path) -> Ran:
        """The library's own tests, run without any line: what the ledger is compared with."""
        env = bare() | {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
        return run([*self.runner, "tests"], cwd=folder, env=env)

    # Looking

    @property
    def record(self) -> Path:
        """The ledger's folder of the artifact."""
        return self.home / "state" / "factory-artifacts" / self.library.name

    def entry(self, stage: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.record / f"{stage}.json").read_text())
        return value

    def handoff(self, stage: str) -> dict[str, Any]:
        value: dict[str, Any] = self.entry(stage)["handoff"]
        return value

    def report(self) -> dict[str, Any]:
        """The artifact's row."""
        done = self.factory("report", "--format", "json")
        assert done.code == 0, done.err
        row: dict[str, Any]
        [row] = json.loads(done.out)["artifacts"]
        return row

    def revision(self, name: str) -> str:
        return self.git("rev-parse", "--verify", name).strip()

    def has(self, commit: str) -> bool:
        return run(["git", "cat-file", "-e", commit], cwd=self.product).code == 0

    def tree(self, name: str) -> str:
        return self.revision(f"{name}^{{tree}}")

    def tree_of_patches(self, base: str, patches: Iterable[str]) -> str:
        """The tree that the ledger's `patches` give in a fresh clone at `base`."""
        clone = self.folder / "patched"
        self.git("clone", "--quiet", "--no-checkout", str(self.product), str(clone))
        self.git("checkout", "--quiet", "--detach", base, cwd=clone)
        for patch in patches:
            self.git("apply", "--check", str(self.record / patch), cwd=clone)
            self.git("apply", "--index", str(self.record / patch), cwd=clone)
        return self.git("write-tree", cwd=clone).strip()

    def lines_per_surface(self, old: str, new: str) -> dict[str, dict[str, int]]:
        """Lines added and removed, counted from `git diff --numstat` alone."""
        counts = {name: {"added": 0, "removed": 0} for name in [*SURFACES, "other"]}
        parts = iter(self.git("diff", "--numstat", "-z", old, new).split("\0")[:-1])
        for part in parts:
            added, removed, path = part.split("\t")
            if not path:  # renamed: the old path follows, then the new one
                path = [next(parts), next(parts)][1]
            surface = next((n for n, top in SURFACES.items() if path.startswith(top)), "other")
            if added != "-":  # a binary file has no lines
                counts[surface]["added"] += int(added)
                counts[surface]["removed"] += int(removed)
        return counts


def run(
    argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Ran:
    """Run a program to its end, in `env` and nothing else, or on a machine without settings."""
    done = subprocess.run(
        [str(part) for part in argv],
        cwd=cwd,
        env=bare() if env is None else env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def bare() -> dict[str, str]:
    """No git configuration, and none of the variables by which pytest speaks to a pytest in it."""
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "LANG": "C.UTF-8",
    }


def must(
    argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """What a program prints; it has to end well."""
    done = run(argv, cwd=cwd, env=env)
    assert done.code == 0, f"{' '.join(map(str, argv))}\n{done.out}{done.err}"
    return done.out


def pip(python: Path, *arguments: str) -> None:
    """pip with the caller's own settings: they say where the index is and how to reach it."""
    settings = dict(os.environ) | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    must([python, "-m", "pip", *arguments], env=settings)
