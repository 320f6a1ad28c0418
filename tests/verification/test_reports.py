"""JUnit files as runners write them: counted case by case, and not believed otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.verification.reports import MESSAGE_CHARACTERS, Counts, read_junit


def counts(tmp_path: Path, xml: str) -> Counts:
    path = tmp_path / "report.xml"
    path.write_text(xml, encoding="utf-8")
    found = read_junit(path)
    assert found is not None
    return found


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


def test_a_report_of_pytest(tmp_path: Path) -> None:
    found = counts(tmp_path, PYTEST)
    assert (found.passed, found.failed, found.skipped, found.run) == (1, 2, 1, 3)
    assert found.failures == (
        ("tests.test_app::test_größe", "def test(): ...\nE  assert 1 == 2"),
        ("tests.test_app::test_setup", "fixture broke"),
    )


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<testsuite tests='99' failures='0'><testcase name='a'/></testsuite>", (1, 0, 0)),
        ("<testsuite tests='0' failures='9'><testcase name='a'/></testsuite>", (1, 0, 0)),
        ("<testsuite tests='5'></testsuite>", (0, 0, 0)),
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
def test_cases_are_counted_and_totals_are_not_believed(
    tmp_path: Path, xml: str, expected: tuple[int, int, int]
) -> None:
    found = counts(tmp_path, xml)
    assert (found.passed, found.failed, found.skipped) == expected


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ("classname='a.b' name='c'", "a.b::c"),
        ("name='c'", "c"),
        ("classname='a.b'", "a.b"),
        ("", "unnamed"),
    ],
)
def test_the_name_of_a_failed_test(tmp_path: Path, attributes: str, name: str) -> None:
    xml = f"<testsuite><testcase {attributes}><failure/></testcase></testsuite>"
    assert counts(tmp_path, xml).failures == ((name, ""),)


def test_the_end_of_a_long_message_is_kept(tmp_path: Path) -> None:
    long = "x" * 5000 + "the point"
    xml = f"<testsuite><testcase name='a'><failure>{long}</failure></testcase></testsuite>"
    [(_, message)] = counts(tmp_path, xml).failures
    assert len(message) == MESSAGE_CHARACTERS
    assert message.endswith("the point")


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
        BOMB.encode(),
    ],
    ids="empty|text|torn|bytes|unknown encoding|wrong encoding|odd encoding|bomb".split("|"),
)
def test_what_cannot_be_read_proves_nothing(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "report.xml"
    path.write_bytes(data)
    assert read_junit(path) is None


def test_a_report_that_is_not_there(tmp_path: Path) -> None:
    assert read_junit(tmp_path / "report.xml") is None
    assert read_junit(tmp_path) is None
