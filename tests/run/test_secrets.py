"""Secrets on their way through a line: in no log, no record and no message; in no change either."""

from __future__ import annotations

import json

import pytest

from tests.cells.test_agent import scouted_by
from tests.line import Line, simple

VALUE = "s3cret-of-the-user"
TOKEN = "gh" + "p_" + "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx2"


def everything(line: Line) -> str:
    """All that the run left below state/ but the work tree and the program's own outbox."""
    kept = [p for p in line.state.rglob("*") if p.is_file() and "outbox" not in p.parts]
    return "\n".join(p.read_text(errors="replace") for p in kept if "trees" not in p.parts)


@pytest.mark.long
def test_what_an_agent_prints_and_hands_on(line: Line) -> None:
    script = f"""
key = os.environ["ACME_API_KEY"]
print("the key is", key)
for letter in key + "\\n": print(letter, end="", file=sys.stderr, flush=True)
print("{TOKEN}")
leave({{**MEMO, "summary": "it is " + key + " and {TOKEN}"}})
"""
    ran = scouted_by(line, script, "credentials: [ACME_API_KEY]", env={"ACME_API_KEY": VALUE})
    assert ran.code == 0, ran
    assert line.entry("limit", "scout")["handoff"]["summary"] == (
        "it is [masked ACME_API_KEY] and [masked token]"
    )
    log = line.state / ".work/logs/limit/scout-1.out"
    assert log.read_text() == "the key is [masked ACME_API_KEY]\n[masked token]\n"
    assert log.with_suffix(".err").read_text() == "[masked ACME_API_KEY]\n"
    assert log.stat().st_mode & 0o777 == 0o600
    assert VALUE not in everything(line)
    assert TOKEN not in everything(line).replace(script, "")
    assert line.factory("ledger", "limit").code == 0, "digests and chain are of what is kept"
    assert line.doit("limit:scout").lines() == [], "and it is fresh"


def test_what_a_failing_agent_prints(line: Line) -> None:
    script = 'sys.exit("no good: " + os.environ["ACME_API_KEY"])'
    ran = scouted_by(line, script, "credentials: [ACME_API_KEY]", env={"ACME_API_KEY": VALUE})
    assert ran.code == 1
    assert "no good: [masked ACME_API_KEY]" in ran.out + ran.err
    assert VALUE not in ran.out + ran.err + everything(line)


@pytest.mark.long
def test_what_a_rejected_hand_off_holds(line: Line) -> None:
    script = 'leave({"summary": 3, "key": os.environ["ACME_API_KEY"]})'
    scouted_by(line, script, "credentials: [ACME_API_KEY]", env={"ACME_API_KEY": VALUE})
    [first, *_] = [e for e in line.history("limit") if e["event"] == "rejected"]
    assert first["handoff"] == {"summary": 3, "key": "[masked ACME_API_KEY]"}
    assert VALUE not in json.dumps(line.history("limit"))


@pytest.mark.long
def test_a_change_that_holds_one_is_a_breach(line: Line) -> None:
    simple(line)
    line.patch("limit-1", server__app_py=f"LIMIT = 4\n\nKEY = '{TOKEN}'\n")
    ran = line.doit()
    assert ran.code == 1
    assert "looks like a secret: server/app.py:3 (a GitHub token)" in ran.out, ran
    assert TOKEN not in ran.out + json.dumps(line.history("limit"))
    line.patch("limit-1", server__app_py=f"LIMIT = 4\nKEY = '{VALUE}'\n")
    ran = line.doit(env={"ACME_API_KEY": VALUE})
    assert "server/app.py:2 (the value of ACME_API_KEY)" in ran.out, ran
    assert VALUE not in ran.out
