"""What a terminal adds to plain text."""

from __future__ import annotations

import io

import pytest
from factoryline import terminal

LINE = "?  thing-0  1-review waits for a review of 0123456789, which was made by somebody"


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_line_is_broken_between_words_and_indented_below_its_text(columns: int) -> None:
    first, *others = terminal.fitted(LINE, columns).split("\n")
    assert others
    assert all(len(line) <= columns for line in (first, *others))
    assert all(line.startswith("      ") for line in others)
    assert " ".join([first, *(line.strip() for line in others)]) == LINE


@pytest.mark.parametrize(
    "line",
    [
        "short",
        "    verify: [{scope: a}, {scope: b}, {scope: c}, {scope: d}, {scope: e}]",
        "                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "https://example.org/a/very/long/address/that/has/no/place/to/break/at/all",
    ],
)
def test_what_is_not_broken(line: str) -> None:
    assert terminal.fitted(line, 40) == line
    assert terminal.fitted(LINE, None) == LINE, "nobody counts the columns of a pipe"


@pytest.mark.parametrize(
    ("line", "painted"),
    [
        (".  a:scout  done", "\x1b[32m.\x1b[0m  a:scout  done"),
        ("!  a:scout", "\x1b[31m!\x1b[0m  a:scout"),
        ("error: no", "\x1b[1;31merror\x1b[0m: no"),
        ("factory.yaml:3:1: error: no", "factory.yaml:3:1: \x1b[1;31merror\x1b[0m: no"),
        ("  help: so", "  \x1b[36mhelp\x1b[0m: so"),
        ("an error: no", "an error: no"),
        ("plain", "plain"),
    ],
)
def test_signs_have_a_colour(line: str, painted: str) -> None:
    assert terminal.coloured(line) == painted


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "env", "colour"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (Terminal(), {"FORCE_COLOR": "0"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_who_gets_colour(
    stream: io.StringIO, env: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert terminal.is_coloured(stream) == colour


def test_a_width_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "61")
    assert terminal.width(Terminal()) == 61
    assert terminal.width(io.StringIO()) is None
    monkeypatch.setenv("COLUMNS", "3")
    assert terminal.width(Terminal()) is None, "too narrow for any line"
