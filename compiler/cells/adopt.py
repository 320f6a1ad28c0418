"""adopt: recorded work takes the place of an agent's, so a line can be tried without a model."""

from __future__ import annotations

from factoryline.cells.base import Job, Result
from factoryline.diagnostics import StageFailed, plural
from factoryline.errors import CommandFailed
from factoryline.plan.model import Source
from factoryline.system.git import Git


def run(job: Job) -> Result:
    rounds = job.artifact.adopt
    number = job.stage.round or 1
    if number > len(rounds):
        raise StageFailed(
            f"{job.artifact.name} has no recorded work for round {number}",
            span=job.artifact.span,
            help=f"`adopt` holds {plural(len(rounds), 'round')}; add the next one",
        )
    sources = rounds[number - 1]
    revisions = [apply(job, source) for source in sources]
    named = ", ".join(source.name for source in sources)
    only = revisions[0] if len(revisions) == 1 else None
    if only is None:
        return Result(summary=f"adopted {named}", by="adopt")
    return Result(
        summary=f"adopted {named}",
        by="adopt",
        author=job.repository.signature_of(only),
        message=job.repository.message_of(only),
    )


def apply(job: Job, source: Source) -> str | None:
    """Apply one source to the work tree; the commit that it is, unless it is a patch file."""
    path = job.plan.home / source.name
    if path.is_file():
        patch, tip = path.read_bytes(), None
    else:
        base, tip = _range(job.repository, source, job.start)
        patch = job.repository.patch(base, tip)
    try:
        job.tree.apply(patch)
    except CommandFailed as failed:
        again = job.start != job.base and tip is not None and job.repository.is_branch(source.name)
        raise StageFailed(
            f"`{source.name}` does not apply to round {job.stage.round} of {job.artifact.name}",
            span=source.span,
            help="a branch brings all that it changed since it left the base; name the commits "
            "that are new in this round"
            if again
            else f"it has to apply to {job.start[:12]}, where this round starts",
            detail=failed.err.strip(),
        ) from failed
    return tip


def resolve(repository: Git, source: Source) -> str:
    """The commit that a source names. Raises StageFailed."""
    commit = repository.commit_of(source.name)
    if commit is None:
        raise StageFailed(
            f"`{source.name}` is neither a patch file nor a commit or branch of the target",
            span=source.span,
            help="patch files end in .patch or .diff and are relative to factory.yaml",
        )
    return commit


def _range(repository: Git, source: Source, start: str) -> tuple[str, str]:
    """From where to where a revision changes: a branch since it left, a commit since its parent."""
    tip = resolve(repository, source)
    if repository.is_branch(source.name):
        return repository.text("merge-base", start, tip), tip
    parent = repository.commit_of(f"{tip}^")
    return parent or repository.text("hash-object", "-t", "tree", "/dev/null"), tip
