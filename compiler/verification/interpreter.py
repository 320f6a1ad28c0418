"""What `{python}` means in a scope: the interpreter that it names, or else the one that runs us.

A factoryline that is installed apart (pipx, uv tool) does not have the project's packages.
"""

from __future__ import annotations

import json
import platform
import sys
from functools import cache
from pathlib import Path

from factoryline.errors import ProgramMissing
from factoryline.plan.model import Scope
from factoryline.system import process

_ASK = """import json, os, platform, sys
names = {n for p in sys.path if os.path.isdir(p or ".") for n in os.listdir(p or ".")}
ends = (".dist-info", ".egg-info", ".egg-link")
print(json.dumps([platform.python_version(), *sorted(n for n in names if n.endswith(ends))]))
"""
SECONDS = 60.0
"""How long an interpreter may take to say what it has."""


def of(scope: Scope) -> str:
    """The path of its interpreter."""
    return str(scope.interpreter) if scope.interpreter else process.python()


def installed(scope: Scope) -> tuple[str, ...]:
    """The version of its interpreter, then the packages there with theirs, such as
    `pytest-8.3.4.dist-info`. Nothing where it does not answer.
    """
    return _ours() if scope.interpreter is None else _said(str(scope.interpreter))


def version(scope: Scope) -> tuple[int, int]:
    """Major and minor; (0, 0) where it does not answer."""
    if scope.interpreter is None:
        return sys.version_info[:2]
    found = installed(scope)
    major, minor = found[0].split(".")[:2] if found else ("0", "0")
    return int(major), int(minor)


@cache
def _ours() -> tuple[str, ...]:
    # The names of the folders have name and version; to read what is in each takes as long as a
    # test.
    found: set[str] = set()
    for place in sys.path:
        folder = Path(place or ".")
        if folder.is_dir():
            found.update(one.name for one in folder.iterdir() if one.name.endswith(_INSTALLED))
    return (platform.python_version(), *sorted(found))


@cache
def _said(path: str) -> tuple[str, ...]:
    try:
        done = process.run([path, "-c", _ASK], cwd=Path.cwd(), timeout=SECONDS)
        return tuple(json.loads(done.out)) if done.code == 0 else ()
    except (ProgramMissing, ValueError):
        return ()


_INSTALLED = (".dist-info", ".egg-info", ".egg-link")
