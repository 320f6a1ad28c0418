"""Events of `go test -json`: the last word on each test, and packages that never said theirs."""

from __future__ import annotations

import json

import pytest
from factoryline.verification.reports.base import Report, Unreadable
from factoryline.verification.reports.go_json import read


def report(*events: str) -> Report:
    """Each event is `action package [test]`."""
    names = ("Action", "Package", "Test")
    lines = (json.dumps(dict(zip(names, event.split(), strict=False))) for event in events)
    return read("\n".join(lines).encode())


@pytest.mark.parametrize(
    ("events", "outcomes"),
    [
        (["run p A", "pass p A", "pass p"], {"p.A": "passed"}),
        (["run p A", "skip p A", "pass p"], {"p.A": "skipped"}),
        (["run p A", "run p A/x", "pass p A/x", "pass p A", "pass p"], {"p.A/x": "passed"}),
        (["run p A", "run p A/x", "fail p A/x", "fail p A", "fail p"], {"p.A/x": "failed"}),
        (
            ["run p A", "run p A/x", "pass p A/x", "fail p A", "fail p"],
            {"p.A": "failed", "p.A/x": "passed"},
        ),
        (["fail p"], {"p": "failed"}),
        (["skip p"], {}),
        (["run p A", "fail p"], {"p.A": "failed"}),
    ],
)
def test_the_last_word_counts(events: list[str], outcomes: dict[str, str]) -> None:
    found = report(*events)
    assert ({test.id: test.outcome for test in found.tests}, found.doubt) == (outcomes, "")


def test_a_package_that_is_not_done() -> None:
    assert report("run p A", "pass p A").doubt == "stops before p is done"


@pytest.mark.parametrize("text", ["", "ok  \tp\t0.1s", '{"Action": "pa', "{]", '{"Action": "run"}'])
def test_no_events(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text.encode())
