"""What proves an artifact: scopes, the tests taken from them, and what a verdict has to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from factoryline.diagnostics import Span
from factoryline.plan.model.paths import matcher
from factoryline.plan.model.sides import Aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Files that match `glob` need these tests; {path}, {folder} and {stem} are the file's."""

    glob: str
    tests: tuple[str, ...]

    def holds(self, path: str) -> bool:
        return bool(matcher((self.glob,)).match_file(path))

    def tests_for(self, path: str) -> tuple[str, ...]:
        folder, _, name = path.rpartition("/")
        words = {"{path}": path, "{folder}": folder or ".", "{stem}": name.partition(".")[0]}
        found = []
        for test in self.tests:
            for word, value in words.items():
                test = test.replace(word, value)
            found.append(test)
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """The commands that a scope needs before it can run, in its folder.

    locks: the files that decide the result; without them the commands run for every check.
    keeps: the folders that are kept and put into every checkout, beside what lies in {prepared}.
    """

    run: tuple[tuple[str, ...], ...]
    locks: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A way to verify one part of the repository.

    timeout: in seconds. coverage: the format that its runs leave at {coverage}; empty for none.
    requires: programs without which it cannot run. python: what {python} means, as it is said; none
    means the interpreter that runs us. interpreter: its place on this machine.
    inherits: variables that it gets from outside.
    reruns: how often a failed test is run again alone, by the command `again` (or `run`).
    flaky: whether a test that passes then is told (`tell`) or fails the check (`fail`).
    leaves: patterns of what its run may leave in the checkout. inputs: patterns of the paths that
    shape its result; none means every path. reuse: whether an earlier pass may stand for a run.
    of: patterns of what it is about; none where that is to be found out.
    """

    name: str
    span: Aside[Span]
    run: tuple[str, ...]
    report: str
    cwd: str
    env: Mapping[str, str]
    all: tuple[str, ...]
    list: tuple[str, ...]
    timeout: Aside[float]
    coverage: str = ""
    rules: tuple[Rule, ...] = ()
    related: tuple[str, ...] = ()
    map: Aside[tuple[str, ...]] = ()
    requires: Aside[tuple[str, ...]] = ()
    python: str = ""
    interpreter: Aside[Path | None] = None
    inherits: tuple[str, ...] = ()
    prepare: Prepare | None = None
    reruns: int = 0
    again: tuple[str, ...] = ()
    flaky: str = "tell"
    leaves: tuple[str, ...] = ()
    inputs: Aside[tuple[str, ...]] = ()
    reuse: Aside[bool] = True
    of: tuple[str, ...] = ()

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that it cannot do without, as they are named."""
        commands = [self.run, self.list, self.again, *(self.prepare.run if self.prepare else ())]
        named = [*self.requires, *(command[0] for command in commands if command)]
        return tuple(dict.fromkeys(name for name in named if "{" not in name))

    def may_leave(self, path: str) -> bool:
        return bool(self.leaves and matcher(self.leaves).match_file(path))

    @property
    def about(self) -> tuple[str, ...]:
        """The patterns of what it is about, as far as they are said."""
        return self.of or self.inputs

    def reads(self, path: str) -> bool:
        return not self.inputs or bool(matcher(self.inputs).match_file(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A scope and the tests in it that cover an artifact; no tests means the scope's `all`.

    select: `changed` where the tests come from the change. effort: `inner` or `merge`.
    before_merge: `all` where everything runs once more at the end.
    """

    scope: Scope
    tests: tuple[str, ...]
    select: str = ""
    effort: str = "merge"
    before_merge: str = ""

    @property
    def chosen(self) -> tuple[str, ...]:
        return self.tests or self.scope.all


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a verdict has to show about its own scope.

    covers: the least share of changed lines that the selected tests execute; 0 asks for none.
    without: patterns of files whose lines do not count. mutants: how many to try.
    caught: the least share of them that the tests notice; 0 asks for none.
    mutants_timeout: seconds that all of them may take together.
    """

    fails_before: bool = False
    covers: float = 0.0
    without: tuple[str, ...] = ()
    mutants: int = 0
    caught: float = 0.0
    mutants_timeout: Aside[float] = 300.0

    def leaves_out(self, path: str) -> bool:
        return bool(self.without and matcher(self.without).match_file(path))
