"""What a change does to tests that were there: deleted, kept from running, asserting less.

All of it may be right. Only a person can tell, so each one is listed with its place for review.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from factoryline.diagnostics import plural
from factoryline.verification.proof import texts
from factoryline.verification.proof.assertions import (
    Assertion,
    TestFunction,
    functions,
    is_collected,
)

Kind = Literal["deleted", "skipped", "loosened", "empty", "left out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a reviewer shall see.

    line: in the new file, or in the old one where the test is gone. statement: what happened.
    """

    kind: Kind
    path: str
    line: int
    test: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A file as it was and as it is; None where there was or is none."""

    path: str
    before: str | None
    after: str | None


def tampering(edits: Sequence[Edit]) -> tuple[Finding, ...]:
    """What was done to the tests in some changed files, by place."""
    python = [one for one in edits if one.path.endswith(".py")]
    others = [one for one in edits if not one.path.endswith(".py")]
    found = list(_python(python))
    for one in others:
        found += [
            Finding(kind=kind, path=one.path, line=line, test=test, statement=statement)
            for kind, line, test, statement in texts.compared(one.path, one.before, one.after)
        ]
    for one in edits:
        found += [
            Finding(kind="left out", path=one.path, line=line, test="", statement=statement)
            for line, statement in texts.left_out(one.path, one.before, one.after)
        ]
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.kind, one.test)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    path: str
    function: TestFunction


def _python(edits: Sequence[Edit]) -> Iterator[Finding]:
    old, new = _tests(edits, "before"), _tests(edits, "after")
    unread = {one.path for one in edits if one.after is not None and functions(one.after) is None}
    added = {place: new[place] for place in new if place not in old}
    for place, before in old.items():
        path, name = place
        if not is_collected(name) or path in unread:
            continue
        after = new.get(place) or _moved(before, added)
        if after is None:
            yield _finding("deleted", before, f"`{name}` was deleted")
        elif not is_collected(after.function.name):
            statement = (
                f"`{name}` is now called `{after.function.name}`, which is not the name of a test"
            )
            yield _finding("deleted", after, statement, test=name)
        else:
            yield from _weaker(before.function, after)
    for place, one in added.items():
        if is_collected(place[1]) and not one.function.checks:
            yield _finding("empty", one, f"`{place[1]}` asserts nothing, so it passes always")


def _tests(edits: Sequence[Edit], side: str) -> dict[tuple[str, str], _Placed]:
    found = {}
    for one in edits:
        text = one.before if side == "before" else one.after
        for name, function in (functions(text) or {}).items() if text is not None else ():
            found[one.path, name] = _Placed(path=one.path, function=function)
    return found


def _moved(before: _Placed, added: Mapping[tuple[str, str], _Placed]) -> _Placed | None:
    """The same test under another name or in another file: same work, or same name elsewhere."""
    name = before.function.name.rpartition("::")[2]
    same = [one for one in added.values() if one.function.body == before.function.body]
    named = [p for (_, n), p in added.items() if n.rpartition("::")[2] == name]
    both = [*same, *named]
    # A copy that no runner collects is no new home as long as there is a better one.
    both.sort(key=lambda one: not is_collected(one.function.name))
    return next(iter(both), None)


def _weaker(before: TestFunction, after: _Placed) -> Iterator[Finding]:
    now = after.function
    skips = list(now.skips)
    for skip in before.skips:
        if skip in skips:
            skips.remove(skip)
    for skip in skips:
        yield _finding("skipped", after, f"`{now.name}` got `{skip}`")
    if now.cases < before.cases:
        cases = f"{plural(now.cases, 'case')} of its parameters, and had {before.cases}"
        yield _finding("loosened", after, f"`{now.name}` has {cases}")
    for line, statement in loosened(before.assertions, now.assertions):
        yield _finding("loosened", after, f"`{now.name}`: {statement}", line=line or now.line)
    if before.checks and not now.checks:
        yield _finding("empty", after, f"`{now.name}` asserts nothing any more")


def loosened(before: Sequence[Assertion], after: Sequence[Assertion]) -> Iterator[tuple[int, str]]:
    """Which assertions are gone or ask for less; the line, or 0 for one that is gone."""
    gone, come = list(before), []
    for one in after:
        same = next((g for g in gone if (g.text, g.swallowed) == (one.text, one.swallowed)), None)
        if same:
            gone.remove(same)
        else:
            come.append(one)
    for old in list(gone):
        new = next((c for c in come if c.text == old.text), None)
        new = new or next((c for c in come if c.subject == old.subject), None)
        if new:
            gone.remove(old)
            come.remove(new)
            yield from _less(old, new)
    # What is left has another subject: an expectation that was rewritten, as far as there is one.
    for old in gone:
        if come:
            yield from _less(old, come.pop(0))
        else:
            yield 0, f"`{old.text}` was taken out"


def _less(old: Assertion, new: Assertion) -> Iterator[tuple[int, str]]:
    became = f"`{old.text}` became `{new.text}`"
    if new.swallowed and not old.swallowed:
        yield new.line, f"the failure of `{new.text}` is caught now"
    elif new.hard == 0 and old.hard:
        yield new.line, f"{became}, which is always true"
    elif new.hard < old.hard:
        yield new.line, f"{became}, which asks for less"
    elif new.tolerance > old.tolerance:
        yield new.line, f"{became}, which allows more"


def _finding(kind: Kind, one: _Placed, statement: str, *, line: int = 0, test: str = "") -> Finding:
    return Finding(
        kind=kind,
        path=one.path,
        line=line or one.function.line,
        test=test or one.function.name,
        statement=statement,
    )


def is_concerned(path: str) -> bool:
    """Whether a file that is no test itself may keep tests from running."""
    return PurePosixPath(path).name in texts.SETTINGS
