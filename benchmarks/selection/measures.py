"""What a strategy's choice was worth, commit by commit, and the sums over all commits."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from factoryline.selection.tests import function_of

from benchmarks.selection.strategies import Case

Strategy = Callable[[Case], set[str] | None]


@dataclass(kw_only=True)
class Score:
    """Each list has one number a commit, or a mutant, between 0 and 1; seconds are seconds."""

    selected: list[float] = field(default_factory=list)
    before: list[float] = field(default_factory=list)
    edited: list[float] = field(default_factory=list)
    caught: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)
    killers: list[float] = field(default_factory=list)
    broken: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)
    widened: int = 0


def measure(strategy: Strategy, full: Case, source: Case, score: Score) -> None:
    """Add what `strategy` does on one commit: on the whole change, and on its source alone."""
    chosen = strategy(full)
    if chosen is None:
        return
    observed = full.observed
    place = f"{full.place.parent.name} {observed['commit'][:10]}"
    score.selected.append(len(chosen) / len(full.known))
    score.widened += full.widened
    full.widened = False
    failing = _failing(observed["fails_before"], observed["change"])
    if failing:
        score.before.append(float(bool(failing & chosen)))
    old = {path for path in observed["tests"] if any(t.startswith(path) for t in observed["base"])}
    alone = strategy(source)
    if alone is not None:
        if old:
            files = {test.partition("::")[0] for test in alone}
            score.edited.append(float(old <= files))
        broken = _failing(observed["source_alone"], observed["base"])
        if broken:
            score.broken.append(len(broken & alone) / len(broken))
            if not broken <= alone:
                missed = sorted(broken - alone)
                score.misses.append(f"{place}: {len(missed)} of {len(broken)} broken: {missed[0]}")
    changed = full.changed_files
    for mutant in observed["mutants"]:
        # Some ids have the time of day in them; a test that no other run knows killed nothing.
        stable = set(mutant["killers"]) & set(observed["fails_before"])
        killers = {function_of(test) for test in stable} & set(full.known)
        if not killers:
            continue
        score.caught.append(float(bool(killers & chosen)))
        score.killers.append(len(killers & chosen) / len(killers))
        if killers - changed:
            score.unchanged.append(float(bool((killers - changed) & chosen)))
        if not killers & chosen or (killers - changed and not (killers - changed) & chosen):
            line = f"{mutant['path']}:{mutant['line']} ({mutant['what']})"
            score.misses.append(f"{place}: {line}, {len(killers)} killers, {sorted(killers)[0]}")


def _failing(after: Mapping[str, Any], good: Mapping[str, Any]) -> set[str]:
    """Test functions with a case that passes in `good` and does not in `after`."""
    return {
        function_of(test)
        for test, (outcome, _) in good.items()
        if outcome == "passed" and test in after and after[test][0] == "failed"
    }


COLUMNS = ("selected", "before", "edited", "caught", "unchanged", "killers", "broken")


def table(scores: Mapping[str, Score]) -> str:
    """A Markdown table, one row a strategy; `–` where nothing could be measured."""
    head = (
        "| strategy | tests median/mean | fails-before | co-edited | mutant caught | by unchanged "
    )
    lines = [head + "| killers | Brk | widened | seconds |", "|---|" + "---|" * 9]
    for name, score in scores.items():
        both = f"{_percent([statistics.median(score.selected)])}/{_percent(score.selected)}"
        cells = [_percent(getattr(score, column)) for column in COLUMNS[1:]]
        seconds = f"{max(score.seconds):.2f}" if score.seconds else "–"
        row = [name, both, *cells, str(score.widened), seconds]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def _percent(values: Iterable[float]) -> str:
    found = list(values)
    return f"{100 * statistics.mean(found):.0f}" if found else "–"
