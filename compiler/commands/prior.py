"""factory prior: the rules that findings become, from a proposal to the day they retire."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from factoryline import terminal
from factoryline.commands.base import open_factory
from factoryline.diagnostics import did_you_mean, listing, plural
from factoryline.errors import UserError
from factoryline.learning import priors, uses
from factoryline.ledger.entry import Entry
from factoryline.plan import guards
from factoryline.run.answer import reviewer
from factoryline.run.factory import Factory
from factoryline.spec import schema

HELP = "propose, confirm, retire and list the rules that later artifacts must keep"
EXAMPLES = (
    "factory prior list",
    "factory prior propose api-key-entry/1-review/1 --id keys-on-the-server --surface desktop "
    "--at-most 0",
    "factory prior confirm keys-on-the-server",
    "factory prior retire keys-on-the-server --why 'Keys moved to the vault.'",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="every rule, the most useful first")
    show = actions.add_parser("show", help="one rule, where it is from and who kept it")
    show.add_argument("prior", help="its name")
    _add_proposal(actions.add_parser("propose", help="make a finding a rule, once it is confirmed"))
    confirm = actions.add_parser("confirm", help="put a proposed rule into force")
    retire = actions.add_parser("retire", help="take a rule out of force; its file stays")
    for action in (confirm, retire):
        action.add_argument("prior", help="its name")
        action.add_argument("--by", help="who says so (git's user.name otherwise)")
    retire.add_argument("--why", required=True, help="why it holds no more")
    retire.add_argument("--artifact", metavar="NAME", help="the artifact that overruled it")


def _add_proposal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "finding", metavar="NAME/STAGE/N", help="the Nth finding of a review or a critic"
    )
    parser.add_argument("--id", required=True, help="what the rule is called")
    parser.add_argument("--statement", help="the rule; the finding's own words otherwise")
    for name, what in (
        ("surface", "a surface that it is about"),
        ("path", "a pattern of paths that it is about; those of the finding otherwise"),
        ("word", "a word of the goals that it is about"),
    ):
        parser.add_argument(f"--{name}", action="append", default=[], help=f"{what}; repeatable")
    parser.add_argument(
        "--at-most", type=int, metavar="LINES", help="guard: lines that may be added on --surface"
    )
    parser.add_argument(
        "--apart", nargs=2, metavar="PATTERN", help="guard: paths that no change may touch together"
    )
    parser.add_argument(
        "--along",
        nargs=2,
        metavar="PATTERN",
        help="guard: what touches the first has to touch the second as well",
    )
    parser.add_argument("--never", metavar="TEXT", help="guard: a text that no change may add")
    parser.add_argument("--in", dest="inside", metavar="PATTERN", help="where --never holds")
    parser.add_argument("--expires", metavar="DATE", help="the last day on which it holds")
    parser.add_argument(
        "--lapses-after",
        type=int,
        metavar="N",
        help="retire it by itself once N artifacts in a row did not need it",
    )
    parser.add_argument("--by", help="who proposes (git's user.name otherwise)")


def run(args: argparse.Namespace) -> int:
    factory = open_factory(args)
    if args.action == "list":
        print(terminal.present("\n".join(_listed(factory)), sys.stdout))
        return 0
    if args.action == "show":
        shown = "\n".join(_shown(factory, _known(factory, args.prior)))
        print(terminal.present(shown, sys.stdout))
        return 0
    with factory.writing(f"factory prior {args.action}"):
        prior, said = _decided(factory, args)
        broken = schema.violations(prior, schema.builtin("prior"))
        if broken:
            raise UserError(f"that is no rule: {broken[0]}", help=broken[0].help)
        factory.ledger.write_prior(prior)
    print(f"wrote state/priors/{prior['id']}.json: {said}")
    return 0


def _decided(factory: Factory, args: argparse.Namespace) -> tuple[priors.Prior, str]:
    """The rule as it is to be from now on, and what that means."""
    by = args.by or reviewer(factory)
    if args.action == "propose":
        entry, number = _finding(factory, args.finding)
        rule = _rule(args)
        if any(one["id"] == args.id for one in factory.ledger.all_priors()):
            raise UserError(f"there is a prior `{args.id}` already", help="choose another --id")
        prior = priors.proposed(entry, number, rule, by)
        return prior, f"it is about {_about(prior)}; `factory prior confirm {args.id}` is next"
    prior = _known(factory, args.prior)
    if args.action == "confirm":
        if priors.standing(prior) != "proposed":
            raise UserError(
                f"`{args.prior}` is not proposed: it is {priors.standing(prior) or 'in force'}",
                help=f"factory prior show {args.prior}",
            )
        return {**prior, "confirmed": priors.signed(by)}, "later artifacts have to keep it"
    if "retired" in prior:
        raise UserError(f"`{args.prior}` is retired already", help="its file is yours to edit")
    overruled = {"artifact": factory.need_artifact(args.artifact)} if args.artifact else {}
    retired = priors.signed(by, why=args.why, **overruled)
    return {**prior, "retired": retired}, "no later artifact is shown it"


def _rule(args: argparse.Namespace) -> dict[str, Any]:
    """What the arguments say of a rule. Raises UserError where they do not go together."""
    if args.at_most is not None and len(args.surface) != 1:
        raise UserError("--at-most guards one surface", help="give exactly one --surface")
    if args.inside and not args.never:
        raise UserError("--in belongs to --never", help="say the text: --never TEXT")
    guard: dict[str, Any] = {}
    if args.at_most is not None:
        guard |= {"surface": args.surface[0], "at_most": args.at_most}
    if args.apart:
        guard["apart"] = args.apart
    if args.along:
        guard |= {"changes": args.along[0], "with": args.along[1]}
    if args.never:
        guard |= {"never": args.never, **({"in": args.inside} if args.inside else {})}
    return {
        "id": args.id,
        "statement": args.statement,
        "surfaces": args.surface,
        "paths": args.path,
        "words": args.word,
        "guard": guard,
        "expires": args.expires,
        "lapses_after": args.lapses_after,
    }


def _finding(factory: Factory, place: str) -> tuple[Entry, int]:
    """The entry and the number of a finding, from 1. Raises UserError where there is none."""
    records = (factory.record(artifact.name) for artifact in factory.plan.artifacts)
    known = {at: (entry, number) for one in records for at, entry, number in one.findings()}
    if place not in known:
        named = listing(known, limit=8) if known else "none"
        raise UserError(
            f"there is no finding {place}", help=did_you_mean(place, known) or f"there are: {named}"
        )
    return known[place]


def _known(factory: Factory, name: str) -> priors.Prior:
    found = {prior["id"]: prior for prior in factory.ledger.all_priors()}
    if name not in found:
        raise UserError(
            f"there is no prior named `{name}`",
            help=did_you_mean(name, found) or "`factory prior list` shows those that there are",
        )
    return found[name]


def _uses(factory: Factory) -> dict[str, uses.Use]:
    return dict(uses.uses(factory.record(one.name) for one in factory.plan.artifacts))


def _listed(factory: Factory) -> Iterator[str]:
    """A rule a line, the most needed first; then those that nobody needed yet."""
    used = _uses(factory)
    nobody = uses.Use()

    def rank(prior: priors.Prior) -> tuple[bool, int, int, str]:
        use = used.get(prior["id"], nobody)
        return bool(priors.standing(prior)), -len(use.broken), -len(use.shown), prior["id"]

    rules = sorted(factory.ledger.all_priors(), key=rank)
    if not rules:
        yield "no rule yet; `factory prior propose NAME/STAGE/N --id ID` makes one of a finding"
        return
    width = max(len(prior["id"]) for prior in rules)
    for prior in rules:
        use = used.get(prior["id"], nobody)
        overruled = (
            [prior["retired"]["artifact"]] if prior.get("retired", {}).get("artifact") else []
        )
        counts = (
            ("shown to", use.shown),
            ("kept by", use.kept),
            ("broken by", use.broken),
            ("overruled by", overruled),
        )
        said = ", ".join(f"{word} {len(names)}" for word, names in counts if names)
        said = said or "shown to nobody yet"
        stands = priors.standing(prior)
        said = f"{stands}, {said}" if stands else said
        yield f"{prior['id']:{width}}  {said}: {prior['statement']}"
    idle = [p["id"] for p in rules if not (priors.standing(p) or used.get(p["id"], nobody).needed)]
    if idle:
        yield f"never needed so far: {listing(idle)}"


def _shown(factory: Factory, prior: priors.Prior) -> Iterator[str]:
    use = _uses(factory).get(prior["id"], uses.Use())
    source = prior["source"]
    rows = [
        ("rule", prior["statement"]),
        ("about", _about(prior)),
        ("guard", guards.words(prior["guard"]) if prior.get("guard") else ""),
        ("from", f"{source['artifact']}/{source['stage']}, by {source['by']}"),
        ("finding", source["finding"]),
        *((word, _signature(prior[word])) for word in ("proposed", "confirmed") if word in prior),
        ("expires", prior.get("expires", "")),
        ("lapses", f"after {plural(prior['lapses_after'], 'artifact')} that did not need it")
        if "lapses_after" in prior
        else ("", ""),
        ("retired", _signature(prior["retired"]) if "retired" in prior else ""),
        ("shown to", listing(use.shown)),
        ("kept by", listing(use.kept)),
        ("broken by", listing(use.broken)),
        ("overruled", prior.get("retired", {}).get("artifact", "")),
    ]
    yield f"{prior['id']}: {priors.standing(prior) or 'in force'}"
    yield from (f"  {name:9}  {said}" for name, said in rows if said)


def _signature(value: Any) -> str:
    return f"{value['on']}, by {value['by']}" + (f": {value['why']}" if "why" in value else "")


def _about(prior: priors.Prior) -> str:
    parts = [*prior["surfaces"], *prior.get("paths", ())]
    words = f"goals with {listing(prior['words'], last='or')}" if prior.get("words") else ""
    return listing([*parts, *([words] if words else [])]) or "everything"
