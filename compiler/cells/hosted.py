"""What cells do on a forge: package posts there, review looks, merge merges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from factoryline.cells.base import Job
from factoryline.diagnostics import Held
from factoryline.errors import WorldError
from factoryline.forge import publish
from factoryline.forge.base import Away, Forge, Look, Pull, Refusal
from factoryline.forge.publish import Moved, Post
from factoryline.ledger.entry import Handoff
from factoryline.system import remote
from factoryline.typed import typed


@contextmanager
def asking(job: Job) -> Iterator[Forge]:
    """The forge of the line. What keeps it from doing its part holds the stage."""
    span, name = job.plan.target.span, job.plan.forge
    try:
        forge = publish.connect(job.plan, job.repository)
        name = forge.name
        yield forge
    except Away as away:
        when = f"; it asks to wait until {away.until.astimezone():%H:%M}" if away.until else ""
        help = away.help or f"`{typed()}` asks again"
        raise Held(f"{away}{when}", span=span, help=help) from away
    except Moved as moved:
        raise Held(str(moved), span=span, help=f"{moved.help}, then `{typed()}`") from moved
    except Refusal as refused:
        raise Held(
            f"{name} refuses: {refused}",
            span=span,
            help=f"put that right there, then `{typed()}`",
        ) from refused
    except WorldError as failed:
        raise Held(failed.message, span=span, help=failed.help) from failed


def post(job: Job, packet: Handoff, *, passed: bool, said: str) -> tuple[Pull, list[str]]:
    """Put a packet on the forge; the pull request, and what the forge refused besides."""
    before = [entry.handoff for entry in job.record.all("packet")]
    what = Post(
        branch=packet["branch"],
        base=job.plan.target.base,
        start=packet["base"],
        commit=packet["commit"],
        title=packet["title"],
        text=packet["body"],
        labels=packet["labels"],
        titles={one["title"] for one in before} | {packet["title"]},
    )
    ours = {entry.handoff["commit"] for entry in job.record.all("change")}
    with asking(job) as forge:
        publish.push(job.repository, job.plan.target.remote, what, ours)
        numbers = {one["pull"]["number"] for one in before if one.get("pull")}
        pull = publish.announce(forge, what, numbers)
        return pull, list(publish.adorn(forge, pull, what, passed=passed, said=said))


def look(job: Job, packet: Handoff) -> Look:
    with asking(job) as forge:
        return forge.look(packet["pull"]["number"])


def base(job: Job) -> str:
    """The base branch as it is on the remote."""
    with asking(job):
        return remote.fetch(job.repository, job.plan.target.remote, job.plan.target.base)


def merge(job: Job, packet: Handoff, message: str) -> str:
    """Let the forge merge it; the commit on the base."""
    title, _, rest = message.partition("\n")
    number = packet["pull"]["number"]
    with asking(job) as forge:
        squash = job.plan.flow.merge == "squash"
        return forge.merge(
            number,
            commit=packet["commit"],
            squash=squash,
            title=f"{title} (#{number})",
            message=rest.strip(),
        )
