"""doit's door to factoryline: `[tool.doit] loader = "factory"` leads here.

Nothing of ours is imported before it is needed: a run with nothing to do ends with what `quick`
knows. doit calls these classes by the names of its own interfaces (doit/cmd_base.py, reporter.py).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from factoryline import plain, terminal
from factoryline.skipping import quick

if TYPE_CHECKING:
    from factoryline.run.factory import Factory
    from factoryline.system.locks import Lock


class Loader:
    """A doit task loader with our way of failing: our text, our exit code, no word from doit."""

    API = 2
    cmd_options = ()

    def __init__(self) -> None:
        plain.ensure()
        self.cmd_names: list[str] = []
        self.config: object = None
        self.task_opts: object = None
        self.lock: Lock | None = None

    def setup(self, opt_values: object) -> None:
        del opt_values

    def load_doit_config(self) -> dict[str, Any]:
        home = quick.find(os.getcwd()) or os.getcwd()
        return {
            "backend": "factory",
            "dep_file": f"{home}/state",
            "check_file_uptodate": HandoffChecker,
            "reporter": Reporter,
            "verbosity": 0,
            # Artifacts do not depend on each other: one that fails keeps no other from going on.
            "continue": True,
            "sort": "definition",
            # A bare `doit forget` says what to name; doit itself ends with a traceback there.
            "forget_disable_default": True,
        }

    def load_tasks(self, cmd: Any, pos_args: Sequence[str]) -> list[Any]:
        name = cmd.get_name()
        Reporter.said = None
        if name == "run" and not pos_args:
            home = quick.find(os.getcwd())
            Reporter.said = quick.answer(home) if home else None
            if Reporter.said is not None:
                return []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop)
        tasks: list[Any] = []
        code = _guarded(lambda: self._load(cmd, pos_args, tasks))
        if code:
            raise SystemExit(code)
        return tasks

    def _load(self, cmd: Any, pos_args: Sequence[str], tasks: list[Any]) -> int:
        from factoryline.drive.engine import take_over, tasks_for
        from factoryline.drive.tasks import told_by_us
        from factoryline.system import heap

        name = cmd.get_name()
        factory = Reporter.factory = _open_factory()
        self.lock = Reporter.lock = take_over(factory, name, pos_args)
        with heap.staying():
            tasks += tasks_for(factory, name, pos_args)
        cmd._execute = told_by_us(cmd._execute, _guarded)
        return 0


class Reporter:
    """The reporter that fits: the line's own, or one that says what is known already."""

    factory: Factory
    lock: Lock | None = None
    said: str | None = None

    def __new__(cls, outstream: TextIO, options: object) -> Any:
        if cls.said is not None:
            return Said(outstream, cls.said)
        from factoryline.drive.reporter import LineReporter

        LineReporter.factory, LineReporter.lock = cls.factory, cls.lock
        return LineReporter(outstream, options)


class Said:
    """A reporter for a run without tasks."""

    def __init__(self, outstream: TextIO, text: str) -> None:
        self.outstream, self.text = outstream, text

    def initialize(self, tasks: object, selected: object) -> None:
        pass

    def complete_run(self) -> None:
        self.outstream.write(terminal.present(self.text, self.outstream))


class Backend:
    """doit's database, opened when it is first asked."""

    desc = "the ledger under state/"

    def __init__(self, name: str, codec: object = None, module_name: str | None = None) -> None:
        del codec, module_name  # doit's; entries have a format of their own
        self.name = name
        self._opened: Any = None

    def _open(self) -> Any:
        if self._opened is None:
            from factoryline.drive.backend import LedgerBackend

            self._opened = LedgerBackend(self.name)
        return self._opened

    def get(self, task: str, key: str) -> Any:
        return self._open().get(task, key)

    def set(self, task: str, key: str, value: object) -> None:
        self._open().set(task, key, value)

    def in_(self, task: str) -> bool:
        return bool(self._open().in_(task))

    def remove(self, task: str) -> None:
        self._open().remove(task)

    def remove_all(self) -> None:
        self._open().remove_all()

    def dump(self) -> None:
        """Nothing is kept back, so nothing is left to write."""


class HandoffChecker:
    """doit's file checker: a ledger entry has changed when its hand-off has, not its bytes."""

    CheckerError = OSError

    def exists(self, path: str) -> bool:
        return os.path.exists(path)

    def info(self, path: str) -> str:
        """An entry that is still to be made is no error: its stage runs first."""
        return path

    def check_modified(self, path: str, status: object, state: object) -> bool:
        from factoryline.drive.backend import has_changed

        del status
        return has_changed(path, state)

    def get_state(self, path: str, current: object) -> None:
        """The state is on record already, as it was before the stage ran."""
        del path, current


def _open_factory() -> Factory:
    from pathlib import Path

    from factoryline.pipeline import compile_factory, find
    from factoryline.run.factory import Factory

    asked = time.time_ns()
    return Factory(compile_factory(find(Path.cwd())), asked)


def _guarded(work: Callable[[], int]) -> int:
    from pathlib import Path

    from factoryline.boundary import guarded

    return guarded(work, log=Path("state/.work/factoryline.log"))


def _stop(number: int, frame: object) -> NoReturn:
    """Unwind, so that running programs are ended with their groups and the lock is given back."""
    from factoryline.drive.reporter import LineReporter
    from factoryline.system import process

    del frame
    LineReporter.interrupted = True
    process.end_all()
    raise SystemExit(128 + number)
