"""Every format as its real runner wrote it (samples/), and the same reports when they are torn."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from factoryline.verification.reports.base import Report, Unreadable
from factoryline.verification.reports.table import FORMATS

SAMPLES = Path(__file__).parent / "samples"


def read(kind: str, data: bytes) -> Report:
    report = FORMATS[kind].read(data)
    assert report is not None
    return report


@pytest.mark.parametrize(
    ("kind", "sample", "counts", "failed"),
    [
        (
            "tap",
            "node.tap",
            (4, 4, 2),
            {
                "breaks": ("/code/a.test.js", 3, "error: '1 == 2'"),
                "inner bad": ("/code/a.test.js", 8, "'a' !== 'b'"),
                "parent": ("/code/a.test.js", 9, "error: 'own'"),
                "/code/b.test.js": ("/code/b.test.js", 1, "error: 'test failed'"),
            },
        ),
        (
            "jest-json",
            "jest.json",
            (1, 2, 2),
            {
                "keys › breaks": ("/code/a.test.js", 0, "Expected: 2\nReceived: 1"),
                "/code/b.test.js": ("/code/b.test.js", 0, "Test suite failed to run"),
            },
        ),
        (
            "jest-json",
            "vitest.json",
            (1, 2, 2),
            {
                "keys › breaks": ("/code/a.test.js", 0, "expected 1 to be 2"),
                "/code/b.test.js": ("/code/b.test.js", 0, "Failed to parse source"),
            },
        ),
        (
            "go-json",
            "go.json",
            (2, 4, 1),
            {
                "example.org/p.TestBad": ("example.org/p", 0, "a_test.go:4: got 1, want 2"),
                "example.org/p.TestTable/two_words": ("example.org/p", 0, "a_test.go:8: no"),
                "example.org/p/bad": ("example.org/p/bad", 0, "build failed"),
                "example.org/p/sub.TestPanic": ("example.org/p/sub", 0, "panic: x"),
            },
        ),
        (
            "cargo",
            "cargo.txt",
            (3, 2, 1),
            {
                "tests::bad": ("", 0, "panicked at src/lib.rs:9:48"),
                "tests::result": ("", 0, 'Error: "no"'),
            },
        ),
    ],
)
def test_a_report_of_the_real_runner(
    kind: str,
    sample: str,
    counts: tuple[int, int, int],
    failed: dict[str, tuple[str, int, str]],
) -> None:
    report = read(kind, (SAMPLES / sample).read_bytes())
    assert (len(report.passed), len(report.failed), len(report.skipped)) == counts
    assert report.doubt == ""
    assert {test.id: (test.file, test.line) for test in report.failed} == {
        name: (file, line) for name, (file, line, _) in failed.items()
    }
    for test in report.failed:
        assert failed[test.id][2] in test.message


GOOD = {
    "junit": "<testsuite tests='2'><testcase name='a'/><testcase name='b'/></testsuite>\n",
    "jest-json": '{"numTotalTests": 1, "numFailedTests": 0, "success": true, "testResults": '
    '[{"name": "a.js", "status": "passed", "assertionResults": '
    '[{"title": "a", "status": "passed"}]}]}\n',
    "tap": "TAP version 13\nok 1 - a\n    ok 1 - b\n    1..1\nok 2 - c\n1..2\n",
    "go-json": '{"Action":"run","Package":"p","Test":"TestA"}\n'
    '{"Action":"pass","Package":"p","Test":"TestA"}\n{"Action":"pass","Package":"p"}\n',
    "cargo": "\nrunning 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; "
    "0 measured; 0 filtered out; finished in 0.00s\n\n",
}


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "exit"])
def test_a_report_that_is_cut_off_anywhere_proves_nothing(kind: str) -> None:
    whole = GOOD[kind]
    count = len(read(kind, whole.encode()).passed)
    for length in range(len(whole)):
        try:
            report = read(kind, whole[:length].encode())
        except Unreadable:
            continue
        sound = not report.doubt and not report.failed and report.run
        assert not sound or len(report.passed) == count, whole[:length]


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "exit"])
@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00",
        b"no report of any kind\n",
        b"{}",
        b"[1]",
        b'{"' * 9,
        b"[" * 100_000,
        b"\x00",
    ],
    ids="bytes|text|mapping|list|torn|deep|zero".split("|"),
)
def test_what_is_no_report_proves_nothing(kind: str, data: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert read(kind, data).run == 0


def test_an_exit_code_counts_nothing() -> None:
    assert FORMATS["exit"].read(b"anything") is None
