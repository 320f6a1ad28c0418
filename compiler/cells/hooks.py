"""A person's git hooks on the commit that lands, where `flow: {hooks: run}` asks for them.

They run as `git commit` would run them, in a work tree of their own that has the merge in its index
and the base as its HEAD. What they refuse does not land; what they edit would not be what was
verified, so that it does not land either.
"""

from __future__ import annotations

from factoryline.cells.base import Job
from factoryline.diagnostics import Held, listing
from factoryline.system import files
from factoryline.typed import typed

RUN = ("pre-commit", "commit-msg", "post-commit")
"""The hooks that run on it, in order; `prepare-commit-msg` is for a person at an editor."""

LINES = 20
"""How much of what a hook printed is told: its end."""


def before(job: Job, tip: str, tree: str, message: str) -> str:
    """Let the hooks look at what is to land on `tip`; returns the message that they leave.

    Raises Held when one refuses, or edits something.
    """
    git = job.repository
    # Nobody who asks for none pays for looking.
    if job.plan.flow.hooks != "run" or not set(git.hooks()) & set(RUN):
        return message
    folder = git.hooks_folder()
    place = job.ledger.work / "checkouts" / f"{job.artifact.name}-hooks"
    text = job.scratch / "message"
    files.write_text(text, message)
    try:
        checkout = git.add_worktree(place, tip)
        checkout.text("read-tree", "-m", "-u", "HEAD", tree)
        for name, words in (("pre-commit", ()), ("commit-msg", (str(text.resolve()),))):
            done = checkout.hook(name, *words, folder=folder)
            if done.code != 0:
                raise _held(job, f"the hook `{name}` refuses it", f"{done.out}\n{done.err}")
        edited = checkout.text("diff", "--name-only", tree).split("\n")
        staged = checkout.text("diff", "--cached", "--name-only", tree).split("\n")
        names = tuple(dict.fromkeys(filter(None, (*edited, *staged))))
        if names:
            raise _held(job, f"a hook edits what was verified: {listing(names, limit=3)}")
    finally:
        git.remove_worktree(place)
    said = text.read_text(encoding="utf-8")
    mark = f"Factory-Change: {job.handoff('packet')['commit']}"
    if mark not in said.splitlines():
        raise _held(job, f"the hook `commit-msg` took away the line `{mark}`")
    return said


def after(job: Job) -> None:
    """What has landed is told to `post-commit`; as with git, what it says changes nothing."""
    git = job.repository
    if job.plan.flow.hooks == "run" and "post-commit" in git.hooks():
        git.hook("post-commit", folder=git.hooks_folder())


def _held(job: Job, reason: str, output: str = "") -> Held:
    return Held(
        f"{job.artifact.name} is approved, but {reason}",
        span=job.plan.flow.span,
        help=f"mend the hook, then `{typed()}`; or say `flow: {{hooks: none}}`",
        detail="\n".join(output.strip().splitlines()[-LINES:]),
    )
