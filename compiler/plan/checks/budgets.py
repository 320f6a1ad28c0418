"""Budgets into which nothing could ever fit, and words in them that mean nothing."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.diagnostics import Diagnostic
from factoryline.spec.model import BudgetSpec, Spec


def check(spec: Spec) -> Iterator[Diagnostic]:
    for budget in (spec.flow.budget, *(artifact.budget for artifact in spec.artifacts)):
        if budget:
            yield from _unknown(budget)


def _unknown(budget: BudgetSpec) -> Iterator[Diagnostic]:
    if budget.unknown is None:
        return
    assumed = _assumed(budget)
    if budget.usd is None and assumed is not None:
        yield Diagnostic(
            message="`unknown` counts in dollars, and this budget has no `usd`",
            span=budget.unknown.span,
            help="add `usd: …`, or leave `unknown` out",
            code="budget",
        )
    elif budget.usd is None and budget.tokens is None:
        yield Diagnostic(
            message="`unknown: stop` needs a bound in `usd` or `tokens` that cannot be counted",
            span=budget.unknown.span,
            help="add `usd: …` or `tokens: …`; minutes are always known",
            code="budget",
        )
    elif budget.usd is not None and assumed is not None and assumed >= budget.usd:
        yield Diagnostic(
            message=f"one attempt of unknown cost, counted as ${assumed:g}, spends all of "
            f"${budget.usd:g}",
            span=budget.unknown.span,
            help="count it as less, or say what is meant: `unknown: stop`",
            code="budget",
        )


def _assumed(budget: BudgetSpec) -> float | None:
    word = budget.unknown.name if budget.unknown else "stop"
    return None if word == "stop" else float(word)
