"""Post-run notes: remarks that make nothing stale, a copy where people keep theirs, medians."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from factoryline.learning import remarks
from hypothesis import given
from hypothesis import strategies as st

from tests.line import Line


def event(why: str) -> dict[str, str]:
    return {"event": "remarked", "at": "2026-01-02T00:00:00Z", "by": "Ann", "why": why}


@given(st.text(), st.lists(st.text(min_size=1), max_size=3))
def test_remarks_stand_once_at_the_end(note: str, texts: list[str]) -> None:
    events = [event(text) for text in texts]
    once = remarks.placed(note, events)
    assert remarks.placed(once, events) == once
    assert once.count("- 2026-01-02, Ann: ") >= len(texts)


def two(line: Line) -> None:
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    line.patch("page-1", webui__page_py="TITLE = 'Talk'\n")
    line.review("ok")
    artifacts = "".join(line.artifact(name, reviews=["ok.yaml"]) for name in ("limit", "page"))
    line.spec(artifacts, flow='{merge: none, notes: "knowledge/{date}-run{n}-{artifact}.md"}')
    ran = line.doit()
    assert ran.code == 0, ran.out


@pytest.mark.long
def test_a_note_where_people_keep_theirs(line: Line) -> None:
    two(line)
    day = datetime.now(UTC).date().isoformat()
    copies = sorted(path.name for path in (line.home / "knowledge").iterdir())
    assert copies == [f"{day}-run1-limit.md", f"{day}-run2-page.md"]
    second = (line.home / "knowledge" / copies[1]).read_text()
    assert "(usually " in second, "there is an artifact to compare with"
    assert second == (line.state / "factory-artifacts/page/post-run.md").read_text()

    ran = line.factory("note", "limit", "--remark", "The proxy was slow.", "--by", "Ann")
    assert ran.out == "added to state/factory-artifacts/limit/post-run.md\n"
    first = (line.home / "knowledge" / copies[0]).read_text()
    assert first.endswith(f"## Remarks\n\n- {day}, Ann: The proxy was slow.\n")
    assert line.factory("note", "limit").out.rstrip() == first.rstrip()
    assert line.doit().out.startswith("nothing to do"), "it makes nothing stale"

    assert line.factory("reopen", "limit", "--why", "again").code == 0
    assert line.doit().code == 0
    note = (line.state / "factory-artifacts/limit/post-run.md").read_text()
    assert "The proxy was slow." in note, "what people said stays"


def test_there_is_no_note_before_the_end(line: Line) -> None:
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    line.spec(line.artifact("limit"))
    ran = line.factory("note", "limit")
    assert (ran.code, "limit has no note yet" in ran.err) == (3, True)


@pytest.mark.parametrize("place", ["/etc/x.md", "../x.md", "notes.txt"])
def test_where_no_note_may_go(place: str, line: Line) -> None:
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    line.spec(line.artifact("limit"), flow=f"{{notes: {place}}}")
    ran = line.factory("check")
    assert ran.code == 3
    assert "factory.yaml:" in ran.err
