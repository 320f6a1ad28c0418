"""What a run prints: a line a stage, and at the end where every artifact stands.

doit calls this class by the names of its own reporter interface (doit/reporter.py).
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, ClassVar, TextIO

from factoryline import terminal
from factoryline.contracts.render import duration
from factoryline.drive.backend import ignored, stage_of
from factoryline.drive.signs import Signs, begun, clear
from factoryline.run.admission import resting
from factoryline.run.factory import Factory
from factoryline.run.factory import ignored as ignored_ledger
from factoryline.run.stage import settle
from factoryline.skipping.certificate import certify, last_words
from factoryline.skipping.survey import survey
from factoryline.system import files
from factoryline.system.locks import Lock
from factoryline.typed import typed

if TYPE_CHECKING:
    from factoryline.drive.live import Display


class LineReporter:
    """One line for each stage that ran, none for those that are fresh."""

    desc = "one line a stage, and where every artifact stands"
    factory: ClassVar[Factory]
    """Set by the loader: doit makes the reporter and knows nothing of ours."""
    lock: ClassVar[Lock | None] = None
    """The lock that the run holds; a run that is broken off does not give it back."""
    interrupted: ClassVar[bool] = False
    """Set when a signal ends the run."""
    broken: ClassVar[bool | None] = None
    """Whether a stage ended in something else than a failure of its own; None before any run. For
    doit, what comes after a failure and cannot run is broken too."""

    def __init__(self, outstream: TextIO, options: object) -> None:
        del options
        self.outstream = outstream
        self.failures: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.ran = 0
        folder = self.factory.ledger.work / "running"
        self.signs = Signs(folder=folder, say=self._name)
        self._writing = threading.Lock()
        self._display: Display | None = None

    def initialize(self, tasks: object, selected: object) -> None:
        del tasks, selected
        LineReporter.broken = False
        clear(self.signs.folder)

    def get_status(self, task: object) -> None:
        pass

    def execute_task(self, task: Any) -> None:
        # What may take long is announced at once; the rest when it does.
        stage = stage_of(task.name)
        if stage and not resting(self.factory, stage):
            spends = self.factory.plan.cell(stage.cell).facts.spends
            self.signs.begin(task.name, at_once=spends)

    def add_success(self, task: Any) -> None:
        self.signs.end(task.name)
        said = task.values
        if said.get("state") == "done":
            self.ran += 1
            took = duration(said["seconds"])
            self._write(f".  {task.name}  {said['summary']}  ({took})")
            for line in said["left"]:
                self._write(f"   {line}")

    def add_failure(self, task: Any, failure: Any) -> None:
        self.signs.end(task.name)
        self.failures.append({"task": task, "exception": failure})
        if failure.get_name() == "UnmetDependency":
            return  # what it rests on has said why
        LineReporter.broken = LineReporter.broken or failure.get_name() != "TaskFailed"
        self._write(f"!  {task.name}")
        self._write(failure.get_msg().rstrip())

    def skip_uptodate(self, task: Any) -> None:
        pass

    def skip_ignore(self, task: Any) -> None:
        # doit skips what comes after an ignored task alike; only forgetting that one ends it.
        if task.name in ignored(self.factory.ledger):
            self._write(f"!! {task.name}  ignored (`{typed(f'forget {task.name}')}` ends that)")

    def cleanup_error(self, exception: Any) -> None:
        sys.stderr.write(exception.get_msg())

    def runtime_error(self, message: str) -> None:
        LineReporter.broken = True
        self.errors.append(message)

    def teardown_task(self, task: object) -> None:
        pass

    def complete_run(self) -> None:
        self.signs.close()
        if self._display:
            self._display.end()
        for message in self.errors:
            self._write(message)
        if self.interrupted:
            settle()
            self._write("interrupted; nothing that was finished is lost")
            return
        found = survey(self.factory)
        failed = bool(self.failures or self.errors)
        self._write(last_words(found.states, ran=self.ran, failed=failed).removesuffix("\n"))
        kept = self.ran and self.factory.plan.target.repo
        line = ignored_ledger(self.factory.plan.home) if kept else ""
        if line:
            self._write(f"warning: git ignores the ledger ({line}); a clone would run it all again")
        certify(self.factory, found)
        # After an exit in the middle a worker may still be at work: the lock goes with the process.
        if self.lock and sys.exc_info()[0] is None:
            self.lock.release()

    def _name(self, stage: str, began: float) -> None:
        """A stage takes its time: on a terminal it is drawn, elsewhere a line says so."""
        if not terminal.is_one(self.outstream):
            self._write(begun(stage, began))
            return
        with self._writing:
            if self._display is None:
                # Heavy, and most runs are over before they need it.
                from factoryline.drive.live import Display

                self._display = Display(self.factory, self.outstream, lambda: self.signs.named)
            self._display.begin()

    def _write(self, line: str) -> None:
        text = terminal.present(line, self.outstream)
        try:
            with self._writing:
                if self._display:
                    self._display.write(text)
                else:
                    self.outstream.write(text + "\n")
                    self.outstream.flush()
        except BrokenPipeError:
            # Whoever read has enough of it; the run goes on.
            files.discard_output(self.outstream)
