"""JUnit files as runners write them: counted case by case, and not believed otherwise."""

from __future__ import annotations

import pytest
from factoryline.verification.reports.base import MESSAGE_CHARACTERS, Report, Test, Unreadable
from factoryline.verification.reports.junit import DEPTH, read


def report(xml: str) -> Report:
    return read(xml.encode())


def counts(xml: str) -> tuple[int, int, int]:
    found = report(xml)
    return len(found.passed), len(found.failed), len(found.skipped)


PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1"
  tests="4" time="0.1">
<testcase classname="tests.test_app" name="test_good" time="0.001" />
<testcase classname="tests.test_app" name="test_größe" time="0.001">
  <failure message="assert 1 == 2">def test(): ...
E  assert 1 == 2</failure></testcase>
<testcase classname="tests.test_app" name="test_setup" time="0.0">
  <error message="fixture broke" /></testcase>
<testcase classname="tests.test_app" name="test_later" time="0.0">
  <skipped type="pytest.skip" message="not now" /></testcase>
</testsuite></testsuites>"""


def test_a_report_of_pytest() -> None:
    found = report(PYTEST)
    assert (counts(PYTEST), found.run, found.doubt) == ((1, 2, 1), 3, "")
    assert found.tests[0] == Test(
        id="tests.test_app::test_good", name="test_good", outcome="passed", seconds=0.001
    )
    assert [(test.id, test.message) for test in found.failed] == [
        ("tests.test_app::test_größe", "def test(): ...\nE  assert 1 == 2"),
        ("tests.test_app::test_setup", "fixture broke"),
    ]


SUBTESTS = """<testsuites name="pytest tests">
<testsuite name="pytest" errors="0" failures="2" skipped="1" tests="10">
<testcase classname="test_s.T" name="test_a" />
<testcase classname="test_s.T" name="test_b">
<failure message="1 not less than 1" /><failure message="2 not less than 1" /></testcase>
<testcase classname="test_s.T" name="test_c"><skipped message="no" /></testcase>
</testsuite></testsuites>"""


def test_subtests_are_counted_by_pytest_and_lie_in_their_test() -> None:
    found = report(SUBTESTS)
    assert (counts(SUBTESTS), found.doubt) == ((1, 1, 1), "")
    fewer = report(SUBTESTS.replace('tests="10"', 'tests="2"'))
    assert fewer.doubt == "states 2 tests and lists 3"
    other = report(SUBTESTS.replace("pytest tests", "tests"))
    assert other.doubt == "states 10 tests and lists 3"


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<testsuite><error message='the setup broke'/></testsuite>", (0, 1, 0)),
        ("<testsuite xmlns='http://junit.org'><testcase name='a'/></testsuite>", (1, 0, 0)),
        ("<testsuites/>", (0, 0, 0)),
        ("<testcase name='a'/>", (1, 0, 0)),
        (
            "<testsuites><testsuite><testcase name='a'/></testsuite>"
            "<testsuite><testsuite><testcase name='b'/></testsuite></testsuite></testsuites>",
            (2, 0, 0),
        ),
        ("<testsuite><testcase name='a'><skipped/><failure/></testcase></testsuite>", (0, 1, 0)),
        ("<testsuite><testcase name='a'><failure/><error/></testcase></testsuite>", (0, 1, 0)),
        (
            "<testsuite><testcase name='a'><system-out>x</system-out></testcase></testsuite>",
            (1, 0, 0),
        ),
        ("<testsuite><testcase name='a'/><testcase name='a'/></testsuite>", (2, 0, 0)),
    ],
)
def test_cases_are_counted_one_by_one(xml: str, expected: tuple[int, int, int]) -> None:
    assert counts(xml) == expected


@pytest.mark.parametrize(
    ("xml", "doubt"),
    [
        ("<testsuite tests='99'><testcase name='a'/></testsuite>", "states 99 tests and lists 1"),
        ("<testsuite tests='0'><testcase name='a'/></testsuite>", "states 0 tests and lists 1"),
        ("<testsuite tests='5'></testsuite>", "states 5 tests and lists 0"),
        (
            "<testsuite failures='2'><testcase name='a'/></testsuite>",
            "states 2 failures and lists none",
        ),
        (
            "<testsuite errors='1'><testcase name='a'/></testsuite>",
            "states 1 failure and lists none",
        ),
        (
            "<testsuites tests='3'><testsuite tests='1'><testcase name='a'/></testsuite>"
            "</testsuites>",
            "states 3 tests and lists 1",
        ),
        # Ways of counting that runners have.
        ("<testsuite tests='two'><testcase name='a'/></testsuite>", ""),
        (
            "<testsuite tests='2'><testcase name='a'/><testsuite tests='1'><testcase name='b'/>"
            "</testsuite></testsuite>",
            "",
        ),
        (
            "<testsuite tests='1'><testcase name='a'/><testsuite tests='2'><testcase name='b'/>"
            "<testcase name='c'/></testsuite></testsuite>",
            "",
        ),
        ("<testsuite tests='2' errors='1'><testcase name='a'><error/></testcase></testsuite>", ""),
    ],
)
def test_totals_that_fit_no_way_of_counting_are_a_lie(xml: str, doubt: str) -> None:
    assert report(xml).doubt == doubt


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ("classname='a.b' name='c'", "a.b::c"),
        ("name='c'", "c"),
        ("classname='a.b'", "a.b"),
        ("", "unnamed"),
    ],
)
def test_the_name_of_a_failed_test(attributes: str, name: str) -> None:
    xml = f"<testsuite><testcase {attributes}><failure/></testcase></testsuite>"
    assert [(test.id, test.message) for test in report(xml).failed] == [(name, "")]


def test_a_long_message_keeps_its_start_and_its_end() -> None:
    long = "the point" + "x" * 5000 + "the place"
    xml = f"<testsuite><testcase name='a'><failure>{long}</failure></testcase></testsuite>"
    [test] = report(xml).failed
    assert len(test.message) <= MESSAGE_CHARACTERS
    assert test.message.startswith("the point")
    assert test.message.endswith("the place")


BOMB = (
    "<!DOCTYPE x [<!ENTITY a0 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
    + "]><testsuite><testcase name='&a11;'/></testsuite>"
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<testsuite><testcase name='a'/>",
        b"<testsuite>\xff</testsuite>",
        b"<?xml version='1.0' encoding='no-such-thing'?><testsuite/>",
        b"<?xml version='1.0' encoding='utf-32'?><testsuite/>",
        b"<?xml version='1.0' encoding='idna'?><testsuite/>",
        b"<html/>",
        BOMB.encode(),
        b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><testsuite/>",
        b"<testsuite>" * 5000 + b"</testsuite>" * 5000,
    ],
    ids=(
        "empty|text|torn|bytes|unknown encoding|wrong encoding|odd encoding|page|bomb|file|deep"
    ).split("|"),
)
def test_what_cannot_be_read_proves_nothing(data: bytes) -> None:
    with pytest.raises(Unreadable, match="is not JUnit XML: "):
        read(data)


def test_suites_may_nest_as_far_as_anybody_nests_them() -> None:
    nested = "<testsuite>" * (DEPTH - 1) + "<testcase name='a'/>" + "</testsuite>" * (DEPTH - 1)
    assert counts(nested) == (1, 0, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_the_encoding_is_the_one_that_the_file_names(encoding: str) -> None:
    xml = f"<?xml version='1.0' encoding='{encoding}'?><testcase name='größe'/>"
    assert read(xml.encode(encoding)).tests[0].id == "größe"
