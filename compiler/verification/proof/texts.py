"""Tests of other languages, and settings of runners, compared by their words.

This is no parser: it counts tests, skips and assertions by how they are written, so a finding of
it says what to look at and no more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from factoryline.diagnostics import plural

Kind = Literal["deleted", "skipped", "loosened"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a language writes a test (its name is the last group), a skip, an assertion, and an
    assertion that asks for hardly anything."""

    test: re.Pattern[str]
    skip: re.Pattern[str]
    assertion: re.Pattern[str]
    weak: re.Pattern[str]


_NOTHING = re.compile(r"(?!)")

_SCRIPT = Words(
    test=re.compile(r"^\s*(?:it|test|xit|xtest|fit)(?:\.\w+)*\s*\(\s*(['\"`])(.+?)\1", re.M),
    skip=re.compile(
        r"\b(?:(?:it|test|describe|suite)\.(?:skip|todo|failing|only|skipIf|runIf)"
        r"|x(?:it|test|describe)|f(?:it|describe))\b"
        r"|\b(?:skip|todo)\s*:\s*(?:true|['\"`])|\bt\.(?:skip|todo)\("
    ),
    assertion=re.compile(r"\bexpect\s*\(|\bassert(?:\.\w+)*\s*\(|\bt\.(?:is|deepEqual|true)\("),
    weak=re.compile(r"\.(?:toBeTruthy|toBeDefined|toBeFalsy)\(|\bassert\.ok\(|\.anything\("),
)

LANGUAGES: Mapping[str, Words] = {
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"), _SCRIPT),
    ".go": Words(
        test=re.compile(r"^func ((?:Test|Example|Fuzz)\w*)\(", re.M),
        skip=re.compile(r"\b\w+\.Skip(?:f|Now)?\("),
        assertion=re.compile(r"\b[tb]\.(?:Error|Fatal)f?\(|\b(?:assert|require)\.\w+\("),
        weak=_NOTHING,
    ),
    ".rs": Words(
        test=re.compile(r"#\[(?:\w+::)*test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:async )?fn (\w+)"),
        skip=re.compile(r"#\[ignore\b"),
        assertion=re.compile(r"\b(?:debug_)?assert\w*!\("),
        weak=_NOTHING,
    ),
}

SETTINGS = {
    *("conftest.py", "pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", ".coveragerc"),
    *("package.json", "jest.config.js", "jest.config.ts", "jest.config.mjs", "jest.config.cjs"),
    *("vitest.config.js", "vitest.config.ts", "vitest.config.mjs", "vite.config.ts"),
}
"""Files by which runners can be told to leave tests out."""

_LEFT_OUT = re.compile(
    r"--deselect|--ignore|\bcollect_ignore|\bpytest_ignore_collect|\bcollection_modifyitems"
    r"|\bpytest_runtest_makereport|\bnorecursedirs|\btestPathIgnorePatterns|\btestNamePattern"
    r"|\bpassWithNoTests|\bpytest_sessionfinish|\bexitstatus|\bos\._exit|(?<![\w-])-[km][ =]"
)


def compared(
    path: str, before: str | None, after: str | None
) -> Iterator[tuple[Kind, int, str, str]]:
    """What a change did to the tests of a file: kind, line, test, and what happened."""
    words = LANGUAGES.get(PurePosixPath(path).suffix)
    if words is None or before is None:
        return
    now = after or ""
    names = Counter(match[match.re.groups] for match in words.test.finditer(now))
    for match in words.test.finditer(before):
        name = match[match.re.groups]
        if names[name]:
            names[name] -= 1
        else:
            line = before.count("\n", 0, match.end()) + 1
            yield "deleted", line, name, f"the test `{name}` was deleted"
    for line, text in _new_lines(words.skip, before, now):
        yield "skipped", line, "", f"`{text}` was added"
    weak = list(_new_lines(words.weak, before, now))
    fewer = _count(words.assertion, before) - _count(words.assertion, now)
    gone = len(words.test.findall(before)) - len(words.test.findall(now))
    for line, text in weak:
        yield "loosened", line, "", f"`{text}` was added, which asks for little"
    if fewer > 0 and gone <= 0:
        yield "loosened", 1, "", f"the file has {plural(fewer, 'assertion')} less than before"


def test_names(path: str, text: str) -> list[str]:
    """The names of the tests in a file of a known language."""
    words = LANGUAGES.get(PurePosixPath(path).suffix)
    return [m[m.re.groups] for m in words.test.finditer(text)] if words else []


def left_out(path: str, before: str | None, after: str | None) -> Iterator[tuple[int, str]]:
    """Settings by which a runner leaves tests out, and that were not there before."""
    if PurePosixPath(path).name in SETTINGS:
        for line, text in _new_lines(_LEFT_OUT, before or "", after or ""):
            yield line, f"`{text}` was added, which may leave tests out"


def _new_lines(pattern: re.Pattern[str], before: str, after: str) -> Iterator[tuple[int, str]]:
    """Lines with a match that were not there before, with their numbers."""
    known = Counter(line.strip() for line in before.split("\n"))
    for number, line in enumerate(after.split("\n"), start=1):
        text = line.strip()
        if known[text]:
            known[text] -= 1
        elif pattern.search(line):
            yield number, text[:120]


def _count(pattern: re.Pattern[str], text: str) -> int:
    return len(pattern.findall(text))
