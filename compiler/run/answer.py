"""A person's answer to a review that waits: the same rules on the command line and on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factoryline.cells import review
from factoryline.errors import UserError
from factoryline.ledger.entry import Entry
from factoryline.run.factory import Factory
from factoryline.run.freshness import Standing, standing
from factoryline.run.stage import Done, answer_stage
from factoryline.run.status import waits_for_review
from factoryline.spec import schema


def waiting(factory: Factory, name: str) -> tuple[Standing, Entry]:
    """Where an artifact stands and the packet that waits. Raises UserError where none does."""
    where = standing(factory, factory.need_artifact(name))
    if not waits_for_review(factory, where):
        raise UserError(
            f"{name} does not wait for a review",
            help=f"`factory explain {name}` says where it stands",
        )
    packet = where.record.last("packet")
    assert packet is not None, "a review takes a packet"
    return where, packet


def answer(factory: Factory, name: str, value: Mapping[str, Any], *, seen: str = "") -> Done:
    """Put a review on record; the caller holds the lock.

    seen: the digest of the packet that was looked at: an answer is about that one and no other.
    Raises UserError where it is another one by now, where no review waits, and where it is none.
    """
    where, packet = waiting(factory, name)
    if seen and seen != packet.digest:
        raise UserError(
            "the packet has changed while you looked at it",
            help=f"look again: factory review {name}",
        )
    broken = schema.violations(dict(value), schema.builtin("recorded-review"))
    if broken:
        raise UserError(f"the review is not valid: {broken[0]}", help=broken[0].help)
    if value["decision"] == "request-changes" and not (
        value.get("findings") or value.get("summary")
    ):
        raise UserError("changes were asked for, but not which", help="say it with --finding '…'")
    step = where.record.way.next
    assert step is not None, "a waiting review is a next stage"
    done = answer_stage(factory, name, step.id, lambda job: review.answer(job, value))
    assert isinstance(done, Done), "an answer waits for nobody"
    return done


def reviewer(factory: Factory) -> str:
    """Who reviews here, by git's configuration. Raises UserError where it does not say."""
    name = factory.repository.run("config", "user.name").out.strip()
    if not name:
        raise UserError("git does not know your name", help="say who reviews: --by NAME")
    return name
