"""factory review: a person's answer to a review that waits."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from factoryline.cells.base import Waiting
from factoryline.commands.base import open_factory
from factoryline.contracts import change
from factoryline.diagnostics import listing, plural
from factoryline.errors import UserError
from factoryline.ledger.entry import Entry, Handoff
from factoryline.ledger.query import Record
from factoryline.plan import findings
from factoryline.run import review_form
from factoryline.run.answer import answer, reviewer, waiting
from factoryline.run.factory import Factory
from factoryline.run.stage import Done, run_stage
from factoryline.run.status import moved_on, state
from factoryline.typed import typed
from factoryline.verification.proof import sentences
from factoryline.verification.sentence import sentence

HELP = "approve a packet, or ask for changes"
EXAMPLES = (
    "factory review api-key-entry",
    "factory review api-key-entry --approve",
    "factory review api-key-entry --request-changes "
    "--finding 'architecture: The key belongs on the server. @ desktop/keys.py:12'",
    "factory review --sync",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default="", help="the artifact whose review waits")
    decision = parser.add_mutually_exclusive_group()
    decision.add_argument("--approve", action="store_true", help="the packet may be merged")
    decision.add_argument("--request-changes", action="store_true", help="open the next round")
    decision.add_argument(
        "--show", action="store_true", help="print the packet and the change, and stop"
    )
    decision.add_argument("--edit", action="store_true", help="write the review in your editor")
    decision.add_argument(
        "--sync", action="store_true", help="look for reviews where the change is hosted"
    )
    parser.add_argument("--summary", default="", help="the review in a sentence")
    parser.add_argument(
        "--finding",
        action="append",
        default=[],
        metavar="TEXT",
        help="a remark, as `kind: statement @ path:line` or the statement alone; may be repeated",
    )
    parser.add_argument(
        "--confirm",
        action="append",
        default=[],
        metavar="STAGE/N",
        help="make the Nth finding of a critic one of the review, such as 1-critic/1",
    )
    parser.add_argument(
        "--kind",
        default="other",
        choices=findings.kinds(),
        metavar="KIND",
        help=f"what findings are about that do not say it: {', '.join(findings.kinds())}",
    )
    parser.add_argument("--severity", default="major", choices=findings.severities())
    parser.add_argument(
        "--path", action="append", default=[], help="a path that the findings are about"
    )
    parser.add_argument(
        "--prior", metavar="ID", help="make the only finding a rule for later artifacts"
    )
    parser.add_argument(
        "--surface", action="append", default=[], help="a surface that the rule is about"
    )
    parser.add_argument(
        "--at-most", type=int, metavar="LINES", help="guard: lines a later artifact may add there"
    )
    parser.add_argument("--by", help="who reviews (git's user.name otherwise)")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    if args.sync:
        return _sync(factory, args.name)
    if not args.name:
        raise UserError("no artifact is named", help="`factory status` shows whose review waits")
    name = factory.need_artifact(args.name)
    if args.edit:
        return _edited(factory, args, name)
    seen = None
    if args.show:
        _, packet = waiting(factory, name)
        print(f"{packet.handoff['title']}\n\n{packet.handoff['body']}".rstrip())
        print(f"\nthe change: {_where(factory, name, packet.handoff)}\n", flush=True)
        _show_change(factory, name, packet.handoff)
        return 0
    if not (args.approve or args.request_changes):
        seen = _asked(factory, args, name)
        if seen is None:
            print(f"nothing is decided; `factory review {name}` asks again")
            return 0
        # A person takes their time, and factory.yaml may be another one by now.
        factory = open_factory(args)
    with factory.writing(f"factory review {name}"):
        where, packet = waiting(factory, name)
        value = _review(factory, args, where.record)
        done = answer(factory, name, value, seen=seen.digest if seen else "")
        _print(done, packet, moved_on(factory, where) if args.approve else "")
    return 0


def _edited(factory: Factory, args: argparse.Namespace, name: str) -> int:
    """Let a person write the review in their editor."""
    _, packet = waiting(factory, name)
    form = factory.ledger.work / f"review-{name}.yaml"
    value = review_form.filled_in(
        factory.repository,
        form,
        name=name,
        commit=packet.handoff["commit"],
        by=args.by or reviewer(factory),
    )
    if value is None:
        print(f"nothing is decided; `factory review {name} --edit` asks again")
        return 0
    # A person takes their time, and factory.yaml may be another one by now.
    factory = open_factory(args)
    with factory.writing(f"factory review {name}"):
        done = answer(factory, name, value, seen=packet.digest)
    review_form.done(form)
    _print(done, packet)
    return 0


def _print(done: Done, packet: Entry, more: str = "") -> None:
    """What was answered, of which commit. more: what is new since, if anything."""
    print(f"{done.entry.stage}: {done.summary}, on {packet.handoff['commit'][:10]}")
    if more:
        print(f"{more}; what is new there is not part of what you approved")
    print(f"{typed()} goes on from here")


def _sync(factory: Factory, name: str) -> int:
    """Look for reviews on the forge, of one artifact or of all that wait for one."""
    if not factory.plan.forge:
        raise UserError(
            "reviews are given here, and not on a forge",
            help="say where they come from: review: {kind: review, from: github, …}",
        )
    names = [factory.need_artifact(name)] if name else [a.name for a in factory.plan.artifacts]
    asked = [s for s in (state(factory, one) for one in names) if s.kind == "asking"]
    if not asked:
        print(f"no review of {name or 'any artifact'} is waited for on {factory.plan.forge}")
    with factory.writing("factory review --sync"):
        for one in asked:
            done = run_stage(factory, one.artifact, one.stage)
            if isinstance(done, Waiting):
                why = f": {done.reason}" if done.reason else ""
                print(f"{one.artifact}/{one.stage} waits{why}\n  {done.command}")
            else:
                print(f"{done.entry.stage}: {done.summary}\n  {typed()} goes on from here")
    return 0


def _asked(factory: Factory, args: argparse.Namespace, name: str) -> Entry | None:
    """Show what waits and ask a person; the packet that they answered, None for later."""
    where, packet = waiting(factory, name)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(
            "nothing says what the review decides",
            help=f"factory review {name} --approve, or --request-changes --finding '…'; "
            "--show prints what waits",
        )
    print("\n".join(_in_short(where.record, packet.handoff)), flush=True)
    _show_change(factory, name, packet.handoff)
    said = ""
    while said not in ANSWERS:
        said = input("approve, ask for changes, or later? [a/c/l] ").strip().lower()[:1]
    if said == "l":
        return None
    args.approve, args.request_changes = said == "a", said == "c"
    if args.request_changes:
        print("what should change? a finding a line; an empty line ends")
        args.finding += iter(lambda: input("- ").strip(), "")
    return packet


ANSWERS = ("a", "c", "l")


def _in_short(record: Record, packet: Handoff) -> Iterator[str]:
    """What a reviewer wants to know before they read the change, in a few lines."""
    yield packet["title"]
    verdict = record.last("verdict")
    if verdict:
        proof = verdict.handoff["proof"]
        said = [sentence(verdict.handoff, verdict.run.grounds), *sentences.summary(proof)]
        yield f"  verdict  {verdict.outcome}: {', '.join(said)}"
        open_ends = list(sentences.not_shown(proof))
        if open_ends:
            more = f" (and {len(open_ends) - 1} more)" if len(open_ends) > 1 else ""
            yield f"  open     {open_ends[0]}{more}"
    yield f"  changed  {change.in_lines(packet['surfaces']) or 'no line'}"
    critique = record.last("critique")
    if critique:
        found = plural(len(critique.handoff["findings"]), "finding")
        yield f"  critic   {critique.outcome}, {found}"
    if packet["checklist"]:
        yield f"  look at  {listing(packet['checklist'], limit=3)}"
    yield ""


def _show_change(factory: Factory, name: str, packet: Handoff) -> None:
    """The change by git's own means; where a clone lacks its commit, the ledger's patches."""
    git = factory.repository
    if git.commit_of(packet["commit"]):
        git.show(packet["base"], packet["commit"])
        return
    for patch in packet["patches"]:
        print((factory.ledger.folder(name) / patch).read_text(encoding="utf-8", errors="replace"))


def _where(factory: Factory, name: str, packet: Handoff) -> str:
    """How to look at what is to be reviewed: a command, or in a fresh clone the patches."""
    git, commit = factory.repository, packet["commit"]
    if git.commit_of(commit) is None:
        folder = factory.ledger.folder(name).relative_to(factory.plan.home)
        return ", ".join(str(folder / patch) for patch in packet["patches"])
    inside = Path.cwd().resolve().is_relative_to(git.path.resolve())
    place = "" if inside else f" -C {shlex.quote(os.path.relpath(git.path))}"
    return f"git{place} diff {packet['base'][:12]} {commit[:12]}"


def _review(factory: Factory, args: argparse.Namespace, record: Record) -> dict[str, Any]:
    """The review that the arguments mean. Raises UserError when they mean none."""
    confirmed = [_confirmed(record, place) for place in args.confirm]
    if args.prior and len(args.finding) + len(confirmed) != 1:
        raise UserError(
            "a prior comes from one finding",
            help="give exactly one --finding or --confirm with --prior",
        )
    if (args.surface or args.at_most is not None) and not args.prior:
        raise UserError("--surface and --at-most belong to a prior", help="name it: --prior ID")
    if args.at_most is not None and len(args.surface) != 1:
        raise UserError("--at-most guards one surface", help="give exactly one --surface")
    told = [findings.read(t, kind=args.kind, severity=args.severity) for t in args.finding]
    for one in told:
        one["paths"] += args.path
    rules = [one.pop("rule", one["statement"]) for one in confirmed]
    said = [*told, *confirmed]
    if args.prior:
        said[0]["prior"] = _prior(args, (*(one["statement"] for one in told), *rules)[0])
    return {
        "decision": "approve" if args.approve else "request-changes",
        "by": args.by or reviewer(factory),
        "summary": args.summary,
        "findings": said,
    }


def _confirmed(record: Record, place: str) -> dict[str, Any]:
    """A critic's finding that the reviewer makes one of the review's. Raises UserError."""
    stage, _, number = place.rpartition("/")
    known = {
        f"{entry.stage.id}/{index}": finding
        for entry in record.all("critique")
        for index, finding in enumerate(entry.handoff["findings"], start=1)
    }
    found = known.get(place)
    if found is None:
        raise UserError(
            f"there is no finding {number or place} of {stage or 'a critic'}",
            help=f"known here: {listing(known, limit=12)}" if known else "no critic found anything",
        )
    return dict(found)


def _prior(args: argparse.Namespace, rule: str) -> dict[str, Any]:
    prior: dict[str, Any] = {
        "id": args.prior,
        "statement": rule,
        "surfaces": args.surface,
    }
    if args.at_most is not None:
        prior["guard"] = {"surface": args.surface[0], "at_most": args.at_most}
    return prior
