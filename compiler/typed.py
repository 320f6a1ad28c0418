"""What a person types to run the line here: `doit`, or `factory` where doit is not ours to name.

Installed apart (pipx, uv tool), `factory` alone is on the path; and where a project has doit tasks
of its own, `doit` runs these. `factory run`, `list`, `info`, `forget` and `clean` do the same.
"""

from __future__ import annotations

import os
from functools import cache

from factoryline.skipping import quick

COMMANDS = ("list", "info", "forget", "clean")
"""doit's commands that `factory` has by the same name."""

FILES = ("pyproject.toml", "doit.cfg")
"""Where doit reads who loads its tasks, in the folder that it is started in."""


def typed(words: str = "") -> str:
    """A command that runs the line, or a part of it: `typed("a:1-build")`, `typed("forget a")`."""
    if doit_is_ours(os.environ.get("PATH", ""), quick.find(os.getcwd()) or os.getcwd()):
        return f"doit {words}".rstrip()
    command = "factory" if words.partition(" ")[0] in COMMANDS else "factory run"
    return f"{command} {words}".rstrip()


@cache
def doit_is_ours(path: str, home: str) -> bool:
    """Whether `doit` is on the path and a factory's folder says that we load its tasks."""
    places = (os.path.join(folder, "doit") for folder in path.split(os.pathsep))
    if not any(os.access(place, os.X_OK) for place in places):
        return False
    return any(_names_us(os.path.join(home, name)) for name in FILES)


def _names_us(file: str) -> bool:
    """Whether a file has a line such as `loader = "factory"`."""
    try:
        with open(file, encoding="utf-8") as text:
            return any(line.translate(_BARE) == "loader=factory" for line in text)
    except (OSError, UnicodeDecodeError):
        return False


_BARE = str.maketrans("", "", " \t\r\n\"'")
