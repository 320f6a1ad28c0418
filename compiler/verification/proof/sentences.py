"""A verdict's proof in sentences, for its line and for the post-run note."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from factoryline.diagnostics import plural

FAILING = "it was not tried, since the change does not pass its own tests"

Told = Mapping[str, Any]
"""A proof, or a part of one, as a verdict carries it."""


def summary(proof: Told) -> list[str]:
    """What a verdict's line says of its proof: `100 % of 48 changed lines, 4 failed before`."""
    parts = []
    covers, then, tried = proof["covers"], proof["before"], proof["mutants"]
    if covers and covers["lines"]:
        parts.append(f"{_percent(covers)} of {plural(covers['lines'], 'changed line')}")
    if then and then["reason"] != FAILING:
        unknown = then["outcome"] == "unknown"
        parts.append("before unknown" if unknown else f"{then['failed']} failed before")
    if tried and tried["reason"] != FAILING:
        caught = f"{tried['caught']} of {plural(tried['tried'], 'mutant')} noticed"
        parts.append(caught if tried["tried"] else "no mutant tried")
    if proof["tests"]["count"]:
        hiding = (
            f" ({proof['tests']['hiding']} hiding a failure)" if proof["tests"]["hiding"] else ""
        )
        parts.append(f"{plural(proof['tests']['count'], 'finding')} in tests{hiding}")
    return parts


def shown(proof: Told) -> Iterator[str]:
    """What a proof showed."""
    covers, then, tried = proof["covers"], proof["before"], proof["mutants"]
    if then and then["outcome"] == "pass":
        yield f"Without the change {plural(then['failed'], 'selected test')} failed."
    if covers and covers["executed"]:
        lines = plural(covers["lines"], "changed line")
        yield f"The selected tests ran {covers['executed']} of {lines}, {_percent(covers)}."
    if tried and tried["caught"]:
        yield f"They noticed {tried['caught']} of {plural(tried['tried'], 'mutant')}."


def not_shown(proof: Told) -> Iterator[str]:
    """What it left open."""
    covers, then, tried = proof["covers"], proof["before"], proof["mutants"]
    if then and then["outcome"] == "unknown":
        yield f"What failed before is not known: {then['reason']}."
    if covers:
        for one in covers["uncovered"]:
            yield f"No selected test runs {one['path']}:{one['lines']}."
    if tried and tried["outcome"] == "unknown":
        yield f"No mutant was tried: {tried['reason']}."
    if tried:
        for one in tried["survivors"]:
            yield (
                f"No test notices `{one['after']}` for `{one['before']}` at "
                f"{one['path']}:{one['line']}."
            )
        if tried["left"]:
            yield f"{plural(tried['left'], 'mutant')} could not be tried in time."


def _percent(covers: Told) -> str:
    """`65 %`; rounded down, so that 100 % is said of all alone."""
    return f"{math.floor(100 * covers['executed'] / covers['lines'])} %"
