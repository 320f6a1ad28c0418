"""Is an entry still true? Every input of a stage as it is now, compared with what it consumed.

The answer is Fresh, or Stale with reasons in sentences; never a bare bool.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from factoryline.cells.base import Asked
from factoryline.cells.table import CELLS
from factoryline.diagnostics import StageFailed, listing, plural
from factoryline.learning.feedback import earlier, feedback
from factoryline.learning.priors import Prior, applying
from factoryline.ledger.entry import Entry
from factoryline.ledger.query import Record
from factoryline.plan import digest
from factoryline.plan.digest import Input, Inputs
from factoryline.plan.model import Artifact, Cell, Source
from factoryline.plan.rounds import Stage, stage_named, walk
from factoryline.run.factory import Factory
from factoryline.system import files


@dataclass(frozen=True, slots=True)
class Fresh:
    """The entry is what a run would give."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Stale:
    """The stage has to run. `reasons` are sentences without a full stop."""

    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return "; ".join(self.reasons)


Freshness = Fresh | Stale


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything that a stage works from, besides the specification.

    last: what it left the last time, if anything.
    pins: what the first stage fixes for the whole line: the base commit, and the artifact whose
    note it got. base: the commit that the artifact is built on. start: where this round starts.
    """

    last: Entry | None
    pins: Mapping[str, str | None]
    base: str
    start: str
    taken: Mapping[str, Entry]
    feedback: Mapping[str, Any] | None
    earlier: tuple[Mapping[str, Any], ...]
    priors: tuple[Prior, ...]
    lessons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an artifact stands: the way over fresh entries, and why the way ends there.

    record: the way and its entries, all of them fresh. stale: why the stage at the end has to run;
    None when the artifact is sealed or blocked.
    """

    record: Record
    stale: Stale | None


def standing(factory: Factory, name: str) -> Standing:
    """Follow an artifact as far as its entries are true."""
    if factory.ledger.sealed(name):
        return Standing(record=factory.record(name), stale=None)
    artifact = factory.plan.artifact(name)
    assert artifact is not None, f"{name} is an artifact of the plan"
    entries: list[Entry] = []
    stale: Stale | None = None

    def outcome(stage: Stage) -> str | None:
        nonlocal stale
        known = next((e for e in entries if e.stage == stage), None)
        if known:
            return known.outcome
        found = freshness(factory, artifact, stage, entries)
        if isinstance(found, Stale):
            stale = found
            return None
        entries.append(found.entry)
        return found.entry.outcome

    way = walk(factory.plan, name, outcome)
    record = Record(artifact=name, way=way, entries=tuple(entries))
    return Standing(record=record, stale=None if way.next is None else stale)


def freshness(
    factory: Factory, artifact: Artifact, stage: Stage, before: Sequence[Entry]
) -> Freshness:
    """Whether the entry of `stage` is still true, given the entries before it on the way."""
    entry = factory.ledger.entry(stage)
    if entry is None:
        return Stale(("it has not run yet",))
    try:
        around = surroundings(factory, artifact, stage, before, entry)
        expected = inputs(factory, artifact, stage, before, around)
    except StageFailed as failed:
        return Stale((failed.message,))
    reasons = tuple(compare(entry.inputs, expected, factory.plan.cell(stage.cell, stage.artifact)))
    return Stale(reasons) if reasons else Fresh(entry)


def compare(recorded: Inputs, expected: Inputs, cell: Cell) -> list[str]:
    """Why two sets of inputs differ, a sentence each; empty when they do not."""
    return [_sentence(name, old, new, cell) for name, old, new in differences(recorded, expected)]


def differences(recorded: Inputs, expected: Inputs) -> list[tuple[str, Input | None, Input | None]]:
    """Each input that is not as it was: its name, what it was and what it is now."""
    pairs = ((n, recorded.get(n), expected.get(n)) for n in sorted({*recorded, *expected}))
    return [
        (name, old, new)
        for name, old, new in pairs
        if old is None or new is None or old.digest != new.digest
    ]


def surroundings(
    factory: Factory,
    artifact: Artifact,
    stage: Stage,
    before: Sequence[Entry],
    last: Entry | None,
) -> Surroundings:
    """What `stage` works from, given the entries before it and what it left the last time."""
    plan = factory.plan
    cell = plan.cell(stage.cell, stage.artifact)
    pins = before[0].pins if before else _pins(factory, artifact, last)
    conflict = next((e for e in reversed(before) if e.outcome == "conflict"), None)
    base = conflict.handoff["before"] if conflict else pins.get("base") or _tip(factory)
    since = before[before.index(conflict) :] if conflict else before
    change = next((e for e in reversed(since) if e.contract == "change"), None)
    newest = {entry.contract: entry for entry in before}
    takes = [contract.name for contract in cell.takes]
    past = [entry for entry in before if (entry.stage.round or 0) < (stage.round or 0)]
    return Surroundings(
        last=last,
        pins=pins,
        base=base,
        start=change.handoff["commit"] if change else base,
        taken={name: newest[name] for name in takes if name in newest},
        feedback=feedback(past) if cell.feedback else None,
        earlier=earlier(past) if cell.feedback and cell.prompt else (),
        priors=applying(plan, factory.ledger, artifact.name),
        lessons=_lessons(factory, pins.get("previous")) if not before else (),
    )


def inputs(
    factory: Factory,
    artifact: Artifact,
    stage: Stage,
    before: Sequence[Entry],
    around: Surroundings,
) -> dict[str, Input]:
    """Every input of a stage, by name: what the specification says and what the ledger adds."""
    cell = factory.plan.cell(stage.cell, stage.artifact)
    found = digest.spec_inputs(factory.plan, artifact, cell, stage)
    taken = before if cell.facts.whole else tuple(around.taken.values())
    for entry in taken:
        found[f"handoff.{entry.stage.id}"] = consumed(entry, cell)
    if cell.facts.in_tree:
        found["base"] = digest.of_value(around.base)
        if around.start != around.base:
            found["start"] = digest.of_value(around.start)
    if cell.facts.priors:
        for prior in around.priors:
            found[f"prior.{prior['id']}"] = digest.of_value(prior)
        if around.lessons:
            found["lessons"] = digest.of_value(list(around.lessons))
    if cell.facts.proves:
        for prior in around.priors:
            if "guard" in prior:
                found[f"prior.{prior['id']}"] = digest.of_value(prior["guard"])
    if around.feedback is not None:
        found["feedback"] = digest.of_value(around.feedback, keep=False)
    if around.earlier:
        found["earlier"] = digest.of_value(list(around.earlier), keep=False)
    found |= _programs(factory, cell)
    if cell.facts.outside:
        asked = Asked(
            plan=factory.plan,
            artifact=artifact,
            cell=cell,
            stage=stage,
            before=before,
            entry=around.last,
            target=lambda: factory.repository,
        )
        found |= CELLS[cell.kind].consumed(asked)
    return found


def consumed(entry: Entry, cell: Cell) -> Input:
    """A hand-off as input of `cell`, or those of its fields that the cell sees."""
    fields = cell.facts.sees.get(entry.contract)
    if fields is None:
        return Input(digest=entry.digest)
    seen = {name: entry.handoff[name] for name in fields}
    return Input(digest=files.digest_json(seen), value={"fields": list(fields)})


def _pins(factory: Factory, artifact: Artifact, last: Entry | None) -> Mapping[str, str | None]:
    """What the first stage fixed, or fixes now. A base once pinned stays until `factory rebase`."""
    if artifact.base:
        # Named outright, it is what factory.yaml says, whatever was pinned before.
        base = _named(factory, artifact.base)
        previous = last.pins.get("previous") if last else _previous(factory, artifact)
        return {"base": base, "previous": previous}
    if last is None:
        return {"base": _tip(factory), "previous": _previous(factory, artifact)}
    return {"base": last.pins.get("base"), "previous": last.pins.get("previous")}


def _tip(factory: Factory) -> str:
    base = factory.plan.target.base
    commit = factory.repository.commit_of(f"refs/heads/{base}")
    if commit is None:
        raise StageFailed(
            f"the target has no branch `{base}` with a commit",
            span=factory.plan.target.span,
            help="commit once, or name the branch: target: {repo: ., base: …}",
        )
    return commit


def _named(factory: Factory, base: Source) -> str:
    commit = factory.repository.commit_of(base.name)
    if commit is None:
        raise StageFailed(
            f"the target has no commit `{base.name}` to start from",
            span=base.span,
            help="name a commit, a tag or a branch of the target",
        )
    return commit


def _previous(factory: Factory, artifact: Artifact) -> str | None:
    """The sealed artifact before this one, whose note its scout gets."""
    names = [a.name for a in factory.plan.artifacts]
    earlier = names[: names.index(artifact.name)]
    return next((name for name in reversed(earlier) if factory.ledger.sealed(name)), None)


def _lessons(factory: Factory, previous: str | None) -> tuple[str, ...]:
    # It may be gone from the plan by now; what the ledger knows of it has not changed by that.
    note = factory.ledger.entry(stage_named(previous, "note")) if previous else None
    if note is None:
        return ()
    confirmed = [d for d in note.handoff["decisions"] if d["verdict"] == "confirmed"]
    decisions = (f"confirmed: {decision['decision']}" for decision in confirmed)
    judged = note.handoff.get("analysis", {}).get("improve", ())
    lessons = (*note.handoff["improve"], *judged, *decisions)
    return tuple(f"{previous}: {lesson}" for lesson in lessons)


def _programs(factory: Factory, cell: Cell) -> dict[str, Input]:
    """The factory's own scripts that a cell runs: their text shapes the result too."""
    found = {}
    for program in cell.programs:
        path = factory.plan.home / program
        if path.is_file():
            digest_now = files.digest_bytes(path.read_bytes())
            found[f"program.{{home}}/{program}"] = Input(digest=digest_now)
    return found


def _sentence(name: str, old: Input | None, new: Input | None, cell: Cell) -> str:
    """`the artifact's goal changed: 2 words`."""
    if old is None:
        return f"{name_of(name, cell)} is new"
    if new is None:
        return f"{name_of(name, cell)} is gone"
    how = _how(old.value, new.value)
    return f"{name_of(name, cell)} changed" + (f": {how}" if how else "")


def _how(old: Any, new: Any) -> str:
    """What is different between two values, in a few words; empty where that cannot be said."""
    if isinstance(old, str) and isinstance(new, str):
        before, after = old.split(), new.split()
        matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
        blocks = (code for code in matcher.get_opcodes() if code[0] != "equal")
        return plural(sum(max(i2 - i1, j2 - j1) for _, i1, i2, j1, j2 in blocks), "word")
    if isinstance(old, dict) and isinstance(new, dict):
        names = {*old, *new}
        return listing(sorted(n for n in names if old.get(n) != new.get(n)), limit=4)
    return ""


def name_of(name: str, cell: Cell) -> str:
    """An input's name as people say it."""
    kind, _, rest = name.partition(".")
    match kind:
        case "artifact":
            return f"the artifact's {rest}"
        case "handoff":
            return f"what {rest} handed on"
        case "scope" | "contract" | "prior":
            return f"the {kind} {rest}"
        case "program":
            return f"the program {rest.removeprefix('{home}/')}"
        case "adopt":
            return f"the recorded work {rest}"
        case "review":
            return f"the recorded review {rest}"
        case "cell":
            return f"the cell {cell.name}"
        case "prompt":
            return f"the template {cell.prompt.name}" if cell.prompt else "the template"
        case "template":
            return f"the template {cell.template.name}" if cell.template else "the template"
        case "agent":
            return f"the agent {cell.agent.name}" if cell.agent else "the agent"
        case "base":
            return "the base commit"
        case "start":
            return "the commit that the round starts from"
        case "surfaces":
            return "the division into surfaces"
        case "earlier":
            return "what earlier rounds had left to mend"
        case "lessons":
            return "the note of the artifact before"
        case _:
            return f"the {name}"
