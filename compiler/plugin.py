"""doit's door to factoryline: `[tool.doit] loader = "factory"` leads here."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from factoryline.boundary import guarded
from factoryline.pipeline import compile_here
from factoryline.run.engine import FactoryLoader
from factoryline.system import process

T = TypeVar("T")
LOG = Path("state/.work/factoryline.log")


class Loader(FactoryLoader):
    """The loader with our way of failing: our text, our exit code, and no word from doit."""

    compile = staticmethod(compile_here)

    def setup(self, opt_values: object) -> None:
        _or_exit(lambda: super(Loader, self).setup(opt_values))

    def load_tasks(self, cmd: Any, pos_args: Sequence[str]) -> list[Any]:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop)
        return _or_exit(lambda: super(Loader, self).load_tasks(cmd, pos_args))


def _or_exit(work: Callable[[], T]) -> T:
    found: list[T] = []

    def keep() -> int:
        found.append(work())
        return 0

    code = guarded(keep, log=LOG)
    if code:
        raise SystemExit(code)
    return found[0]


def _stop(number: int, frame: object) -> NoReturn:
    """Unwind, so that running programs are ended with their groups and the lock is given back."""
    del frame
    process.end_all()
    raise SystemExit(128 + number)
