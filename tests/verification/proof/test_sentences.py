"""What a verdict's line says of its proof."""

from __future__ import annotations

from typing import Any

import pytest
from factoryline.verification.proof import sentences

FINE: dict[str, Any] = {
    "covers": None,
    "before": {"outcome": "pass", "reason": "", "failed": 2},
    "mutants": {"outcome": "pass", "reason": "", "tried": 5, "caught": 4},
    "tests": {"count": 0, "hiding": 0},
}


def unknown(why: str) -> dict[str, Any]:
    part = {"outcome": "unknown", "reason": why, "failed": 0, "tried": 0, "caught": 0}
    return FINE | {"before": part, "mutants": part}


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        (FINE, ["2 failed before", "4 of 5 mutants noticed"]),
        (unknown("no changed line can be mutated"), ["before unknown", "no mutant tried"]),
        # That the change fails its own tests is said already.
        (unknown(sentences.FAILING), []),
        (FINE | {"before": None, "mutants": None}, []),
    ],
)
def test_the_line_of_a_verdict(proof: dict[str, Any], said: list[str]) -> None:
    assert sentences.summary(proof) == said
