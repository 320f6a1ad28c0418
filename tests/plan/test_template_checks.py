"""A template is read with the schemas of what it gets, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from factoryline.plan import builtin
from factoryline.plan.checks.base import parsed
from factoryline.plan.checks.templates import BRIEF, NOTE, PACKET, Shape, problems_in
from factoryline.spec import schema
from jinja2 import TemplateSyntaxError

MEMO: Mapping[str, Shape] = {
    "handoff": schema.builtin("memo"),
    "artifact": {"properties": {"name": {}}},
}
OURS = [
    ("scout.prompt.md.j2", BRIEF),
    ("build.prompt.md.j2", BRIEF),
    ("cell.prompt.md.j2", BRIEF),
    ("repair.prompt.md.j2", BRIEF),
    ("critic.prompt.md.j2", BRIEF),
    ("analyst.prompt.md.j2", BRIEF),
    ("critique.md.j2", {**MEMO, "handoff": schema.builtin("critique")}),
    ("memo.md.j2", MEMO),
    ("packet.md.j2", PACKET),
    ("post-run.md.j2", NOTE),
]


@pytest.mark.parametrize(("name", "values"), OURS, ids=[name for name, _ in OURS])
def test_our_own_templates_read_what_is_there(name: str, values: Mapping[str, Shape]) -> None:
    assert problems_in(builtin.template(name), name, values) == []


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("{{ handof.summary }}", "there is no `handof` here", "t.j2:1:4"),
        ("{{ handoff.sumary }}", "`handoff.sumary` does not exist", "t.j2:1:12"),
        ("\n{{ handoff['sumary'] }}", "`handoff.sumary` does not exist", "t.j2:2:13"),
        (
            "{% for f in handoff.files %}{{ f.wy }}{% endfor %}",
            "`f.wy` does not exist",
            "t.j2:1:34",
        ),
        ("{{ handoff.summary | uper }}", "there is no filter `uper`", "t.j2:1:22"),
        ("{{ handoff.approach }}", "`handoff.approach` may be missing", "t.j2:1:12"),
        ("{% if handoff.nothing %}{% endif %}", "`handoff.nothing` does not exist", "t.j2:1:15"),
        ("{% set s = handoff.summery %}", "`handoff.summery` does not exist", "t.j2:1:20"),
        ("{{ handoff.files[0].paths }}", "does not exist: no field `paths`", "t.j2:1:21"),
    ],
)
def test_what_is_not_there_has_a_place(text: str, message: str, place: str) -> None:
    [problem] = problems_in(text, "t.j2", MEMO)
    assert message in problem.message
    assert str(problem.span) == place


@pytest.mark.parametrize(
    "text",
    [
        "{{ handoff.summary | upper }} {{ artifact.name }}",
        "{% if handoff.approach is defined %}{{ handoff.approach }}{% endif %}",
        "{% if handoff.tests is defined and handoff.tests %}{{ handoff.tests }}{% endif %}",
        "{{ handoff.approach | default('') }}",
        "{{ handoff.approach if handoff.approach is defined else 'none' }}",
        "{% for f in handoff.files %}{{ loop.index }} {{ f.path }}: {{ f.why }}{% endfor %}",
        "{% set s = handoff.summary %}{{ s }}",
        "{{ handoff | pretty }} {% for i in range(3) %}{{ i }}{% endfor %}",
        "{{ handoff.files[0].path }} {{ handoff.verification[:2] | join(', ') }}",
    ],
)
def test_what_is_there_is_let_through(text: str) -> None:
    assert problems_in(text, "t.j2", MEMO) == []


def test_a_word_that_is_not_on_its_line_has_the_lines_place() -> None:
    # A name of two lines: Jinja tells the first of them.
    [problem] = problems_in(
        "{% for a, summery\n  in handoff.files %}{{ b }}{% endfor %}", "t.j2", MEMO
    )
    assert (problem.span.line, problem.span.column, problem.span.width) == (2, 25, 1)
    [problem] = problems_in("\u2028# {{rtifact.name }}", "t.j2", MEMO)
    assert (problem.span.line, problem.span.column, problem.span.width) == (1, 6, 7)


def test_a_long_sum_nests_too_deep_and_exhausts_nothing() -> None:
    assert parsed(f"{{{{ {' + '.join(['1'] * 60)} }}}}")
    for terms in (200, 5000):
        with pytest.raises(TemplateSyntaxError, match="the nesting is too deep"):
            parsed(f"{{{{ {' + '.join(['1'] * terms)} }}}}")
