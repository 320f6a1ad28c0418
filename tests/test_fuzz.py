"""Nothing that stands in a factory.yaml breaks the compiler: it is a plan, or problems with places.

Random edits of sound factories here, a few hundred and always the same; `python -m benchmarks.fuzz`
tries as many new ones as wanted. What once went wrong, and what is huge on purpose, stands below.
"""

from __future__ import annotations

import contextlib
import re
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from factoryline.diagnostics import render
from factoryline.spec import nodes, schema
from hypothesis import HealthCheck, given, settings

from tests import edits
from tests.edits import SMALL, SOUND, Case, Edit, cases, compiled, judge, write


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for each sound factory; each example puts back what it edits."""
    found = {factory: tmp_path_factory.mktemp(factory) for factory in SOUND}
    for factory, home in found.items():
        write(home, factory)
    return found


@pytest.mark.parametrize("factory", SOUND)
def test_the_unedited_ones_are_sound(factory: str, homes: dict[str, Path]) -> None:
    plan, problems = compiled(homes[factory] / "factory.yaml")
    assert plan is not None
    assert problems == ()


ALWAYS_THE_SAME = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.mark.long
@settings(ALWAYS_THE_SAME, max_examples=100)
@given(case=cases)
def test_random_edits(homes: dict[str, Path], case: Case) -> None:
    judge(homes[case.factory], case)


@pytest.mark.long
@settings(ALWAYS_THE_SAME, max_examples=400)
@given(case=cases)
def test_many_random_edits(homes: dict[str, Path], case: Case) -> None:
    judge(homes[case.factory], case)


# Huge on purpose. Each runs in a process of its own with little memory: what is told here once
# ended the interpreter, or did not end.

HEAD = SMALL.partition("artifacts:")[0]
CHECKS = "title: One, goal: It works., verify: [{scope: unit}]"


def chain(count: int, link: str) -> str:
    """Anchors that each hold the one before: in `link`, `@` is the number and `*` the alias."""
    links = [
        link.replace("@", str(n)).replace("*", f"*z{n - 1}" if n else "{a: 1}")
        for n in range(count)
    ]
    return "".join(f"z{n}: &z{n} {text}\n" for n, text in enumerate(links))


HUGE = {
    "aliases that multiply": SMALL + chain(40, "[*, *, *, *, *, *, *, *, *, *]"),
    "aliases that nest": SMALL + chain(5000, "[*]"),
    "aliases that are checked": HEAD
    + "artifacts:\n"
    + f"  a0: {{title: One, goal: It works., verify: &v [{'{scope: unit}, ' * 300}]}}\n"
    + "".join(f"  a{n}: {{title: One, goal: It works., verify: *v}}\n" for n in range(1, 300)),
    "merges that multiply": SMALL + chain(3000, "{<<: *, k@: 1}"),
    "merges of the same": SMALL
    + f"z: &z {{{', '.join(f'k{n}: 1' for n in range(5000))}}}\n"
    + f"y: {{<<: [{', '.join(['*z'] * 20_000)}]}}\n",
    "lists in lists": SMALL + "x: " + "[" * 200_000,
    "mappings in mappings": SMALL + "x: " + "{a: " * 200_000,
    "items of items": SMALL + "x:\n  " + "- " * 200_000,
    "keys of keys": SMALL + "x:\n  " + "? " * 200_000,
    "indented": SMALL + "\n".join(" " * n + "a:" for n in range(2000)),
    "a scalar": SMALL + "x: " + "y" * 10_000_000,
    "a key": SMALL + f"? '{'k' * 1_000_000}'\n: 1\n",
    "a number": SMALL.replace("factoryline: 1", "factoryline: " + "9" * 100_000),
    "a name": SMALL.replace("repo: .", "repo: " + "a" * 5000),
    "a path": SMALL.replace("hands:", f"prompt: {'a' * 5000}, hands:"),
    "wrong keys": SMALL + "".join(f"k{n}: 1\n" for n in range(20_000)),
    "the same key": SMALL + "x: 1\n" * 20_000,
    "tags": SMALL + f"x: [{'!a b, ' * 20_000}]\n",
    "a list of unlike items": SMALL.replace("[build]", f"[{'a, 1, ' * 10_000}b]"),
    "a list of mappings": SMALL.replace(
        "[build]", f"[{', '.join(f'{{a: {n}}}' for n in range(10_000))}]"
    ),
    "names that are not there": HEAD
    + "artifacts:\n"
    + "".join(f"  a{n}: {{{CHECKS}, after: [a{n}x]}}\n" for n in range(1500)),
    "a circle": HEAD
    + "artifacts:\n"
    + "".join(f"  a{n}: {{{CHECKS}, after: [a{(n + 1) % 2000}]}}\n" for n in range(2000)),
    "documents": SMALL + "---\n" * 50_000,
    "nothing but zeros": "\0" * 1_000_000,
}

HUGE_SECONDS = 20
"""Many times what they need, for a machine that does much else."""


@pytest.mark.long
@pytest.mark.parametrize("name", HUGE)
def test_what_is_huge_is_told_in_time(name: str, tmp_path: Path) -> None:
    (tmp_path / "factory.yaml").write_text(HUGE[name])
    argv = [sys.executable, "-m", "factoryline", "check"]
    done = subprocess.run(
        argv,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=HUGE_SECONDS,
        preexec_fn=_little_memory,
    )
    assert done.returncode in (0, 3), done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert "this is a bug" not in done.stderr
    first = done.stderr.partition("\n")[0]
    assert len(first) < 2000
    assert done.returncode == 0 or re.match(r"factory\.yaml:\d+:\d+: (error|warning): ", first)


def _little_memory() -> None:
    with contextlib.suppress(ValueError, OSError):  # not every system has the limit
        resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))


# What once went wrong.


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        pytest.param(
            SMALL.replace("  one:", '  "one\\n":'),
            (11, 3),
            "`one\n` is not a valid value here",
            id="a name with a line break at its end",
        ),
        pytest.param(
            SMALL + "x: \x1b[31m\n",
            (12, 4),
            "this is not YAML: a control character (U+001B) stands here",
            id="a control character",
        ),
        pytest.param(
            SMALL.replace("repo: .", 'repo: "a\\0b"'),
            (3, 16),
            "the repository `a\0b` is not a folder",
            id="a NUL in a path",
        ),
        pytest.param(
            SMALL.replace("merge: none", "merge: none, wip: 1e999"),
            (9, 26),
            "this is text; it must be a whole number",
            id="infinity",
        ),
    ],
)
def test_what_once_went_wrong(
    text: str, place: tuple[int, int], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "factory.yaml"
    path.write_text(text)
    plan, [problem] = compiled(path)
    assert plan is None
    assert (problem.span.line, problem.span.column) == place
    assert problem.message == message


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "brief.md.j2",
            "{{ " + "(" * 5000,
            "this is not a Jinja template: the nesting is too deep",
        ),
        (
            "brief.md.j2",
            "{% if a %}" * 5000,
            "this is not a Jinja template: the nesting is too deep",
        ),
        ("sketch.json", "[" * 100_000, "`sketch.json` is not JSON: the nesting is too deep"),
        ("sketch.json", '{"not":' * 200 + "{}" + "}" * 200, "the nesting is too deep"),
        ("sketch.json", '{"x":' * 600 + "{}" + "}" * 600, "the nesting is too deep"),
        ("sketch.json", '{"pattern": "("}', "at `pattern`: '(' is not a 'regex'"),
        ("sketch.json", '{"patternProperties": {"[": {}}}', "is not a 'regex'"),
        ("sketch.json", '{"$ref": "http://["}', "`http://[` leads nowhere"),
    ],
)
def test_what_once_went_wrong_beside_factory_yaml(
    file: str, text: str, message: str, homes: dict[str, Path]
) -> None:
    home = homes["full"]
    (home / file).write_text(text)
    plan, problems = compiled(home / "factory.yaml")
    (home / file).write_text(SOUND["full"][file])
    assert plan is None
    assert [problem for problem in problems if message in problem.message]


def test_a_schema_that_leads_back_to_itself() -> None:
    [violation] = schema.violations(1, {"$ref": "#"})
    assert violation.message == "this cannot be checked: it, or its schema, leads too deep"


@pytest.mark.parametrize("pattern", ["TMP/**", "TMP/x.yaml", "../**", "work/../../**", ".."])
def test_an_include_stays_below_the_folder(pattern: str, tmp_path: Path) -> None:
    """Else one slash too many reads the whole disk."""
    path = tmp_path / "a/b/home/factory.yaml"
    path.parent.mkdir(parents=True)
    pattern = pattern.replace("TMP", str(tmp_path))
    path.write_text(f"{HEAD}artifacts: {{include: {pattern!r}}}\n")
    plan, [problem] = compiled(path)
    assert plan is None
    assert (problem.span.line, problem.span.column) == (10, 22)


@pytest.mark.parametrize("timeout", ["9" * 20, "9" * 20 + "h", "9" * 400 + "s"])
def test_a_time_limit_is_one(timeout: str, tmp_path: Path) -> None:
    path = tmp_path / "factory.yaml"
    path.write_text(SMALL.replace("hands:", f"timeout: {timeout}, hands:"))
    plan, _ = compiled(path)
    assert plan is None


def test_the_caret_stands_under_the_first_character_after_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "factory.yaml"
    path.write_text("\ufeffbad: 1\n")
    _, problems = compiled(path)
    text = render([p for p in problems if "`bad`" in p.message], root=tmp_path)
    assert text.splitlines()[:3] == [
        "factory.yaml:1:1: error: `bad` is not known here",
        "  bad: 1",
        "  ^^^",
    ]


def test_nothing_reaches_the_terminal_raw(tmp_path: Path) -> None:
    path = tmp_path / "factory.yaml"
    path.write_text(SMALL + '"\\e[31m\\nerror: no": 1\n')
    _, [problem] = compiled(path)
    assert render([problem], root=tmp_path).splitlines()[0] == (
        "factory.yaml:12:1: error: `\\x1b[31m\\nerror: no` is not known here"
    )


# The test sees what it is for.


def test_a_position_outside_the_file_is_seen(
    homes: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(factory="small", file="factory.yaml", edits=(Edit("end", where=300, to=0),))
    judge(homes["small"], case)
    real = nodes._span
    monkeypatch.setattr(nodes, "_span", lambda *a: replace(real(*a), column=real(*a).column + 90))
    with pytest.raises(AssertionError, match="lies outside"):
        judge(homes["small"], case)


def test_an_endless_example_is_stopped(
    homes: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(_: Path) -> None:
        while True:
            pass

    monkeypatch.setattr(edits, "SECONDS", 0.02)
    monkeypatch.setattr(edits, "compiled", endless)
    with pytest.raises(edits.Slow):
        judge(homes["small"], Case(factory="small", file="factory.yaml", edits=()))
