"""What people said on a forge, as one review of one commit. Pure.

Who opened a pull request does not approve it, nor does a program, and nobody approves a commit
that they did not see. What somebody decided last is what they mean; a comment decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from factoryline.diagnostics import listing
from factoryline.forge.base import Look, Remark, Said
from factoryline.plan import findings

DECIDES = ("approve", "request-changes", "dismissed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Nothing is decided; `why` is half a sentence for people."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A review, in the words of schemas/recorded-review.schema.json."""

    decision: str
    by: str
    summary: str
    findings: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def value(self) -> dict[str, Any]:
        return {
            "decision": self.decision,
            "by": self.by,
            "summary": self.summary,
            "findings": list(self.findings),
        }


def judged(look: Look, commit: str) -> Decided | Open:
    """The review of `commit` that a pull request holds."""
    pull = look.pull
    last = _last_words(look)
    of_it = [said for said in last if said.commit == commit]
    against = [said for said in of_it if said.decision == "request-changes"]
    if against:
        return _decided(look, commit, "request-changes", against)
    if pull.merged:
        if pull.commit != commit:
            return Open(why=f"it was merged at {pull.commit[:10]}, which is not what was verified")
        by = [said for said in of_it if said.decision == "approve"]
        merged = Said(id=0, by=pull.by or pull.author, decision="approve", text="", commit=commit)
        return _decided(look, commit, "approve", by or [merged])
    if not pull.open:
        return Open(why=f"it was closed{f' by {pull.by}' if pull.by else ''}; reopen it to go on")
    if pull.commit != commit:
        return Open(why=f"its branch is at {pull.commit[:10]}, which is not what was verified")
    if pull.draft:
        return Open(why="it is a draft")
    agreed = [said for said in of_it if said.decision == "approve" and _counts(said, pull.author)]
    if agreed:
        return _decided(look, commit, "approve", agreed)
    return Open(why="; ".join(_not_yet(last, pull.author)))


def _last_words(look: Look) -> list[Said]:
    """What each person decided last, in the order in which they did."""
    last: dict[str, Said] = {}
    for said in look.reviews:
        if said.decision in DECIDES:
            last.pop(said.by, None)
            last[said.by] = said
    return [said for said in last.values() if said.decision != "dismissed"]


def _counts(said: Said, author: str) -> bool:
    return said.by != author and not said.bot


def _not_yet(last: Sequence[Said], author: str) -> Iterator[str]:
    for said in last:
        if said.decision == "approve" and said.by == author:
            yield f"{said.by} opened it, so that their approval does not count"
        elif said.decision == "approve" and said.bot:
            yield f"{said.by} is a program, so that its approval does not count"
        elif said.decision == "approve":
            yield f"{said.by} approved {said.commit[:10]}, and not what is there now"
        else:
            yield f"{said.by} asked for changes of {said.commit[:10]}, and has not answered since"


def _decided(look: Look, commit: str, decision: str, by: Sequence[Said]) -> Decided:
    remarks = [r for r in look.remarks if r.commit == commit and r.by != look.pull.author]
    if decision == "approve":
        given = {said.id for said in by}
        remarks = [remark for remark in remarks if remark.review in given]
    texts = [said.text.strip() for said in by if said.text.strip()]
    found = tuple(_finding(remark) for remark in remarks if remark.text.strip())
    if decision == "request-changes" and not found and not texts:
        texts = ["Changes were asked for without a word."]
    return Decided(
        decision=decision,
        by=listing(dict.fromkeys(said.by for said in by)),
        summary="\n\n".join(texts),
        findings=found,
    )


def _finding(remark: Remark) -> dict[str, Any]:
    found = findings.read(remark.text)
    place = f"{remark.path}:{remark.line}" if remark.line else remark.path
    return {**found, "paths": list(dict.fromkeys([place, *found["paths"]]))}
