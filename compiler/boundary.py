"""Where failures end: three kinds, told apart, printed once. `cli` and doit's plugin stand here."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from factoryline import VERSION
from factoryline.diagnostics import SpecError, StageFailed, render
from factoryline.errors import ExitCode, FactoryError


def guarded(work: Callable[[], int], *, log: Path) -> int:
    """Run `work` and turn a failure into text on stderr and an exit code.

    Our own bugs leave their traceback in the file `log`.
    """
    try:
        return work()
    except BrokenPipeError:
        # Whoever read our output has enough of it.
        sys.stderr.close()
        return ExitCode.OK
    except FactoryError as error:
        sys.stderr.write(explain(error) + "\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing that was finished is lost\n")
        return 130
    except Exception as error:
        trace = traceback.format_exc()
        place = _keep(trace, log)
        sys.stderr.write(
            f"this is a bug in factoryline {VERSION}: {type(error).__name__}: {error}\n"
            f"help: please report it with {place}\n"
        )
        return ExitCode.BROKEN


def explain(error: FactoryError) -> str:
    """The text of an expected failure."""
    if isinstance(error, SpecError):
        return error.message
    if isinstance(error, StageFailed):
        return render([error.diagnostic], root=Path.cwd())
    return f"error: {error}"


def _keep(trace: str, log: Path) -> str:
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(trace, encoding="utf-8")
    except OSError:
        return f"this trace:\n{trace}"
    return str(log)
