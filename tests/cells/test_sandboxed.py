"""A cell whose program is held by bubblewrap: it does its work, and reaches nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.system import sandbox

from tests.line import CELLS, Line, Ran
from tests.run.test_effects import ADOPTS, WORKS

WHY, _ = sandbox.trouble(network=False)
real = pytest.mark.skipif(bool(WHY), reason=f"no sandbox here: {WHY}")

BUILDS = """build: {kind: agent, agent: coder, takes: [memo, feedback], hands: change, repairs: 0,
          touches: [server], sandbox: bubblewrap, KEYS}"""
AGENT = 'agents: {coder: {command: [bash, "{home}/build.sh"], home: private, files: {.rc: x}}}\n'

HEAD = """
yes() { if "$@" > /dev/null 2>&1; then echo "can: $*"; else echo "FAILS: $*"; fi; }
no() { if "$@" > /dev/null 2>&1; then echo "CAN: $*"; else echo "fails: $*"; fi; }
"""


def built_by(
    line: Line,
    script: str,
    keys: str = "timeout: 20s",
    env: dict[str, str] | None = None,
    program: str = "bash",
) -> Ran:
    """Run a line up to a builder in a sandbox; `keys` are further keys of its cell."""
    places = f"main='{line.product}'; home='{line.home}'; folder='{line.folder}'\n"
    line.write(line.home / "build.sh", places + HEAD + script)
    artifact = line.artifact("limit").replace("    adopt: [[limit-1.patch]]\n", "")
    build = BUILDS.replace("KEYS", keys)
    line.spec(artifact, cells=AGENT.replace("bash", program) + CELLS.replace(ADOPTS, build))
    return line.doit("limit:scout", "limit:1-build", env=env)


@pytest.mark.long
@real
@pytest.mark.parametrize("inside", [False, True], ids=["two folders", "one folder"])
def test_it_works_in_its_tree_and_reaches_nothing_else(tmp_path: Path, *, inside: bool) -> None:
    line = Line(tmp_path / "a line", inside=inside)
    script = """
yes test -r "$FACTORY_BRIEF"
yes touch "$HOME/.cache" /tmp/x /var/tmp/y $TMPDIR/z "$(dirname "$FACTORY_HANDOFF")/notes"
yes grep -q LIMIT "$main/server/app.py"
yes git status
yes git diff --exit-code
yes git log
no touch "$main/server/owned"
no touch "$home/owned"
no touch "$home/state/owned"
no sh -c "echo x > '$main/.git/hooks/post-commit'"
no git config user.name Mallory
no git update-ref refs/heads/owned HEAD
no git branch -D main
no rm .git
no mv .git elsewhere
no sh -c "echo gitdir: /tmp > .git"
no git stash
no touch /etc/owned-by-a-test
no test -n "$SSH_AUTH_SOCK"
"""
    script += 'cd "$FACTORY_WORKTREE"; echo "LIMIT = 4" > server/app.py\nno git commit -qam mine\n'
    ran = built_by(line, script, env={"SSH_AUTH_SOCK": "/tmp/agent.1"})
    assert ran.code == 0, ran.out + line.factory("logs", "limit/1-build").out
    told = line.factory("logs", "limit/1-build", "--raw").out
    assert (told.count("can: "), told.count("fails: ")) == (6, 14), told
    assert "CAN" not in told
    assert "FAILS" not in told
    handoff = line.entry("limit", "1-build")["handoff"]
    assert [file["path"] for file in handoff["files"]] == ["server/app.py"]
    assert line.git("log", "--format=%s", "-1", "factory/limit") == "limit: round 1\n"
    assert not list(line.folder.rglob("owned")), "nor where its private /tmp was"
    assert not list((line.state / ".work").rglob("*.tmp")), "which is gone"


@pytest.mark.long
@real
def test_a_program_in_it_that_hangs_is_ended(line: Line) -> None:
    ran = built_by(
        line, "trap '' TERM; setsid sleep 41.25 & sleep 41.25; sleep 41.25", "timeout: 2s"
    )
    assert ran.code == 1
    assert "`build` ran longer than 2 s and was ended" in ran.out
    left = [p for p in Path("/proc").glob("[0-9]*/cmdline") if b"41.25" in _read(p)]
    assert left == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.long
@real
def test_what_it_left_does_not_lead_us_out(line: Line) -> None:
    """An attempt that puts links where the next one's files are written."""
    line.write(line.folder / "mine/.rc", "my own")
    script = (
        'rm -r "$HOME" "$FACTORY_SCRATCH/outbox" 2>/dev/null\n'
        'scratch=$(dirname "$FACTORY_BRIEF"); rm -r "$scratch/home" "$scratch/outbox"\n'
        'ln -s "$folder/mine" "$scratch/home"; ln -s "$folder/mine" "$scratch/outbox"\n'
    )
    line.write(line.folder / "mine/handoff.json", "{}")
    for _ in range(2):
        ran = built_by(line, script)
        assert "changed nothing" in ran.out
    assert (line.folder / "mine/.rc").read_text() == "my own"
    assert (line.folder / "mine/handoff.json").exists()


@pytest.mark.long
@real
def test_a_program_that_is_missing_is_told_as_such(line: Line) -> None:
    ran = built_by(line, WORKS, program="'{worktree}/nothing'")
    assert "/nothing`, which was not found" in ran.out


@pytest.mark.long
def test_where_no_sandbox_is_to_be_had_nothing_starts(line: Line) -> None:
    said = "echo 'bwrap: No permissions to create new namespace' >&2; exit 1"
    line.write(line.folder / "bin/bwrap", f"#!/bin/sh\n{said}\n").chmod(0o755)
    env = {"PATH": f"{line.folder}/bin:{line.env()['PATH']}"}
    ran = built_by(line, WORKS, "network: none", env)
    assert ran.code != 0
    why = "`build` has no sandbox here: bubblewrap "
    assert why in ran.out
    assert "1-build" not in line.entries("limit")
    assert [e["event"] for e in line.history("limit") if e["stage"] == "1-build"] == ["held"]
    for command in (("check", "--environment"), ("doctor",)):
        told = line.factory(*command, env=env)
        assert told.code == 3
        assert why in told.out + told.err
    assert "bubblewrap (for build)" in line.factory("doctor", env=env).out
    assert line.factory("check", env=env).code == 0, "the specification is sound"
