"""A coding agent as a cell: what it gets, what it sees, and how its words are taken."""

from __future__ import annotations

import json
import os

import pytest

from tests.line import CELLS, Line, Ran

SCOUT = "scout: {kind: agent, agent: reader, hands: memo, touches: nothing, timeout: 20s}"
MEMO = {
    "summary": "The limit is in one place.",
    "files": [{"path": "server/app.py", "why": "it holds it"}],
    "verification": ["unit"],
}


def scouted_by(
    line: Line,
    script: str,
    keys: str = "",
    *,
    cell: str = SCOUT,
    env: dict[str, str] | None = None,
) -> Ran:
    """Run a line whose scout is a Python program; `keys` are further keys of its agent."""
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    line.write(line.home / "reader.py", f"MEMO = {MEMO!r}\n{HEAD}{script}")
    agents = f'agents: {{reader: {{command: ["{{home}}/reader", x], {keys}}}}}\n'
    if "command:" in keys:
        agents = f"agents: {{reader: {{{keys}}}}}\n"
    launcher = line.write(line.home / "reader", '#!/bin/sh\nexec python3 "$0.py" "$@"\n')
    launcher.chmod(0o755)
    line.spec(line.artifact("limit"), cells=agents + CELLS.replace("scout: {kind: scout}", cell))
    return line.doit("limit:scout", env=env)


HEAD = """
import json, os, pathlib, sys
seen = pathlib.Path(os.environ.get("FACTORY_WORKTREE", "/a/b/c")).parents[1] / "seen"
def note(**what):
    with seen.open("a") as file: print(json.dumps(what), file=file)
def leave(value): pathlib.Path(os.environ["FACTORY_HANDOFF"]).write_text(json.dumps(value))
"""


def seen(line: Line) -> list[dict[str, object]]:
    """What the program noted, an attempt a line."""
    return [json.loads(row) for row in (line.state / ".work/seen").read_text().splitlines()]


@pytest.mark.parametrize(
    ("keys", "read"),
    [
        ("", "sys.stdin.read()"),
        ('command: ["{home}/reader", "{prompt}"], brief: argument', "sys.argv[1]"),
        ('command: ["{home}/reader", "{brief}"], brief: file', "open(sys.argv[1]).read()"),
    ],
    ids=["stdin", "argument", "file"],
)
def test_the_brief_goes_in(line: Line, keys: str, read: str) -> None:
    ran = scouted_by(line, f"note(brief={read}); leave(MEMO)", keys)
    assert ran.code == 0, ran.out
    brief = str(seen(line)[0]["brief"])
    assert brief.startswith("# Scout: limit")
    assert "outbox/handoff.json" in brief


def test_it_sees_what_it_may_and_nothing_else(line: Line) -> None:
    names = ("DATABASE_PASSWORD", "ACME_API_KEY", "ACME_REGION", "OTHER")
    ran = scouted_by(
        line,
        "note(env=dict(os.environ)); leave(MEMO)",
        "passes: [ACME_R*], credentials: [ACME_API_KEY], env: {OWN: 'at {worktree}'}",
        env={name: f"value of {name}" for name in names},
    )
    assert ran.code == 0, ran.out
    env = seen(line)[0]["env"]
    assert isinstance(env, dict)
    assert env["ACME_API_KEY"] == "value of ACME_API_KEY"
    assert env["ACME_REGION"] == "value of ACME_REGION"
    assert env["OWN"].endswith("/.work/trees/limit")
    assert env["PATH"].endswith(os.environ["PATH"])
    assert not {"DATABASE_PASSWORD", "OTHER"} & set(env)


@pytest.mark.long
def test_a_private_home_is_new_for_each_attempt(line: Line) -> None:
    script = """
home = pathlib.Path(os.environ["HOME"])
note(home=str(home), files=sorted(str(p.relative_to(home)) for p in home.rglob("*")),
     model=(home / ".reader/config").read_text())
(home / "left").write_text("")
"""
    keys = "home: private, model: small, files: {.reader/config: 'model {model}'}"
    scouted_by(line, script, keys)
    line.doit("limit:scout")
    assert len(seen(line)) == 4, "two runs, each sent back once"
    for one in seen(line):
        assert one["files"] == [".reader", ".reader/config"]
        assert one["model"] == "model small"
        assert str(one["home"]).startswith(str(line.state / ".work"))


def test_a_hand_off_at_the_end_of_the_last_message(line: Line) -> None:
    ran = scouted_by(
        line,
        'print("Here is my memo:\\n```json\\n" + json.dumps(MEMO, indent=1) + "\\n```")',
        "handoff: message, reads: {message: text}",
    )
    assert ran.code == 0, ran.out
    assert line.entry("limit", "scout")["handoff"]["summary"] == MEMO["summary"]


def test_a_broken_hand_off_is_mended_in_the_same_conversation(line: Line) -> None:
    script = """
note(argv=sys.argv[1:], brief=sys.stdin.read())
print(json.dumps({"session": "s7"}))
leave(MEMO if "--resume" in sys.argv else {"summary": 3})
"""
    keys = """command: ["{home}/reader"], resume: ["{home}/reader", --resume, "{session}"],
        reads: {session: "out[-1].session"}, home: private"""
    ran = scouted_by(line, script, keys)
    assert ran.code == 0, ran.out
    first, second = seen(line)
    assert (first["argv"], second["argv"]) == ([], ["--resume", "s7"])
    assert "sent back" in str(second["brief"])
    [rejected] = [e for e in line.history("limit") if e["event"] == "rejected"]
    assert rejected["handoff"] == {"summary": 3}, "what was sent back is kept"


def test_a_hand_off_that_is_never_good_ends_the_attempt(line: Line) -> None:
    ran = scouted_by(
        line, 'leave({"summary": 3})', cell=SCOUT.replace("timeout", "repairs: 2, timeout")
    )
    assert ran.code == 1
    rejected = [e for e in line.history("limit") if e["event"] == "rejected"]
    assert len(rejected) == 3
    assert "the memo breaks its contract: summary: this is a whole number" in ran.out


def test_a_program_that_was_refused_and_says_it_succeeded(line: Line) -> None:
    ran = scouted_by(
        line,
        'print(json.dumps({"refused": ["Write", "Bash", "Write"]}))',
        'reads: {denied: "out[-1].refused"}',
    )
    assert ran.code == 1
    assert "left no hand-off at FACTORY_HANDOFF (it was refused Write and Bash)" in ran.out


def test_exit_code_0_and_an_error_in_its_words(line: Line) -> None:
    ran = scouted_by(
        line,
        'print(json.dumps({"error": "I ran out of turns"})); leave(MEMO)',
        'reads: {error: "out[-1].error"}',
    )
    assert ran.code == 1
    assert "`scout` ended with exit code 0 and says that it failed" in ran.out
    assert "I ran out of turns" in ran.out
    assert "scout" not in line.entries("limit")


def test_credentials_that_a_provider_does_not_take(line: Line) -> None:
    ran = scouted_by(
        line,
        'print("HTTP 401: invalid api key", file=sys.stderr); sys.exit(3)',
        "credentials: [ACME_API_KEY]",
        env={"ACME_API_KEY": "k"},
    )
    assert ran.code == 1
    assert "`scout`: the provider of reader does not take its credentials" in ran.out
    assert "look at ACME_API_KEY" in ran.out


def test_nothing_begins_without_credentials(line: Line) -> None:
    ran = scouted_by(line, "note(x=1)", "credentials: [ACME_API_KEY, ACME_TOKEN]")
    assert ran.code == 1
    message = "the agent `reader` has no credentials: none of ACME_API_KEY and ACME_TOKEN is set"
    assert message in ran.out
    assert not (line.state / ".work/seen").exists()
    assert [e["event"] for e in line.history("limit")] == ["held"], "that is no attempt"
    checked = line.factory("check", "--environment")
    assert message in checked.err
    doctor = line.factory("doctor")
    assert doctor.code == 3
    assert "agent reader: credentials  missing" in doctor.out
    assert message in doctor.out


@pytest.mark.long
def test_what_doctor_shows(line: Line) -> None:
    key = {"ACME_API_KEY": "k-secret"}
    script = 'print("reader version 1.2.3") if "--version" in sys.argv else leave(MEMO)'
    keys = (
        'version: ["{home}/reader", --version], tried: ["1.2.2"], credentials: [ACME_API_KEY],'
        " model: small"
    )
    ran = scouted_by(line, script, keys.replace("{home}", str(line.home)), env=key)
    assert ran.code == 0, ran.out
    doctor = line.factory("doctor", env=key)
    assert doctor.code == 0, doctor.out + doctor.err
    assert "1.2.3 (tried with 1.2.2)" in doctor.out
    assert "ACME_API_KEY set" in doctor.out
    assert "k-secret" not in doctor.out + doctor.err


@pytest.mark.long
@pytest.mark.parametrize("left", ["[1]", "nothing", '"text"', "{" * 100_000, ""])
def test_a_hand_off_that_is_no_mapping(line: Line, left: str) -> None:
    (line.home / "left").write_text(left)
    ran = scouted_by(
        line,
        "import shutil\n"
        "left = pathlib.Path(__file__).parent / 'left'\n"
        "shutil.copy(left, os.environ['FACTORY_HANDOFF'])",
    )
    assert ran.code == 1
    assert "`scout` left a hand-off that is not " in ran.out
    assert "Traceback" not in ran.out + ran.err
