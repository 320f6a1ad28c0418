"""Jinja in one place: values go in as values, and a mistake in a template has a line."""

from __future__ import annotations

import pytest
from factoryline.contracts.render import duration, render
from factoryline.errors import WorldError
from factoryline.plan.model import Template


def text(source: str, **values: object) -> str:
    return render(Template(name="brief.md", text=source), values)


def test_values_go_in() -> None:
    assert text("Goal: {{ artifact.goal }}\n", artifact={"goal": "größe"}) == "Goal: größe\n"


@pytest.mark.parametrize(
    "hostile",
    ["{{ 7*7 }}", "{% for x in y %}", "{# note #}", "{{ ''.__class__ }}", "<b>&amp;</b>", "$(id)"],
)
def test_what_agents_wrote_stays_text(hostile: str) -> None:
    assert text("{{ memo }}", memo=hostile) == hostile
    assert text("{% for line in memo %}{{ line }}{% endfor %}", memo=[hostile]) == hostile
    assert text("{{ memo | pretty }}", memo=hostile).startswith('"')


@pytest.mark.parametrize(
    ("source", "line", "why"),
    [
        ("{{ nothing }}", 1, "'nothing' is undefined"),
        ("one\n\n{{ memo.nothing }}\n", 3, "has no attribute 'nothing'"),
        ("one\n{% if memo %}\n", 2, "Unexpected end of template"),
        ("one\n\n{{ memo | shout }}", 3, "No filter named 'shout'"),
        ("one\n{{ memo.a + 1 }}", 2, "can only concatenate str"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
        ("{% include 'other.md' %}", 1, "no loader"),
        ("one\n{{ memo | plural }}", 2, "plural"),
        ("{{ memo.a | pretty(1, 2, 3) }}", 1, "pretty"),
        ("{{ ''.__class__.__mro__ }}", 1, "__class__"),
    ],
)
def test_a_mistake_in_a_template_has_its_name_and_line(source: str, line: int, why: str) -> None:
    with pytest.raises(WorldError) as caught:
        text(source, memo={"a": "text"})
    assert caught.value.message.startswith(f"brief.md:{line}: the template cannot be rendered: ")
    assert why in caught.value.message
    assert caught.value.help == "the values are those of the contract's schema"


def test_blocks_leave_no_empty_lines() -> None:
    assert text("a\n{% if true %}\nb\n{% endif %}\n  {# note #}\nc\n") == "a\nb\nc\n"


def test_filters() -> None:
    assert text("{{ 1 | plural('test') }}, {{ 2 | plural('test') }}") == "1 test, 2 tests"
    assert text("{{ value | pretty }}", value={"b": "ö", "a": [1]}) == (
        '{\n  "b": "ö",\n  "a": [\n    1\n  ]\n}'
    )
    assert text("{{ 200 | duration }}") == "3 min 20 s"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 ms"),
        (0.043, "43 ms"),
        (0.949, "949 ms"),
        (0.95, "0.9 s"),
        (1.44, "1.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (12.2, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
