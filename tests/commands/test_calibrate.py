"""More than one artifact at once: refused without evidence, and what counts against it."""

from __future__ import annotations

import pytest

from tests.line import Line, Ran, simple


def several(line: Line, *, flow: str) -> Ran:
    """Two artifacts that go through by recorded reviews."""
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    line.patch("page-1", webui__page_py="TITLE = 'Talk'\n")
    line.review("ok")
    artifacts = "".join(line.artifact(name, reviews=["ok.yaml"]) for name in ("limit", "page"))
    line.spec(artifacts, flow=flow)
    return line.doit()


@pytest.mark.long
def test_two_at_once_need_evidence(line: Line) -> None:
    ran = several(line, flow="{wip: 2}")
    assert ran.code == 3
    said = "`wip: 2` is more than the ledger speaks for: 5 sealed artifacts are needed, of which"
    assert said in ran.err
    assert "calibrated: false" in ran.err
    assert not (line.state / "factory-artifacts").exists()
    assert said in line.factory("run").err
    assert line.factory("status").code == 0, "looking is free"
    assert "warning: `wip: 2` is more than the ledger speaks for" in line.factory("check").out

    line.edit("{wip: 2}", "{wip: 2, calibrated: false}")
    assert line.doit().code == 0
    said = "not calibrated: up to 2 artifacts at once, without evidence"
    assert said in line.factory("report").out
    assert "warning" not in line.factory("check").out


@pytest.mark.long
def test_evidence_lets_it_go_and_an_escape_takes_it_back(line: Line) -> None:
    ran = several(line, flow="{wip: 1}")
    assert ran.code == 0, ran.out
    path = line.home / "factory.yaml"
    path.write_text(path.read_text() + "learning: {artifacts: 2}\n")
    said = line.factory("calibrate").out
    assert "over 2 sealed artifacts: limit and page" in said
    assert "scope  passed  overturned  escaped\n" in said
    assert "unit        2           0        0\n" in said
    assert "the ledger speaks for more than one artifact at once" in said
    line.edit("{wip: 1}", "{wip: 2}")
    assert line.doit().code == 0
    ran = line.factory("escape", "limit", "--why", "It crashes.", "--by", "Ann")
    assert ran.out.startswith("limit/1-verify: an escape is on record")
    ran = line.doit()
    assert (ran.code, "1 fault escaped after the merge, and 0 is the most" in ran.err) == (3, True)
    assert "one at a time: 1 fault escaped" in line.factory("calibrate").out
    assert "It crashes." in line.factory("ledger", "limit").out


def test_nothing_escapes_from_what_is_not_merged(line: Line) -> None:
    simple(line)
    assert "no artifact is sealed yet" in line.factory("calibrate").out
    ran = line.factory("escape", "limit", "--why", "x", "--by", "Ann")
    assert (ran.code, "is not merged and sealed" in ran.err) == (3, True)


@pytest.mark.long
def test_two_with_the_same_files_are_not_built_side_by_side(line: Line) -> None:
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    line.patch("page-1", server__app_py="LIMIT = 5\n")
    one, other = (
        line.artifact(name).replace("    reviews: []\n", "") for name in ("limit", "page")
    )
    line.spec(one + other, flow="{wip: 2, calibrated: false}")
    ran = line.doit()
    assert ran.code == 0, ran.out
    assert "page:scout" in ran.out
    assert "page:1-build" not in ran.out
    said = "~  page  queued: its memo and that of limit name `server/"
    assert said in ran.out
    assert said.partition("queued")[2] in line.factory("status").out
    line.factory("review", "limit", "--approve", "--by", "Ann")
    ran = line.doit()
    assert ".  limit:note" in ran.out
    assert "page:1-build" in ran.out, "it goes on in the same run"


@pytest.mark.long
def test_one_that_is_blocked_keeps_no_other_from_going_on(line: Line) -> None:
    line.patch("limit-1", server__app_py="LIMIT = 9\n", checks__unit_txt="no: False\n")
    line.patch("page-1", webui__page_py="TITLE = 'Talk'\n")
    line.review("ok")
    one, other = (line.artifact(name, reviews=["ok.yaml"]) for name in ("limit", "page"))
    other = other.replace("of the server", "of the webui")
    line.spec(one + other, flow="{wip: 2, calibrated: false, retries: 0}")
    for _ in range(2):
        ran = line.doit()
        assert ran.code == 1
    assert line.assembled("page")["sealed"] is True
    assert line.factory("status").out.startswith("!  limit")
