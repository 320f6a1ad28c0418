"""What a prior asks of a change, and whether that is kept. A kind of guard is a function here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from factoryline.diagnostics import listing, plural
from factoryline.plan.model.paths import matcher

Guard = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A change as guards see it.

    surfaces: lines added and removed for each. paths: what it touches. added: the lines that it
    adds, each with its path; asked for where a guard is about text.
    """

    surfaces: Mapping[str, Mapping[str, int]]
    paths: Sequence[str]
    added: Callable[[], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Whether a guard holds: what it asks for and what there is, each half a sentence."""

    asks: str
    found: str
    holds: bool
    facts: Mapping[str, Any]


def results(priors: Iterable[Mapping[str, Any]], change: Changed) -> list[dict[str, Any]]:
    """What became of each guard, as a verdict tells it."""
    return [
        {
            "prior": prior["id"],
            "statement": prior["statement"],
            "source": f"{prior['source']['artifact']}/{prior['source']['stage']}",
            "asks": kept.asks,
            "found": kept.found,
            **kept.facts,
            "outcome": "kept" if kept.holds else "broken",
        }
        for prior in priors
        for kind, check in KINDS.items()
        if kind in prior.get("guard", ())
        for kept in [check(prior["guard"], change)]
    ]


def words(guard: Guard) -> str:
    """What a guard asks for, for people."""
    nothing = Changed(surfaces={}, paths=(), added=tuple)
    return listing(check(guard, nothing).asks for kind, check in KINDS.items() if kind in guard)


def said(result: Mapping[str, Any]) -> str:
    """What is asked and found, in a sentence; also of verdicts from before other kinds were."""
    if "asks" in result:
        return (
            f"{result['asks']}; {'there are' if 'lines' in result else 'found'} {result['found']}"
        )
    return (
        f"at most {result['at_most']} added lines on {result['surface']}; there are "
        f"{result['lines']}"
    )


def _lines(guard: Guard, change: Changed) -> Kept:
    lines = change.surfaces.get(guard["surface"], {"added": 0})["added"]
    return Kept(
        asks=f"at most {guard['at_most']} added lines on {guard['surface']}",
        found=str(lines),
        holds=lines <= guard["at_most"],
        facts={"surface": guard["surface"], "at_most": guard["at_most"], "lines": lines},
    )


def _apart(guard: Guard, change: Changed) -> Kept:
    one, other = guard["apart"]
    touched = [_held(pattern, change.paths) for pattern in (one, other)]
    return Kept(
        asks=f"no change of both {one} and {other}",
        found=_named([path for paths in touched for path in paths[:2]]),
        holds=not all(touched),
        facts={},
    )


def _along(guard: Guard, change: Changed) -> Kept:
    first, then = _held(guard["changes"], change.paths), _held(guard["with"], change.paths)
    return Kept(
        asks=f"no change of {guard['changes']} without one of {guard['with']}",
        found=_named(first[:3]) if first and not then else _named((first + then)[:3]),
        holds=bool(then) or not first,
        facts={},
    )


def _never(guard: Guard, change: Changed) -> Kept:
    where = matcher((guard["in"],)) if "in" in guard else None
    places = [
        path
        for path, line in change.added()
        if guard["never"] in line and (where is None or where.match_file(path))
    ]
    there = f" in {guard['in']}" if "in" in guard else ""
    more = plural(len(places), "added line") if places else "none"
    return Kept(
        asks=f"no added line with `{guard['never']}`{there}",
        found=f"{more}, in {_named(dict.fromkeys(places))}" if places else more,
        holds=not places,
        facts={},
    )


def _held(pattern: str, paths: Sequence[str]) -> list[str]:
    return [path for path in paths if matcher((pattern,)).match_file(path)]


def _named(paths: Iterable[str]) -> str:
    return listing(paths, limit=3) or "none"


KINDS: Mapping[str, Callable[[Guard, Changed], Kept]] = {
    # By the key that only this kind has.
    "at_most": _lines,
    "apart": _apart,
    "with": _along,
    "never": _never,
}
