"""The proof of a verdict: what its scopes show beyond that they pass, and what they cannot show."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from factoryline.diagnostics import StageFailed
from factoryline.plan.model import Proof, Scope
from factoryline.selection.conventions import goes_with_tests
from factoryline.selection.differences import alike
from factoryline.system.diffs import FileChange
from factoryline.system.git import Git
from factoryline.verification.coverage.base import Lines, Place, Unreadable, united
from factoryline.verification.coverage.coverage_py import measures
from factoryline.verification.coverage.table import FORMATS
from factoryline.verification.proof import before, mutants, restored, sentences, told
from factoryline.verification.proof.before import Before
from factoryline.verification.proof.covers import Changed, covered, parsed, read_source
from factoryline.verification.proof.languages.base import Mutant
from factoryline.verification.proof.tampering import Edit, is_concerned, tampering
from factoryline.verification.reports.base import Test
from factoryline.verification.scopes import Checked, attempt

Clean = Callable[[str, str], AbstractContextManager[Path]]
"""A clean checkout of a commit, for the time of a block; the text tells several apart."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is to be proven, from what.

    checked: every scope's run on the change, in the checkout `here`. clean: further checkouts.
    scratch: takes the logs of further runs.
    """

    proof: Proof
    repository: Git
    base: str
    commit: str
    checked: Sequence[Checked]
    here: Path
    clean: Clean
    scratch: Path

    @property
    def passes(self) -> bool:
        return all(not one.ran.trouble for one in self.checked)

    @cached_property
    def files(self) -> tuple[FileChange, ...]:
        return self.repository.changed_files(self.base, self.commit)

    @cached_property
    def changed(self) -> Changed:
        """The lines that the change added or modified, without what the proof leaves out."""
        lines = {one.path: self._lines(one) for one in self.files if one.status != "D"}
        return {p: found for p, found in lines.items() if found and not self.proof.leaves_out(p)}

    def _lines(self, one: FileChange) -> frozenset[int]:
        if one.old_blob == one.new_blob:
            return frozenset()  # moved as it is, or other rights alone
        if one.status in "AT":
            place = self.here / one.path
            data = place.read_bytes() if place.is_file() and not place.is_symlink() else b""
            return frozenset(range(1, data.count(b"\n") + 2))
        hunks = self.repository.hunks(one.old_blob, one.new_blob)
        lines = {n for h in hunks for n in range(h.new_first, h.new_first + h.new_count)}
        if one.path.endswith(".py"):
            # No test is chosen for them, since none could tell the difference.
            before = self.repository.read(self.base, one.old_path or one.path)
            lines -= alike(before, self.repository.read(self.commit, one.path))
        return frozenset(lines)

    @cached_property
    def edits(self) -> tuple[Edit, ...]:
        """The changed files of tests and of their settings, as they were and as they are."""
        found = []
        for one in self.files:
            old = one.old_path or one.path
            if any(goes_with_tests(p) or is_concerned(p) for p in (old, one.path)):
                was = None if one.status in "AC" else self.repository.read(self.base, old)
                now = None if one.status == "D" else self.repository.read(self.commit, one.path)
                found.append(Edit(path=one.path, before=was, after=now))
        return tuple(found)

    @cached_property
    def testing(self) -> tuple[Checked, ...]:
        """The scopes that count tests; all of them where none does."""
        counting = tuple(one for one in self.checked if one.ran.report is not None)
        return counting or tuple(self.checked)

    @cached_property
    def coverage(self) -> dict[str, dict[str, Lines] | str]:
        """The lines that each scope ran, by the scope's name; or why that is not known."""
        found: dict[str, dict[str, Lines] | str] = {}
        for one in self.checked:
            scope = one.selection.scope
            if scope.coverage:
                ran_in = one.place or self.here
                place = Place(checkout=ran_in, cwd=ran_in / scope.cwd, here=self.here)
                try:
                    read = FORMATS[scope.coverage].read(one.ran.coverage, place)
                    found[scope.name] = dict(read)
                except Unreadable as unreadable:
                    found[scope.name] = str(unreadable)
        return found


def prove(case: Case) -> dict[str, Any]:
    """The proof as it stands in a verdict."""
    told_before = _before(case) if case.proof.fails_before else None
    return {
        "before": told_before,
        "covers": _covers(case),
        "mutants": _mutants(case) if case.proof.mutants else None,
        "tests": _tests(case),
    }


def failures(proof: dict[str, Any]) -> list[str]:
    """Why a proof does not hold, a sentence each."""
    parts = (proof[name] for name in ("before", "covers", "mutants"))
    return [part["reason"] for part in parts if part and part["outcome"] == "fail"]


def _before(case: Case) -> dict[str, Any]:
    if not case.passes:
        return told.before({}, unknown=sentences.FAILING)
    try:
        return _on_the_base(case)
    except StageFailed as failure:
        # Its checkout cannot be made ready, such as with packages that are gone.
        return told.before({}, unknown=failure.message)


def _on_the_base(case: Case) -> dict[str, Any]:
    found: dict[str, Before] = {}
    with case.clean(case.base, "-before") as there:
        tests = before.put_tests(Git(there), case.commit, case.files)
        new = before.new_tests(case.edits)
        for one in case.testing:
            scope = one.selection.scope
            log = case.scratch / f"{scope.name}-before"
            try:
                then = attempt(scope, one.selection.chosen, there, log)
                found[scope.name] = before.compare(
                    one.ran, then, here=one.place or case.here, there=there, new=new
                )
            except StageFailed as failure:
                found[scope.name] = Before(unknown=failure.message)
    product = [one.path for one in case.files if not goes_with_tests(one.path)]
    return told.before(found, tests=tests, product=product)


def _covers(case: Case) -> dict[str, Any] | None:
    """The lines that ran; None where no scope tells."""
    if not case.coverage:
        return None
    read = {name: one for name, one in case.coverage.items() if not isinstance(one, str)}
    # A runner whose tests fail may leave none; that they fail is the verdict, and all to mend.
    failing = {one.selection.scope.name for one in case.checked if one.ran.trouble}
    missing = {name: one for name, one in case.coverage.items() if isinstance(one, str)}
    lost = {name: why for name, why in missing.items() if name not in failing}
    kinds = {one.selection.scope.name: one.selection.scope.coverage for one in case.checked}
    endings = [FORMATS[kinds[name]].endings(report) for name, report in read.items()]
    _measured(case, read, lost)
    found = covered(
        case.changed, united(read.values()), case.here, endings=frozenset().union(*endings)
    )
    without = [one.path for one in case.files if case.proof.leaves_out(one.path)]
    unknown = "" if read or lost else sentences.FAILING
    return told.covers(found, asked=case.proof.covers, lost=lost, without=without, unknown=unknown)


def _measured(case: Case, read: Mapping[str, Mapping[str, Lines]], lost: Mapping[str, str]) -> None:
    """Raise StageFailed where pytest ran below coverage.py, and left no line that it ran.

    Its own tests are measured too, so that this says nothing about the change.
    """
    for one in case.checked:
        scope = one.selection.scope
        if scope.coverage != "coverage-py" or not measures(scope.run) or one.ran.trouble:
            continue
        own = tuple(_place(scope, test) for test in one.selection.chosen)
        seen = (path for path, lines in read.get(scope.name, {}).items() if lines.executed)
        ran = any(goes_with_tests(path) or path.startswith(own) for path in seen)
        if scope.name in lost or not ran:
            why = lost.get(scope.name, "names no line, not even of the tests that passed")
            raise StageFailed(
                f"the scope `{scope.name}` passes, but measuring it failed: its data {why}",
                span=scope.span,
                help="something else measures, or runs the tests in other processes; "
                f"`factory logs` shows the run, and {one.ran.coverage.name} is its data",
            )


def _place(scope: Scope, test: str) -> str:
    """A test's file in the repository, or the folder of some; empty for all of it."""
    return PurePosixPath(scope.cwd, test.partition("::")[0]).as_posix().removeprefix(".")


def _mutants(case: Case) -> dict[str, Any]:
    asked = case.proof
    if not case.passes:
        return told.mutants(None, asked=asked, unknown=sentences.FAILING)
    seed = case.repository.tree_of(case.commit)
    choice = mutants.choose(case.changed, case.here, asked.mutants, seed=seed)
    if not choice.chosen:
        why = "".join(f"; {path}: {why}" for path, why in choice.unknown[:1])
        return told.mutants(
            mutants.Tried(unknown=choice.unknown),
            asked=asked,
            unknown=f"no changed line can be mutated{why}",
        )
    seconds = sum(one.ran.done.seconds for one in case.testing)
    with case.clean(case.commit, "-mutants") as place:
        found = mutants.tried(
            choice.chosen,
            place,
            lambda one, limit: _try(case, one, place, limit),
            seconds=seconds,
            budget=asked.mutants_timeout,
        )
    found = dataclasses.replace(found, possible=choice.possible, unknown=choice.unknown)
    return told.mutants(found, asked=asked)


def _try(case: Case, mutant: Mutant, place: Path, limit: float) -> mutants.End:
    """Run every scope that runs the mutant's line, until one of them notices."""
    end: mutants.End = "not run"
    for one in case.testing:
        if not _runs(case, one, mutant):
            continue
        scope = dataclasses.replace(one.selection.scope, timeout=limit)
        log = case.scratch / f"{scope.name}-mutant"
        ran = attempt(scope, one.selection.chosen, place, log, env=_FIRST_FAILURE)
        if ran.done.timed_out:
            return "hung"
        if ran.trouble:
            return "caught"
        end = "survived"
    return end


_FIRST_FAILURE = {"PYTEST_ADDOPTS": "-x"}
"""One failing test says it all. Other runners do not look at this."""


def _runs(case: Case, one: Checked, mutant: Mutant) -> bool:
    """Whether a scope's tests run the line of a mutant, as far as its coverage tells."""
    report = case.coverage.get(one.selection.scope.name)
    if report is None or isinstance(report, str):
        return True
    lines = report.get(mutant.path)
    if lines is None:
        return False
    if not mutant.path.endswith(".py"):
        # Of a statement over several lines, some tools tell the first line alone.
        told = lines.executable is not None and mutant.line in lines.executable
        return not told or mutant.line in lines.executed
    known = parsed(read_source(case.here / mutant.path) or "")
    if known is None:
        return True
    start = known.start.get(mutant.line, mutant.line)
    return any(known.start.get(line, line) == start for line in lines.executed)


def _tests(case: Case) -> dict[str, Any]:
    """What was done to tests, and what they do on the change when they are as they were."""
    findings = tampering(case.edits)
    paths = restored.concerned(findings)
    if not paths or not case.passes:
        return told.tests(findings, {})
    ran: list[Test] = []
    with case.clean(case.commit, "-as-it-was") as place:
        restored.put_back(Git(place), case.base, case.files, paths)
        for one in case.testing:
            scope = one.selection.scope
            log = case.scratch / f"{scope.name}-as-it-was"
            with contextlib.suppress(StageFailed):
                ran += attempt(scope, restored.tests_for(one.selection, paths), place, log).tests
    old = {one.path: one.old_path or one.path for one in case.files}
    return told.tests(findings, restored.outcomes(findings, ran, old))
