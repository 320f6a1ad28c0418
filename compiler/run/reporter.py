"""What a run prints: a line a stage, and at the end where every artifact stands.

doit calls this class by the names of its own reporter interface (doit/reporter.py).
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar, TextIO

from factoryline.contracts.render import duration
from factoryline.diagnostics import listing, plural
from factoryline.run import status
from factoryline.run.backend import stage_of
from factoryline.run.factory import Factory


class LineReporter:
    """One line for each stage that ran, none for those that are fresh."""

    desc = "one line a stage, and where every artifact stands"
    factory: ClassVar[Factory]
    """Set by the loader: doit makes the reporter and knows nothing of ours."""

    def __init__(self, outstream: TextIO, options: object) -> None:
        del options
        self.outstream = outstream
        self.failures: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.ran = 0

    def initialize(self, tasks: object, selected: object) -> None:
        pass

    def get_status(self, task: object) -> None:
        pass

    def execute_task(self, task: Any) -> None:
        # Only what may take long is announced; the rest speaks when it is done.
        stage = stage_of(task.name)
        if stage and self.factory.plan.cell(stage.cell).kind in ("agent", "command"):
            self._write(f">  {task.name}")

    def add_success(self, task: Any) -> None:
        said = task.values
        if said.get("state") == "done":
            self.ran += 1
            took = duration(said["seconds"])
            self._write(f".  {task.name}  {said['summary']}  ({took})")

    def add_failure(self, task: Any, failure: Any) -> None:
        self.failures.append({"task": task, "exception": failure})
        if failure.get_name() == "UnmetDependency" and task.has_subtask:
            return
        self._write(f"!  {task.name}")
        self._write(failure.get_msg().rstrip())

    def skip_uptodate(self, task: Any) -> None:
        pass

    def skip_ignore(self, task: Any) -> None:
        self._write(f"!! {task.name}  ignored (`doit forget {task.name}` ends that)")

    def cleanup_error(self, exception: Any) -> None:
        sys.stderr.write(exception.get_msg())

    def runtime_error(self, message: str) -> None:
        self.errors.append(message)

    def teardown_task(self, task: object) -> None:
        pass

    def complete_run(self) -> None:
        for message in self.errors:
            self._write(message)
        states = [status.state(self.factory, a.name) for a in self.factory.plan.artifacts]
        for state in states:
            said = state.kind in ("failed", "blocked") and self.failures
            if state.kind not in ("sealed", "due") and not said:
                self._write(f"{state.mark}  {state.artifact}  {state.sentence}")
                if state.command:
                    self._write(f"   {state.command}")
        self._write(self._last_line(states))

    def _last_line(self, states: list[status.State]) -> str:
        sealed = [state.artifact for state in states if state.kind == "sealed"]
        of = f"{len(sealed)} of {plural(len(states), 'artifact')} sealed"
        if self.ran:
            return f"ran {plural(self.ran, 'stage')}; {of}"
        if self.failures or self.errors:
            return f"ran nothing to its end; {of}"
        if len(sealed) == len(states):
            return f"nothing to do: {listing(sealed, limit=5)} {_are(len(sealed))} sealed"
        return f"nothing to do; {of}"

    def _write(self, line: str) -> None:
        self.outstream.write(line + "\n")
        self.outstream.flush()


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
