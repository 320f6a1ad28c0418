"""adopt: recorded work takes the place of an agent's, so a line can be tried without a model.

A patch or a commit is the work of the round that names it. A branch is followed: each round brings
what is new on it, and is pinned to the commit that the branch was at when the round was taken.
"""

from __future__ import annotations

from collections.abc import Sequence

from factoryline.cells.base import Asked, Job, Result, Waiting
from factoryline.diagnostics import StageFailed, listing, plural
from factoryline.errors import CommandFailed
from factoryline.ledger.entry import Entry
from factoryline.plan.digest import Input, of_value
from factoryline.plan.model import Artifact, Plan, Source
from factoryline.plan.rounds import OPENS, WHY, Stage
from factoryline.system import files
from factoryline.system.git import Git
from factoryline.typed import typed


def run(job: Job) -> Result | Waiting:
    waits = waiting(job.plan, job.repository, job.artifact, job.stage, job.record.entries)
    if waits:
        return waits
    taken = sources(job.plan, job.repository, job.artifact, job.stage)
    if not taken:
        raise StageFailed(
            f"{job.artifact.name} has no recorded work for round {job.stage.round}",
            span=job.artifact.span,
            help=f"`adopt` holds {plural(len(job.artifact.adopt), 'round')}; add the next one, "
            "or name a branch: each round takes what is new on it",
        )
    revisions = [apply(job, source) for source in taken]
    summary = f"adopted {', '.join(source.name for source in taken)}"
    only = revisions[0] if len(revisions) == 1 else None
    if only is None:
        return Result(summary=summary, by="adopt")
    return Result(
        summary=summary,
        by="adopt",
        author=job.repository.signature_of(only),
        message=job.repository.message_of(only),
    )


def sources(plan: Plan, repository: Git, artifact: Artifact, stage: Stage) -> tuple[Source, ...]:
    """What a round takes: what `adopt` says of it; past that, the branches of its last round."""
    rounds, number = artifact.adopt, stage.round or 1
    if number <= len(rounds):
        return rounds[number - 1]
    last = rounds[-1] if rounds else ()
    return tuple(source for source in last if follows(plan, repository, source))


def follows(plan: Plan, repository: Git, source: Source) -> bool:
    """Whether a source is a branch; one that a clone lacks is still one."""
    if (plan.home / source.name).is_file():
        return False
    return repository.is_branch(source.name) or repository.commit_of(source.name) is None


def consumed(asked: Asked) -> dict[str, Input]:
    """The inputs of a round: a patch's content; the commit that a revision is, or was when the
    round was taken, as its entry has it."""
    found, repository = {}, asked.target()
    for source in sources(asked.plan, repository, asked.artifact, asked.stage):
        path, name = asked.plan.home / source.name, f"adopt.{source.name}"
        pinned = asked.entry.inputs.get(name) if asked.entry else None
        if path.is_file():
            found[name] = Input(digest=files.digest_bytes(path.read_bytes()))
        elif pinned and pinned.value:
            found[name] = pinned
        else:
            found[name] = of_value(repository.commit_of(source.name))
    return found


def moved_on(
    plan: Plan, repository: Git, artifact: Artifact, before: Sequence[Entry]
) -> tuple[str, ...]:
    """The branches that have moved since the last round took them."""
    last = next((entry for entry in reversed(before) if entry.kind == "adopt"), None)
    if last is None:
        return ()
    return tuple(
        source.name
        for source in sources(plan, repository, artifact, last.stage)
        if repository.is_branch(source.name)
        and repository.commit_of(source.name) != _pin(last, source.name)
    )


def waiting(
    plan: Plan, repository: Git, artifact: Artifact, stage: Stage, before: Sequence[Entry]
) -> Waiting | None:
    """What a round waits for: a commit on its branches, when all it has is in the rounds before."""
    opener = next((entry for entry in reversed(before) if entry.outcome in OPENS), None)
    taken = sources(plan, repository, artifact, stage)
    if opener is None or not taken:
        return None
    newest = {name: pin for entry in before for name, pin in _pins(entry).items()}
    for source in taken:
        tip = repository.commit_of(source.name)
        if not follows(plan, repository, source) or (tip and tip != newest.get(source.name)):
            return None
    names = listing((f"`{source.name}`" for source in taken), last="or")
    why = WHY[opener.outcome].format(stage=opener.stage.id, base=plan.target.base)
    lost = [one.name for one in taken if repository.commit_of(one.name) is None]
    if lost:
        command = f"git fetch origin {lost[0]}:{lost[0]}   (the target has no such branch)"
    elif opener.outcome == "conflict":
        command = f"git switch {taken[0].name} && git merge {plan.target.base}, then {typed()}"
    else:
        command = f"commit to {taken[0].name}, then {typed()}"
    return Waiting(
        reason=f"{stage.id} waits for a commit on {names}: {why}",
        command=command,
        refused=opener.outcome in ("fail", "conflict"),
    )


def apply(job: Job, source: Source) -> str | None:
    """Apply one source to the work tree; the commit that it is, unless it is a patch file."""
    path = job.plan.home / source.name
    tip = None
    if path.is_file():
        patches = [path.read_bytes()]
    else:
        tip = resolve(job, source)
        patches = [job.repository.patch(*steps) for steps in _steps(job, source, tip)]
    try:
        for patch in patches:
            if patch:
                job.tree.apply(patch)
    except CommandFailed as failed:
        raise StageFailed(
            f"`{source.name}` does not apply to round {job.stage.round} of {job.artifact.name}",
            span=source.span,
            help=_mend(job, source),
            detail=failed.err.strip(),
        ) from failed
    return tip


def _mend(job: Job, source: Source) -> str:
    if not job.repository.is_branch(source.name):
        return f"it has to apply to {job.start[:12]}, where this round starts"
    return (
        f"it builds on something else than {job.start[:12]}, where this round starts: "
        f"`git rebase {job.plan.target.base} {source.name}` and "
        f"`factory rebase {job.artifact.name}` put both on {job.plan.target.base}; then {typed()}"
    )


def resolve(job: Job, source: Source) -> str:
    """The commit that a source names, as this stage consumes it. Raises StageFailed."""
    commit = job.consumed[f"adopt.{source.name}"].value
    if commit is None or job.repository.commit_of(commit) is None:
        lost = f" (it was {commit[:12]} when the round was taken)" if commit else ""
        raise StageFailed(
            f"`{source.name}` is neither a patch file nor a commit or branch of the target{lost}",
            span=source.span,
            help="patch files end in .patch or .diff and are relative to factory.yaml",
        )
    return str(commit)


def _steps(job: Job, source: Source, tip: str) -> list[tuple[str, str]]:
    """What a revision brings, each step as the commits from where to where.

    A commit brings what its parent does not have. A branch brings what is new since the round that
    took it last, or since it left the base. One that was written anew, or that took in more of the
    base meanwhile, takes its old work back first.
    """
    git = job.repository
    if not follows(job.plan, git, source):
        parent = git.commit_of(f"{tip}^")
        return [(parent or git.text("hash-object", "-t", "tree", "/dev/null"), tip)]
    fork = _fork(job, tip)
    mark = _mark(job, source, tip)
    if mark is None:
        return [(fork, tip)]
    before = _fork(job, mark)
    return [(mark, tip)] if before == fork else [(mark, before), (fork, tip)]


def _mark(job: Job, source: Source, tip: str) -> str | None:
    """The commit up to which the rounds before have a branch; None after a conflict, which starts
    anew from the base."""
    git, entries = job.repository, job.record.entries
    conflicts = [index for index, entry in enumerate(entries) if entry.outcome == "conflict"]
    since = entries[conflicts[-1] + 1 :] if conflicts else entries
    pins = [(name, pin) for entry in since for name, pin in _pins(entry).items()]
    for name, pin in reversed(pins):
        known = git.commit_of(pin) is not None
        if known and (name == source.name or git.is_ancestor(pin, tip)):
            return pin
    return None


def _fork(job: Job, tip: str) -> str:
    """Where a branch left the base: this round's start, or what it took in of the base since."""
    git = job.repository
    left = git.text("merge-base", job.start, tip)
    newest = git.commit_of(f"refs/heads/{job.plan.target.base}")
    later = git.text("merge-base", newest, tip) if newest else left
    return later if later != tip and git.is_ancestor(left, later) else left


def _pins(entry: Entry) -> dict[str, str]:
    """The commits that a round took, by the names that `adopt` gives them."""
    if entry.kind != "adopt":
        return {}
    names = (name.partition(".") for name in entry.inputs)
    found = {rest: _pin(entry, rest) for kind, _, rest in names if kind == "adopt"}
    return {name: pin for name, pin in found.items() if pin}


def _pin(entry: Entry, source: str) -> str:
    one = entry.inputs.get(f"adopt.{source}")
    return str(one.value) if one and one.value else ""
