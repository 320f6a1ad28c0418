"""Which past changes are tasks, read from the ledger of the line that looked at them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from factoryline.ledger.entry import Entry
from factoryline.ledger.history import is_attempt
from factoryline.ledger.query import recorded
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Artifact, Plan
from factoryline.selection.conventions import goes_with_tests
from factoryline.system.git import Git
from factoryline.trials import goals

FILE = "tasks.json"
"""Where the tasks of a repository are kept, beside the factory.yaml of the line that found them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An exercise. hidden: tests that fail on the base and pass with the change, as reported;
    unnamed: how many more. tests, sources: the paths of the change. removed: what was taken out
    of its message. lines: added and removed by surface.
    """

    name: str
    commit: str
    base: str
    goal: str
    removed: tuple[str, ...]
    hidden: tuple[str, ...]
    unnamed: int
    tests: tuple[str, ...]
    sources: tuple[str, ...]
    lines: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "commit": self.commit,
            "base": self.base,
            "goal": self.goal,
            "removed": list(self.removed),
            "hidden": list(self.hidden),
            "unnamed": self.unnamed,
            "tests": list(self.tests),
            "sources": list(self.sources),
            "lines": {name: dict(count) for name, count in self.lines.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A change that is no task, and why."""

    name: str
    commit: str
    reason: str

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "commit": self.commit, "reason": self.reason}


def found(plan: Plan, ledger: Ledger, git: Git) -> Iterator[Task | Unusable | None]:
    """Each change of the line, in order; None for one that was not looked at yet."""
    for artifact in plan.artifacts:
        record = recorded(plan, ledger, artifact.name)
        verdict, change = record.last("verdict"), record.last("change")
        if verdict is None or change is None:
            yield _failed(artifact, ledger)
            continue
        why = _why_not(verdict)
        if why:
            yield Unusable(name=artifact.name, commit=artifact.source, reason=why)
        else:
            yield _task(artifact, verdict, change, git)


def _failed(artifact: Artifact, ledger: Ledger) -> Unusable | None:
    """A change whose tests could not be run at all, such as on a base that is broken."""
    events = [e for e in ledger.history(artifact.name).events() if is_attempt(e)]
    last = events[-1] if events else None
    if last is None or last["event"] == "finished":
        return None
    reason = last.get("reason") or "; ".join(last.get("reasons", ())) or last["event"]
    return Unusable(name=artifact.name, commit=artifact.source, reason=str(reason))


def _why_not(verdict: Entry) -> str:
    before = verdict.handoff["proof"]["before"]
    failed = [check for check in verdict.handoff["checks"] if check["outcome"] == "fail"]
    if failed:
        return f"{failed[0]['scope']}: {failed[0]['reason']}"
    if before is None or before["outcome"] != "pass":
        return (
            str(before["reason"] if before else "nothing was proven") or "nothing fails before it"
        )
    return ""


def _task(artifact: Artifact, verdict: Entry, change: Entry, git: Git) -> Task:
    base, commit = change.handoff["base"], change.handoff["commit"]
    paths = [file["path"] for file in change.handoff["files"]]
    before = verdict.handoff["proof"]["before"]
    body = artifact.goal if artifact.goal != artifact.title else ""

    def is_new(word: str) -> bool:
        """Whether the change brings a word that its base does not have."""
        bare = re.sub(r"\W+$|^\W+", "", word)
        return bool(bare) and _has(git, commit, bare) and not _has(git, base, bare)

    goal = goals.goal_of(artifact.title, body, paths=paths, is_new=is_new)
    return Task(
        name=artifact.name,
        commit=artifact.source,
        base=base,
        goal=goal.text,
        removed=goal.removed,
        hidden=tuple(test["test"] for test in before["tests"]),
        unnamed=before["unnamed"],
        tests=tuple(path for path in paths if goes_with_tests(path)),
        sources=tuple(path for path in paths if not goes_with_tests(path)),
        lines=change.handoff["surfaces"],
    )


def _has(git: Git, commit: str, text: str) -> bool:
    return git.succeeds("grep", "-q", "-I", "-w", "-F", "-e", text, commit)
