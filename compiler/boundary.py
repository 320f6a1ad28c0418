"""Where failures end: three kinds, told apart, each with its text and its exit code.

`cli`, doit's plugin and a stage's task stand on this boundary; nothing else catches everything.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from factoryline import VERSION, terminal
from factoryline.diagnostics import SpecError, StageFailed, render, shown
from factoryline.errors import ExitCode, FactoryError
from factoryline.system import secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure for people: what to print, and how to exit."""

    text: str
    code: ExitCode


def failure_of(error: Exception, *, root: Path, log: Path) -> Failure:
    """What to say about an exception, with secrets masked: it may quote what a program printed.

    `root` is the folder that positions are relative to. The traceback of a bug goes to `log`.
    """
    failure = _failure_of(error, root=root, log=log)
    # A sentence may quote what somebody put into a file: none of it moves a terminal's cursor.
    text = "\n".join(shown(line.expandtabs(4)) for line in secrets.mask(failure.text).split("\n"))
    return Failure(text=text, code=failure.code)


def _failure_of(error: Exception, *, root: Path, log: Path) -> Failure:
    if isinstance(error, StageFailed):
        text = render([error.diagnostic], root=root)
        text = "\n".join(part for part in (text, error.detail) if part)
        return Failure(text=text, code=error.exit_code)
    if isinstance(error, SpecError):
        return Failure(text=error.message, code=error.exit_code)
    if isinstance(error, FactoryError):
        return Failure(text=f"error: {error}", code=error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        place = f" ({error.filename})" if error.filename else ""
        text = f"error: {error.strerror}{place}\nhelp: {_HELP.get(error.errno or 0, _LOOK)}"
        return Failure(text=text, code=ExitCode.BROKEN)
    place = _keep(error, log)
    text = (
        f"this is a bug in factoryline {VERSION}: {type(error).__name__}: {error}\n"
        f"help: please report it with {place}"
    )
    return Failure(text=text, code=ExitCode.BROKEN)


_LOOK = "look at what lies there, then run again; nothing finished is lost"
_ELSE = "something else lies there than belongs there; move it away, or restore it from git"
_HELP = {
    **dict.fromkeys((errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EEXIST, errno.ENXIO), _ELSE),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room, then run again"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "fix its rights, then run again"),
}
"""What to do where the disk refuses, and nobody nearer to it knew better."""


def guarded(work: Callable[[], int], *, log: Path) -> int:
    """Run `work` and turn a failure into text on stderr and an exit code."""
    try:
        return work()
    except BrokenPipeError:
        # Whoever read our output has enough of it.
        sys.stderr.close()
        return ExitCode.OK
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing that was finished is lost\n")
        return 130
    except Exception as error:
        failure = failure_of(error, root=Path.cwd(), log=log)
        sys.stderr.write(terminal.present(failure.text, sys.stderr) + "\n")
        return failure.code


def _keep(error: Exception, log: Path) -> str:
    import traceback

    trace = secrets.mask("".join(traceback.format_exception(error)))
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(trace, encoding="utf-8")
    except OSError:
        return f"this trace:\n{trace}"
    return str(log)
