"""Commands of scopes, and the environment that they get."""

from __future__ import annotations

import pytest
from factoryline.verification.site import fill

# Commands.


@pytest.mark.parametrize(
    ("part", "filled"),
    [
        ("{tests}", ["tests/a.py", "tests/b c.py"]),
        ("--only={tests}", ["--only=tests/a.py tests/b c.py"]),
        ("--out={report}", ["--out=here/it.report"]),
        ("{python}", ["py"]),
        ("{unknown}", ["{unknown}"]),
        ("plain", ["plain"]),
        ("$(id); {report}", ["$(id); here/it.report"]),
    ],
)
def test_placeholders_are_filled(part: str, filled: list[str]) -> None:
    words = {"tests": ("tests/a.py", "tests/b c.py"), "report": "here/it.report", "python": "py"}
    assert fill((part,), words) == filled


def test_no_tests_are_no_arguments() -> None:
    assert fill(("run", "{tests}", "-q"), {"tests": ()}) == ["run", "-q"]


def test_what_is_filled_in_is_not_filled_again() -> None:
    filled = fill(("--only={tests}",), {"tests": ("{report}", "{python}"), "report": "it"})
    assert filled == ["--only={report} {python}"]
