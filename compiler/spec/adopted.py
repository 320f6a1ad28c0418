"""What a branch or commit of somebody's is called, what it is for and which scopes it concerns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from factoryline.errors import UserError
from factoryline.spec.runners import Scope
from factoryline.system.git import Git


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """work: what `adopt` names. scopes: those that its files concern."""

    name: str
    title: str
    goal: str
    work: str
    scopes: tuple[Scope, ...]


def adopted(git: Git, revision: str, base: str, scopes: Sequence[Scope]) -> Adopted:
    """An artifact for a branch or commit, beside the branch that it is merged into."""
    commit = git.commit_of(revision)
    if commit is None:
        raise UserError(
            f"`{revision}` is neither a branch nor a commit of {git.path}",
            help="`git branch --all` shows the branches that there are",
        )
    branch = git.is_branch(revision)
    trunk = git.commit_of(f"refs/heads/{base}")
    start = git.run("merge-base", trunk, commit).out.strip() if trunk and branch else ""
    new = git.text("rev-list", "--reverse", "--no-merges", f"{start}..{commit}") if start else ""
    messages = [git.message_of(one) for one in new.split() or [commit]]
    title, goal = title_of(messages, revision if branch else "")
    changed = [file.path for file in git.lines(start, commit)] if start else []
    used = tuple(scope for scope in scopes if any(map(scope.concerns, changed)))
    return Adopted(
        name=name_of(revision if branch else " ".join(title.split()[:4])),
        title=title,
        goal=goal,
        # HEAD and its like would name another commit tomorrow.
        work=revision if branch else commit[:12],
        scopes=used or tuple(scopes),
    )


def name_of(text: str) -> str:
    """A text as a name that factory.yaml takes."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-")
    return name if name[:1].isalpha() else f"a-{name}".rstrip("-")


def title_of(messages: Sequence[str], branch: str) -> tuple[str, str]:
    """What a change is called, and what it is for: by its first message that says something, or
    else by the name of its branch.
    """
    for message in messages:
        subject, _, body = message.strip().partition("\n")
        if _NOISE.match(subject) or not _WORDS.match(subject):
            continue
        paragraphs = (" ".join(part.split()) for part in body.split("\n\n"))
        goal = next((p for p in paragraphs if p and not (_NOISE.match(p) or _TRAILER.match(p))), "")
        return subject, goal or subject
    said = re.sub(r"[-_/]+", " ", branch).strip() or messages[0].strip().partition("\n")[0]
    title = said[:1].upper() + said[1:]
    return title, title


_NOISE = re.compile(
    r"(wip|tmp|temp|merge|revert|initial commit|test commit)\b|(fixup|squash|amend)!"
    r"|(close[sd]?|fix(es|ed)?|resolve[sd]?|refs?|see)[\s:]+([\w./-]*#|https?:)",
    re.IGNORECASE,
)
"""Beginnings of messages that name no change."""
_WORDS = re.compile(r".*\w{2}.*\W+.*\w{2}")
_TRAILER = re.compile(r"[A-Z][\w-]+: .*<.*@|[A-Z][a-z]+(-[A-Za-z]+)+: ")
"""Lines such as Signed-off-by."""
