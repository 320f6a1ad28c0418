"""Putting a change and its pull request on a forge, each once however often it is tried."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from factoryline.forge import body
from factoryline.forge.base import Away, Forge, Pull, Refusal
from factoryline.forge.table import FORGES
from factoryline.plan.model import Plan
from factoryline.system import remote
from factoryline.system.git import Git


class Moved(Exception):
    """Somebody else did something there that a person has to look at. `help` says what to do."""

    def __init__(self, reason: str, *, help: str) -> None:
        super().__init__(reason)
        self.help = help


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is to be there.

    base: the branch to merge into. start: the commit of it that the change is built on.
    titles: those that we gave before; another one is a person's, and stays.
    """

    branch: str
    base: str
    start: str
    commit: str
    title: str
    text: str
    labels: Sequence[str] = ()
    titles: Collection[str] = ()


def connect(plan: Plan, git: Git) -> Forge:
    """The forge of a plan's reviews. Raises Away where it is not known which repository it is."""
    target, maker = plan.target, FORGES[plan.forge]
    repository, url = place(plan.forge, git, target.remote)
    if not (target.repository or repository) or not (target.url or url):
        found = remote.addresses(git, target.remote)
        there = f"is at {found[0]}" if found else "is not there"
        raise Away(
            f"nothing says which repository this is: the remote `{target.remote}` {there}",
            help=f"say it: target: {{{plan.forge}: {{repository: OWNER/NAME, url: https://…}}}}",
        )
    return maker.connect(repository=target.repository or repository, url=target.url or url)


def place(forge: str, git: Git, name: str) -> tuple[str, str]:
    """Repository and API by the address of a remote; empty where it does not tell."""
    found = (FORGES[forge].place(one) for one in remote.addresses(git, name))
    return next((one for one in found if one), ("", ""))


def push(git: Git, name: str, post: Post, known: Collection[str]) -> None:
    """Bring the commit to its branch on the remote `name`.

    known: what we put there before. Raises Moved where the branch is at anything else, or the
    change rests on commits that are only here; WorldError where git does not get through.
    """
    there = remote.tip(git, name, post.branch)
    if there and there != post.commit and there not in known:
        raise Moved(
            f"the branch `{post.branch}` of {name} is at {there[:10]}, which is not of this line",
            help=f"look at it: `git fetch {name} {post.branch}`; what is wanted of it is adopted "
            f"(`adopt: [[…]]`), then `git push {name} :{post.branch}`",
        )
    tip = remote.fetch(git, name, post.base)
    if not git.is_ancestor(post.start, tip):
        raise Moved(
            f"`{post.base}` has commits here that {name} does not have, and they would become part "
            "of the pull request",
            help=f"push them first: git push {name} {post.base}",
        )
    if there != post.commit:
        remote.push(git, name, post.branch, post.commit, expected=there)


def announce(forge: Forge, post: Post, known: Collection[int]) -> Pull:
    """Open the pull request, or bring the one that is there up to date.

    known: the numbers of those that we opened for it before. Raises Moved where a person ended it.
    """
    found = forge.find(post.branch)
    if found and not found.open and found.number in known:
        how = "merged" if found.merged else "closed"
        raise Moved(
            f"the pull request #{found.number} was {how}{f' by {found.by}' if found.by else ''}",
            help=f"reopen it ({found.address}), or take `{post.branch}` out of the line",
        )
    if found is None or not found.open:
        pull = forge.open(
            branch=post.branch, base=post.base, title=post.title, body=body.placed(post.text)
        )
    else:
        title = post.title if found.title in post.titles else found.title
        text = body.placed(post.text, found.body)
        if title != found.title or not body.same(text, found.body):
            forge.update(found.number, title=title, body=text)
        pull = found
    return pull


def adorn(forge: Forge, pull: Pull, post: Post, *, passed: bool, said: str) -> Iterator[str]:
    """Add what is a help and no more, labels and the verdict as a status; what was refused."""
    if post.labels:
        yield from _tried("labels", lambda: forge.label(pull.number, post.labels))
    yield from _tried("status", lambda: forge.mark(post.commit, passed=passed, said=said))


def _tried(what: str, work: Callable[[], None]) -> Iterator[str]:
    try:
        work()
    except Refusal as refused:
        yield f"no {what}: {refused}"
