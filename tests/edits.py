"""Random edits of sound factories, and what has to hold of every one: for tests/test_fuzz.py and
benchmarks/fuzz.py.

An edit is a few small numbers, so that Hypothesis can shrink it; `edited` makes a text of it.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
import resource
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import yaml
from factoryline.diagnostics import Diagnostic, Span, SpecError, ordered, render
from factoryline.emit.diagnostics.base import found
from factoryline.emit.diagnostics.table import FORMATS as REPORTS
from factoryline.emit.graphs.base import graph
from factoryline.emit.graphs.table import FORMATS as DRAWINGS
from factoryline.errors import FactoryError
from factoryline.plan.digest import of_value, shape
from factoryline.plan.model import Plan
from factoryline.plan.resolve import check, resolve
from factoryline.spec.load import load
from hypothesis import strategies as st

FULL = """\
# Every key of the language stands here once.
factoryline: 1
name: full
target: {repo: product, base: main}
surfaces:
  server: [server/**]
  webui: [webui/**, "assets/**"]
agents:
  coder:
    command: [coder, --model, "{model}"]
    brief: stdin
    model: small
    env: {LEVEL: 3, RATE: 0.5}
contracts:
  sketch: {schema: sketch.json, template: sketch.md.j2}
  tidied: {schema: sketch.json}
cells:
  scout: {kind: scout, timeout: 90s}
  draft:
    kind: agent
    agent: coder
    takes: [memo]
    hands: sketch
    prompt: brief.md.j2
    touches: nothing
    repairs: 2
  build: {kind: adopt, takes: [memo, sketch, feedback], touches: [server, webui, tests/**]}
  tidy:
    kind: command
    run: [tidy, "{worktree}"]
    env: {MODE: fast}
    hands: tidied
    touches: nothing
  verify: {kind: verify, takes: [change], hands: verdict, returns: build}
  package:
    kind: package
    takes: [change, verdict]
    template: sketch.md.j2
    surfaces:
      server: {labels: [back], checklist: ["Is it fast?"], body: sketch.md.j2}
  review: {kind: review, from: recorded, takes: [packet], hands: review, returns: build}
line: [scout, draft, build, tidy, verify, package, review]
scopes:
  unit: &unit
    run: ["{python}", -m, pytest, "{tests}", "--junitxml={report}"]
    report: junit
    all: [tests]
    list: [ls, "{tests}"]
    cwd: .
    env: {CI: 1}
    timeout: 2m
  slow: {<<: *unit, all: [tests/slow], timeout: 1h}
  style: {run: [make, style], report: exit}
flow: {wip: 1, retries: 3, reworks: 5, merge: squash}
artifacts:
  include: work/*.yaml
  first:
    title: The first
    goal: >-
      It works,
      as it was meant.
    consumer: 'somebody'
    source: "https://example.org/1"
    verify: &checks
      - {scope: unit, tests: [tests/one.py]}
      - {scope: style}
    adopt: [[first.patch], [abc123, second.patch]]
    reviews: [ok.yaml]
  third: {title: Third, goal: It works., verify: *checks, adopt: [[first.patch]], after: [second]}
"""

INCLUDED = """\
title: The second
goal: |
  It works.
verify: [{scope: slow}]
adopt: [[first.patch]]
after: [first]
"""

SMALL = """\
factoryline: 1
name: small
target: {repo: .}
cells:
  build: {kind: command, run: [make], hands: change, touches: [src/**]}
line: [build]
scopes:
  unit: {run: [make, test], report: exit}
flow: {merge: none}
artifacts:
  one: {title: One, goal: It works., verify: [{scope: unit}]}
"""

SKETCH = """\
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "text": {"type": "string", "pattern": "^[a-z]+$", "minLength": 1},
    "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}, "uniqueItems": true}
  },
  "required": ["text"],
  "additionalProperties": false,
  "$defs": {"part": {"enum": ["a", "b", 1, null]}}
}
"""

BRIEF = """\
# {{ artifact.name }}

{% if artifact.consumer %}For {{ artifact.consumer | upper }}.{% endif %}
{% for selection in artifact.verify %}
- {{ loop.index }}: {{ selection.scope }}
{%- endfor %}
{% include "handoff.part.j2" %}
"""

OTHERS = {
    "sketch.json": SKETCH,
    "sketch.md.j2": "A text.\n",
    "brief.md.j2": BRIEF,
    "first.patch": "",
    "second.patch": "",
    "ok.yaml": "decision: approve\nby: Ann\n",
}

SOUND: Mapping[str, Mapping[str, str]] = {
    "full": {"factory.yaml": FULL, "work/second.yaml": INCLUDED, **OTHERS},
    "small": {"factory.yaml": SMALL},
}
"""Factories without a problem, by name: their files."""

FILES = (
    ("full", "factory.yaml"),
    ("small", "factory.yaml"),
    ("full", "work/second.yaml"),
    ("full", "sketch.json"),
    ("full", "brief.md.j2"),
)
"""What is edited: the specification, and what it is checked with."""


@dataclass(frozen=True)
class Edit:
    """One edit: `how` chooses it, `where` and `to` are read as shares of what there is."""

    how: str
    where: int
    to: int
    what: int = 0


SHARE = 10_000
"""What `where` and `to` count up to."""

WORDS = (
    *("", "~", "null", "true", "no", "on", "yes", "1", "-1", "0", "1.0", "1e999", ".5", "0x1f"),
    *("9" * 299, "9" * 400, "1" + "0" * 5000, "9" * 30 + "h", "0s", "12:30", "2026-04-21"),
    *("*unit", "*checks", "*nobody", "&unit x", "&a", "<<", "<<: *unit", "{<<: *unit}"),
    *("!x", "!!int 1", "!!python/object:os.system x", "!<y>", "!!binary aGk="),
    *("[", "]", "{", "}", "- ", "? ", ": ", ", ", "#", "|", ">", "%", "@", "`", "'", '"', "\\"),
    *("---", "...", "---\n---\n", "%YAML 1.1\n---\n", "&a [*a]", "&a {x: *a}", "{<<: &a {<<: *a}}"),
    *("\t", "\r", "\r\n", "\n", "\n\n", "  ", "\u00a0", "\ufeff", "\u2028", "\u2029", "\x85"),
    *("\x00", "\x07", "\x0b", "\x0c", "\x1b[31m", "\x1c", "\x7f", "\x9f", "\ufffe", "\uffff"),
    *("ä", "日本", "🎉", "e\u0301", "\u202e", "\u200d", "İ", "ſ", '"\\0"', '"a\\nb"', '"\\ud800"'),
    *("../..", "/", ".", "a" * 300, "x/" * 2000, "*", "**", "[!", "nothing", "feedback", "merge"),
    *("{{ x", "{% for a in b %}", "{% endif %}", "{{ x.y[0]|z }}", "{# ", "{% include 'x' %}"),
    *('"$ref": "#",', '"pattern": "(",', '{"$ref": "nowhere"}', '"type": 1,', "\\u0000", "NaN"),
    *("{tests}", "{nobody}", "{", "{{ x }}", "{% if %}", "first", "scout", "a" * 64, "A", "a b"),
)

BYTES = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x00", b"\xfe\xff")


def at(share: int, count: int) -> int:
    """A place among `count`, from a share."""
    return min(share * (count + 1) // SHARE, count)


# Edits of the text: what an editor, a merge or a broken disk does.


def _cut(text: str, edit: Edit) -> str:
    start, end = sorted((at(edit.where, len(text)), at(edit.to, len(text))))
    return text[:start] + text[end:]


def _nibble(text: str, edit: Edit) -> str:
    start = at(edit.where, len(text))
    return text[:start] + text[start + 1 + edit.what % 8 :]


def _repeat(text: str, edit: Edit) -> str:
    start, end = sorted((at(edit.where, len(text)), at(edit.to, len(text))))
    return text[:end] + text[start:end] + text[end:]


def _move(text: str, edit: Edit) -> str:
    lines = text.splitlines(keepends=True)
    if lines:
        line = lines.pop(at(edit.where, len(lines) - 1))
        lines.insert(at(edit.to, len(lines)), line)
    return "".join(lines)


def _shuffle(text: str, edit: Edit) -> str:
    lines = text.splitlines(keepends=True)
    order = sorted(range(len(lines)), key=lambda i: (i * (edit.where + 1) + edit.to) % 9973)
    return "".join(lines[i] for i in order)


def _insert(text: str, edit: Edit) -> str:
    start = at(edit.where, len(text))
    return text[:start] + WORDS[edit.what % len(WORDS)] + text[start:]


def _indent(text: str, edit: Edit) -> str:
    lines = text.splitlines(keepends=True)
    start, end = sorted((at(edit.where, len(lines)), at(edit.to, len(lines))))
    by = (" ", "  ", "\t", "    ")[edit.what % 4]
    moved = [line.removeprefix(by) if edit.what % 8 > 3 else by + line for line in lines[start:end]]
    return "".join([*lines[:start], *moved, *lines[end:]])


def _end(text: str, edit: Edit) -> str:
    return text[: at(edit.where, len(text))]


def _breaks(text: str, edit: Edit) -> str:
    return text.replace("\n", ("\r\n", "\r", "\x85", "\u2028")[edit.what % 4])


def _mark(text: str, edit: Edit) -> str:
    return "\ufeff" * (1 + edit.what % 2) + text


def _deepen(text: str, edit: Edit) -> str:
    start = at(edit.where, len(text))
    opening = ("[", "{a: ", "- ", "? ", '{"not": ', "\n" + " " * 8 + "- ", "{{ (", "{% if a %}")
    return text[:start] + opening[edit.what % 8] * (edit.to // 10) + text[start:]


def _bomb(text: str, edit: Edit) -> str:
    wide, high = 1 + edit.what % 12, 1 + edit.to % 40
    opening, closing = (("[", "]"), ("{<<: [", "]}"))[edit.where % 2]
    first = ("&z0 {a: 1}", "&z0 [1]", "&z0 {a: 1, b: {c: 1}}")[edit.where % 3]
    lines = [f"z0: {first}"]
    for level in range(1, high):
        inner = ", ".join([f"*z{level - 1}"] * wide)
        lines.append(f"z{level}: &z{level} {opening}{inner}{closing}")
    return text + "\n".join(lines) + "\n"


TEXT_EDITS: Mapping[str, Callable[[str, Edit], str]] = {
    "cut": _cut,
    "nibble": _nibble,
    "repeat": _repeat,
    "move": _move,
    "shuffle": _shuffle,
    "insert": _insert,
    "indent": _indent,
    "end": _end,
    "breaks": _breaks,
    "mark": _mark,
    "deepen": _deepen,
    "bomb": _bomb,
}


# Edits of the tree: what a person means and gets wrong.


Place = tuple[Any, Any]
"""A mapping or list, and the key or index in it."""


def _places(tree: Any) -> list[Place]:
    """Every value of a tree, by where it lies."""
    result: list[Place] = []
    todo, seen = [tree], {id(tree)}
    while todo:
        value = todo.pop()
        steps: Iterator[Any] = iter(())
        if isinstance(value, dict):
            steps = iter(list(value))
        elif isinstance(value, list):
            steps = iter(range(len(value)))
        for step in steps:
            result.append((value, step))
            if isinstance(value[step], (dict, list)) and id(value[step]) not in seen:
                seen.add(id(value[step]))
                todo.append(value[step])
    return result


def _other(what: int) -> Any:
    values: Sequence[Any] = (
        *(None, True, False, 0, 1, -1, 1.5, 2.0, 10**30, 10**298, 1e300, "", " ", "a", "a\n", "\n"),
        *([], {}, [[]], [{}], {"": ""}, {"a": None}, ["a", "a"], [1, True, 1.0], {"include": "*"}),
        *(
            "a" * 100,
            "ä日🎉",
            "a\0b",
            "\x1b[2J",
            "a" * 5000,
            "x\u2028z",
            "no",
            "1",
            "~",
            "<<",
            "null",
        ),
        *(
            "..",
            "/",
            ".",
            "work",
            "work/*.yaml",
            "**",
            "[",
            "nothing",
            "feedback",
            "change",
            "review",
        ),
        *(
            "999999999h",
            "1s",
            "first",
            "{tests}",
            "{report}",
            "{x}",
            "{",
            "ok.yaml",
            "server",
            "unit",
        ),
        *(
            {"kind": "agent"},
            {"kind": "review"},
            {"kind": []},
            {"scope": {}},
            ["x"] * 300,
            [1] * 300,
        ),
        *({str(n): n for n in range(300)}, [[["a"]]], {"<<": {"a": 1}}, {"on": "no", "y": "off"}),
    )
    return copy.deepcopy(values[what % len(values)])


def _edit_tree(tree: Any, edit: Edit) -> Any:
    places = _places(tree)
    if not places:
        return _other(edit.what)
    inside, step = places[at(edit.where, len(places) - 1)]
    other, there = places[at(edit.to, len(places) - 1)]
    value = inside[step]
    if edit.how == "drop":
        del inside[step]
    elif edit.how == "retype":
        inside[step] = _other(edit.what)
    elif edit.how == "rename" and isinstance(inside, dict):
        word = str(step)
        inside[("x", "", "<<", "kind", word + "s", word.upper(), 7, None)[edit.what % 8]] = value
        del inside[step]
    elif edit.how == "double":
        if isinstance(inside, list):
            inside.append(value)
        else:
            inside[f"{step}-{edit.what % 3}"] = value
    elif edit.how == "nest":
        for _ in range(1 + edit.what % 130):
            value = [value] if edit.what % 2 else {"x": value}
        inside[step] = value
    elif edit.how == "swap":
        inside[step], other[there] = other[there], inside[step]
    elif edit.how == "share":
        # Dumped as an anchor and an alias; as a cycle, where one lies in the other.
        inside[step] = other
    elif edit.how == "copy":
        inside[step] = copy.deepcopy(other[there])
    elif edit.how in GENTLE_EDITS:
        _gentle(places, edit)
    return tree


def _gentle(places: Sequence[Place], edit: Edit) -> None:
    """An edit that the schema may well allow, so that the checks behind it have their turn."""
    words = [place for place in places if isinstance(place[0][place[1]], str)]
    lists = [i[s] for i, s in places if isinstance(i[s], list)]
    if edit.how == "borrow" and words:
        inside, step = words[at(edit.where, len(words) - 1)]
        other, there = words[at(edit.to, len(words) - 1)]
        named = isinstance(there, str) and edit.what % 2
        inside[step] = there if named else other[there]
    elif edit.how == "lend" and lists:
        from_, to = (lists[at(share, len(lists) - 1)] for share in (edit.where, edit.to))
        to.extend(copy.deepcopy(from_))
    elif edit.how == "shorten" and lists:
        some = lists[at(edit.where, len(lists) - 1)]
        del some[at(edit.to, len(some)) :]
    elif edit.how == "turn":
        inside, step = places[at(edit.where, len(places) - 1)]
        if isinstance(inside[step], dict):
            inside[step] = dict(reversed(inside[step].items()))
        elif isinstance(inside[step], list):
            inside[step].reverse()


GENTLE_EDITS = ("borrow", "lend", "shorten", "turn")
ROUGH_EDITS = ("drop", "retype", "rename", "double", "nest", "swap", "share", "copy")
TREE_EDITS = (*GENTLE_EDITS, *ROUGH_EDITS)


def _dumped(tree: Any, what: int) -> str:
    with contextlib.suppress(ValueError, RecursionError, TypeError):
        if what % 4 == 0:
            return json.dumps(tree, indent=what % 3 or None)
    with contextlib.suppress(RecursionError, yaml.YAMLError, TypeError):
        flow = (None, False, True)[what % 3]
        text = yaml.safe_dump(tree, default_flow_style=flow, sort_keys=False, allow_unicode=True)
        return str(text)
    return ""


@cache
def _tree(factory: str, file: str) -> Any:
    return yaml.safe_load(SOUND[factory][file])


def edited(factory: str, file: str, edits: Sequence[Edit]) -> bytes:
    """The file after its edits: first those of the tree, then those of the text."""
    text = SOUND[factory][file]
    of_tree = [edit for edit in edits if edit.how in TREE_EDITS]
    if of_tree and not file.endswith(".j2"):
        tree = copy.deepcopy(_tree(factory, file))
        for edit in of_tree:
            tree = _edit_tree(tree, edit)
        text = _dumped(tree, of_tree[0].what)
    for edit in edits:
        if edit.how in TEXT_EDITS:
            text = TEXT_EDITS[edit.how](text, edit)[:MOST_CHARACTERS]
    data = text.encode("utf-8", "surrogatepass")
    for edit in edits:
        start = at(edit.where, len(data))
        if edit.how == "byte":
            data = data[:start] + BYTES[edit.what % len(BYTES)] + data[start:]
        if edit.how == "encode":
            encoding = ("utf-16", "utf-32", "latin-1")[edit.what % 3]
            data = data.decode("utf-8", "replace").encode(encoding, "replace")
    return data


MOST_CHARACTERS = 300_000


@dataclass(frozen=True)
class Case:
    """A factory with one edited file."""

    factory: str
    file: str
    edits: tuple[Edit, ...]

    @property
    def data(self) -> bytes:
        return edited(self.factory, self.file, self.edits)


def _edits(names: Sequence[str], most: int) -> st.SearchStrategy[list[Edit]]:
    share = st.integers(0, SHARE)
    kinds = st.sampled_from(names)
    one = st.builds(Edit, how=kinds, where=share, to=share, what=st.integers(0, 999))
    return st.lists(one, min_size=1, max_size=most)


cases: st.SearchStrategy[Case] = st.builds(
    lambda which, some: Case(factory=which[0], file=which[1], edits=tuple(some)),
    st.sampled_from(FILES),
    st.one_of(
        _edits(GENTLE_EDITS, 3),
        _edits((*GENTLE_EDITS, "drop", "swap"), 2),
        _edits(TREE_EDITS, 2),
        _edits((*TEXT_EDITS, "byte", "encode"), 2),
        _edits((*TREE_EDITS, *TEXT_EDITS, "byte", "encode"), 4),
    ),
)
"""Random cases, for Hypothesis."""


# What has to hold.


SECONDS = 2.0
"""What an example may take."""

MEGABYTES = 1024
"""What an example may need beyond what the process has."""

NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


class Slow(Exception):
    """An example that does not come to its end."""


def write(home: Path, factory: str) -> None:
    """Put a sound factory into a folder."""
    (home / "product").mkdir(parents=True, exist_ok=True)
    for file, text in SOUND[factory].items():
        path = home / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def judge(home: Path, case: Case) -> str:
    """Compile an edited factory and hold it to its promises; `sound` or `refused`.

    Raises what the compiler raises, or AssertionError. `home` holds the unedited factory.
    """
    path = home / case.file
    path.write_bytes(case.data)
    try:
        with limited():
            # The processor's own seconds: a busy machine is not the compiler's fault.
            started = time.process_time()
            plan, problems = compiled(home / "factory.yaml")
            seconds = time.process_time() - started
            assert seconds < SECONDS, f"it took {seconds:.1f} s"
            _hold_problems(home, problems)
            if plan is None:
                assert problems, "it is refused without a word"
                return "refused"
            _hold_plan(plan)
            return "sound"
    finally:
        path.write_bytes(SOUND[case.factory][case.file].encode())


def compiled(path: Path) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    """The plan, where there is one, and every problem; any other exception goes on."""
    try:
        spec = load(path)
        problems = ordered(check(spec))
        return resolve(spec), problems
    except SpecError as error:
        return None, error.diagnostics
    except FactoryError as error:
        start = Span(file=path.name, line=1, column=1)
        return None, (Diagnostic(message=str(error), span=start),)


def _hold_problems(home: Path, problems: tuple[Diagnostic, ...]) -> None:
    for problem in problems:
        assert problem.message, "a problem says what it is"
        for span in (problem.span, *(span for span, _ in problem.related)):
            _hold_span(home, span)
    text = render(problems, root=home)
    heads = [line for line in text.split("\n") if re.match(r"\S+:\d+:\d+: (error|warning): ", line)]
    assert len(heads) == len(problems), "each problem begins a line of its own"
    assert all(c.isprintable() or c == "\n" for c in text), "nothing reaches the terminal raw"
    for form in REPORTS.values():
        form(found(problems, home)).encode()


def _hold_span(home: Path, span: Span) -> None:
    text = _text(home / span.file)
    ends = "\r\n|[\n\r\x85\u2028\u2029]" if span.file.endswith(".yaml") else "\r\n|[\n\r]"
    lines = re.split(ends, text)
    assert 1 <= span.line <= len(lines) + 1, f"{span} lies outside the file"
    line = lines[span.line - 1] if span.line <= len(lines) else ""
    assert 1 <= span.column <= len(line) + 1, f"{span} lies outside its line {line!r}"
    assert span.width >= 1, f"{span} has no width"
    assert span.column + span.width <= len(line) + 2, f"{span} is wider than its line {line!r}"


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig", "replace") if path.is_file() else ""


def _hold_plan(plan: Plan) -> None:
    names = [cell.name for cell in plan.line] + [artifact.name for artifact in plan.artifacts]
    names += [plan.name, *(surface.name for surface in plan.surfaces)]
    assert all(NAME.fullmatch(name) for name in names), names
    for form in DRAWINGS.values():
        form(graph(plan)).encode()
    # The keys of stages are made of these; JSON has to know every value.
    for artifact in plan.artifacts:
        of_value(shape(artifact))
    for cell in plan.line:
        of_value(shape(cell))


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """A limit on time and memory for a block. What runs in C is measured and not stopped."""

    def stop(_: int, __: FrameType | None) -> None:
        raise Slow(f"it did not end within {5 * SECONDS:.0f} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, 5 * SECONDS)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_used() + MEGABYTES * 2**20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _used() -> int:
    """The address space of this process in bytes; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        raise ValueError("no /proc here") from None
    return pages * resource.getpagesize()
