"""The three kinds of failure, and the exit codes they end in.

The user's mistake is told without a traceback, the world's failure with its command and streams,
and anything else is a bug of ours. Exit codes are doit's: 0 done, 1 a stage failed, 2 something
broke while a stage ran, 3 nothing was started.
"""

from __future__ import annotations

import signal
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells its caller; the numbers are doit's."""

    OK = 0
    FAILED = 1
    BROKEN = 2
    REFUSED = 3


class FactoryError(Exception):
    """A failure with a sentence for people. `help` says what to do next."""

    exit_code = ExitCode.BROKEN

    def __init__(self, message: str, *, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return f"{self.message}\nhelp: {self.help}" if self.help else self.message


class UserError(FactoryError):
    """The user asked for something that cannot be."""

    exit_code = ExitCode.REFUSED


class Busy(UserError):
    """Another run holds the lock."""


class WorldError(FactoryError):
    """A program, the disk or the network did not do its part."""


class CommandFailed(WorldError):
    """A program ended with a code that its caller cannot use."""

    def __init__(
        self, argv: tuple[str, ...], code: int | None, out: str, err: str, *, help: str = ""
    ) -> None:
        self.argv, self.code, self.out, self.err = argv, code, out, err
        streams = "\n".join(part for part in (err.strip(), out.strip()) if part)
        command = " ".join(argv)
        super().__init__(f"`{command}` {ending(code)}\n{streams}".rstrip(), help=help)


def ending(code: int | None) -> str:
    """How a program ended: None is the time limit, below 0 is a signal."""
    if code is None:
        return "ran longer than it may"
    if code < 0:
        known = {number.value: number.name for number in signal.Signals}
        return f"was ended by the signal {known.get(-code, -code)}"
    return f"ended with exit code {code}"


class ProgramMissing(WorldError):
    """A program is not on the PATH, or cannot be run."""

    def __init__(self, program: str, *, reason: str = "was not found") -> None:
        super().__init__(
            f"the program `{program}` {reason}",
            help="install it, or put its folder on the PATH",
        )
        self.program = program
