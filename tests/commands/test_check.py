"""`factory check` on a real repository: what only git and the machine can tell."""

from __future__ import annotations

import json

import pytest

from tests.line import Line, simple


def test_patterns_that_match_nothing_are_warnings(line: Line) -> None:
    simple(line)
    line.edit("webui: [webui/**]", "webui: [webui/**, app/**]")
    line.edit("touches: [server, webui, checks/**]", "touches: [server, webui, test/**]")
    told = line.factory("check")
    assert told.code == 0
    assert "warning: `app/**` matches no path of the target" in told.out
    assert "warning: `test/**` matches no path of the target yet" in told.out
    assert "2 warnings" in told.out
    assert line.factory("check", "--strict").code == 3


def test_a_path_that_two_surfaces_hold(line: Line) -> None:
    simple(line)
    line.edit("webui: [webui/**]", 'webui: [webui/**, "**/app.py"]')
    told = line.factory("check")
    assert "warning: the surfaces `server` and `webui` both hold server/app.py" in told.out
    assert "they are accounted to `server`" in told.out


def test_a_folder_that_a_scope_runs_in(line: Line) -> None:
    simple(line)
    line.edit("style: {", "style: {cwd: front, ")
    told = line.factory("check")
    assert "warning: the target has no folder `front` for the scope to run in" in told.out


def test_nothing_is_wrong_with_a_line_that_fits(line: Line) -> None:
    simple(line)
    told = line.factory("check", "--strict", "--environment")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("factory.yaml is sound: scout → build → verify → package → review")


@pytest.mark.long
def test_rules_that_no_artifact_will_see(line: Line) -> None:
    simple(line)
    rule = {
        "id": "keep-out",
        "statement": "Settings live on the server.",
        "surfaces": ["desktop"],
        "source": {"artifact": "old", "stage": "1-review", "by": "Ann", "finding": "It was so."},
    }
    line.write(line.home / "state/priors/keep-out.json", json.dumps(rule))
    told = line.factory("check")
    reason = "reaches no artifact: factory.yaml has no surface `desktop`"
    assert told.code == 0
    place = "state/priors/keep-out.json:1:1"
    assert f"{place}: warning: the prior `keep-out` {reason}" in told.out
    assert f"the prior keep-out {reason}" in line.factory("status").out
    line.edit(
        "surfaces: {server: [server/**],", "surfaces: {desktop: [checks/*], server: [server/**],"
    )
    assert "reaches no" not in line.factory("check").out + line.factory("status").out


def test_programs_are_looked_for_when_asked(line: Line) -> None:
    simple(line)
    line.edit('run: ["{python}", -c, "print(1)"]', "run: [no-such-program]")
    assert line.factory("check").code == 0
    told = line.factory("check", "--environment", "--format", "json")
    assert told.code == 3
    [problem] = json.loads(told.out)
    assert problem["code"] == "missing-program"
    assert problem["message"] == "the program `no-such-program` was not found"
