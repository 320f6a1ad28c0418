"""Programs in a box made by bubblewrap: all of the disk to read, a few folders to write.

`argv` is pure: it makes a command of a command. `trouble` tries once whether it works here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from factoryline.errors import FactoryError, ProgramMissing
from factoryline.system import files, process

PROGRAM = "bwrap"

TRIAL_SECONDS = 20.0

TEMPORARY = ("/tmp", "/var/tmp")
"""Shown to the program as a private folder; others leave sockets and secrets here."""

SOCKETS = "/run"
"""Shown as empty: what listens there works for whoever asks, outside of any box."""

NAMES = "/etc/resolv.conf"
"""Where names are looked up, on many machines a link into `/run`."""

AGENTS = (
    *("SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "DOCKER_HOST", "XDG_RUNTIME_DIR"),
    *("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"),
)
"""Variables that lead to programs of the user's, which act on request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a program can reach.

    folder: where it starts. writable: folders. fixed: paths in them that stay as they are.
    readable: what it has to see although it lies in a temporary folder. temporary: a folder that it
    sees as `/tmp`. network: whether it has any. root: whether it runs as root, who even without
    rights may write to the machine's settings in `/proc`.
    """

    folder: Path
    writable: tuple[Path, ...]
    temporary: Path
    fixed: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    network: bool = True
    root: bool = field(default_factory=lambda: os.geteuid() == 0)


def argv(command: Sequence[str], box: Box) -> list[str]:
    """The command that runs `command` in a box."""
    return [
        *(PROGRAM, "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--cap-drop", "ALL"),
        *(() if box.network else ("--unshare-net",)),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *(("--remount-ro", "/proc") if box.root else ()),
        *_private(box.temporary),
        # A folder before those within it.
        *_bound("--ro-bind", (p for p in sorted({*map(_real, box.readable)}) if _hidden(p))),
        *_bound("--bind", sorted({*map(_real, box.writable)})),
        *_bound("--ro-bind", map(_real, box.fixed)),
        *("--chdir", str(_real(box.folder)), "--", *command),
    ]


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The variables of a program in a box."""
    # A lock that is only for speed would be refused, and told as an error.
    own = {"TMPDIR": TEMPORARY[0], "GIT_OPTIONAL_LOCKS": "0"}
    return {name: value for name, value in env.items() if name not in AGENTS} | own


def programs(env: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders of the programs on the PATH, with what stands beside them: `lib` beside `bin`."""
    folders = [Path(p) for p in env.get("PATH", "").split(os.pathsep) if os.path.isabs(p)]
    whole = (p.parent if p.name in ("bin", ".bin") else p for p in folders)
    # A folder such as /tmp itself would bring back all that is hidden.
    return tuple(p for p in whole if p.is_dir() and str(_real(p)) not in (*TEMPORARY, SOCKETS, "/"))


@cache
def trouble(*, network: bool = True) -> tuple[str, str]:
    """What keeps programs from running in a box here, and what to do; both empty if nothing."""
    if sys.platform != "linux":
        return "bubblewrap is for Linux only", "leave `sandbox` out, or run the line on Linux"
    with files.temporary_folder() as folder:
        for name in ("work", "tmp"):
            files.make_folder(folder / name)
        work = folder / "work"
        box = Box(folder=work, writable=(work,), temporary=folder / "tmp", network=network)
        try:
            done = process.run(argv(["true"], box), cwd=work, timeout=TRIAL_SECONDS)
        except ProgramMissing:
            return f"`{PROGRAM}` was not found", "install the package `bubblewrap`"
        except (FactoryError, OSError) as error:
            return f"`{PROGRAM}` cannot be run: {error}", "install the package `bubblewrap` anew"
    if done.code == 0:
        return "", ""
    why = (done.err.strip().splitlines() or ["it says nothing"])[0].removeprefix(f"{PROGRAM}: ")
    return (
        f"bubblewrap cannot make a box here: {why}",
        "allow unprivileged user namespaces on this machine (in a container: with its options), "
        "or leave `sandbox` out",
    )


def _private(temporary: Path) -> Iterator[str]:
    if os.path.isdir(SOCKETS):
        yield from ("--tmpfs", SOCKETS)
    names = _real(Path(NAMES))
    if names.is_relative_to(SOCKETS):
        yield from ("--ro-bind-try", str(names), str(names))
    for place in TEMPORARY:
        if os.path.isdir(place) and not os.path.islink(place):
            yield from ("--bind", str(_real(temporary)), place)


def _bound(how: str, paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield from (how, str(path), str(path))


def _hidden(path: Path) -> bool:
    return any(path.is_relative_to(place) for place in (*TEMPORARY, SOCKETS))


def _real(path: Path) -> Path:
    """A path without links, since none can be mounted on."""
    return Path(os.path.realpath(path))
