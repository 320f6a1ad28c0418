"""JUnit XML, which pytest, gotestsum, jest-junit, cargo-nextest and most other runners write.

There is no one standard: suites nest or do not, totals are there or not, and count what lies in a
suite, or what lies directly in it. Cases are counted one by one; a total that fits no way of
counting is a lie.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator

from factoryline.diagnostics import plural
from factoryline.verification.reports.base import (
    Format,
    Outcome,
    Report,
    Test,
    Unreadable,
    shortened,
    stands_for_a_file,
)

DEPTH = 100
"""How deep elements may nest; no runner comes near it."""


def read(data: bytes) -> Report:
    """The report of a JUnit XML file. Raises Unreadable."""
    parser = ET.XMLParser(target=_Builder())
    try:
        parser.feed(data)
        root = parser.close()
    except (ET.ParseError, LookupError, ValueError) as error:
        # The last two come from an encoding that the file names and Python does not take.
        raise Unreadable(f"is not JUnit XML: {error}") from error
    if _tag(root) not in ("testsuites", "testsuite", "testcase"):
        raise Unreadable(f"is not JUnit XML: it begins with <{_tag(root)}>")
    tests = tuple(_tests(root))
    return Report(tests=tests, doubt=_doubt(root, any(t.outcome == "failed" for t in tests)))


FORMAT = Format(name="JUnit report", read=read)


class _Builder(ET.TreeBuilder):
    """Elements without what no report needs: entities, which can grow without bound, and depth."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0

    def doctype(self, *_: str | None) -> None:
        raise ValueError("it has a document type, which may define entities")

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self.depth += 1
        if self.depth > DEPTH:
            raise ValueError("its elements nest too deep")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        self.depth -= 1
        return super().end(tag)


def _tests(root: ET.Element) -> Iterator[Test]:
    for element in root.iter():
        if _tag(element) == "testcase":
            test = _test(element)
            if test.outcome != "passed" or not stands_for_a_file(test.name):
                yield test
        elif _tag(element) in ("testsuite", "testsuites"):
            # A suite that broke outside of its cases.
            broken = next((c for c in element if _tag(c) in ("failure", "error")), None)
            if broken is not None:
                name = element.get("name") or "unnamed suite"
                yield Test(id=name, outcome="failed", message=_message(broken), began=False)


def _test(case: ET.Element) -> Test:
    kinds = {_tag(child): child for child in reversed(case)}
    broken = kinds.get("failure", kinds.get("error"))
    outcome: Outcome = "passed"
    if broken is not None:
        outcome = "failed"
    elif "skipped" in kinds:
        outcome = "skipped"
    parts = (case.get("classname", ""), case.get("name", ""))
    return Test(
        id="::".join(part for part in parts if part) or "unnamed",
        name=case.get("name", ""),
        file=case.get("file", ""),
        line=_number(case, "line") or 0,
        outcome=outcome,
        message="" if broken is None else _message(broken),
        seconds=_seconds(case.get("time", "")),
        began=broken is None or _tag(broken) != "error",
    )


def _message(element: ET.Element) -> str:
    return shortened(element.text or element.get("message") or "")


def _seconds(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def _doubt(root: ET.Element, failed: bool) -> str:
    """How a suite's totals contradict what lies in it; empty when they do not."""
    for suite in root.iter():
        if _tag(suite) not in ("testsuite", "testsuites"):
            continue
        cases = [e for e in suite.iter() if _tag(e) == "testcase"]
        direct = [e for e in suite if _tag(e) == "testcase"]
        children = [e for e in suite if _tag(e) in ("testcase", "testsuite")]
        # pytest counts a test that fails and breaks its teardown as two.
        twice = sum(_tag(child) == "error" for case in cases for child in case)
        stated = _number(suite, "tests")
        # pytest 9 counts each subtest that passed, and lists it in the case that it is part of.
        subtests = stated is not None and stated > len(cases) and _by_pytest(root)
        fits = {len(direct), len(children), *range(len(cases), len(cases) + twice + 1)}
        if stated is not None and stated not in fits and not subtests:
            return f"states {plural(stated, 'test')} and lists {len(cases)}"
        broken = (_number(suite, "failures") or 0) + (_number(suite, "errors") or 0)
        if broken and not failed:
            return f"states {plural(broken, 'failure')} and lists none"
    return ""


def _by_pytest(root: ET.Element) -> bool:
    return root.get("name") == "pytest tests"


def _number(suite: ET.Element, name: str) -> int | None:
    text = suite.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _tag(element: ET.Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
