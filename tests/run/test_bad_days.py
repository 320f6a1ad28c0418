"""What goes wrong gives one clear sentence with its place and an exit code, and loses nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.line import CELLS, UNIT, Line, Ran, simple

ADOPTS = "build: {kind: adopt, takes: [memo, feedback], touches: [server, webui, checks/**]}"
BUILDS = """build: {kind: agent, agent: coder, takes: [memo, feedback], hands: change, timeout: 2s,
          touches: [server, checks/**], repairs: 0}"""
AGENTS = 'agents: {coder: {command: [sh, "{home}/build.sh"]}}\n'


def built_by(line: Line, script: str) -> Ran:
    """Run a line whose builder is a shell script."""
    line.write(line.home / "build.sh", script)
    artifact = line.artifact("limit").replace("    adopt: [[limit-1.patch]]\n", "")
    line.spec(artifact, cells=AGENTS + CELLS.replace(ADOPTS, BUILDS))
    return line.doit()


def place_of(line: Line, text: str) -> str:
    """`factory.yaml:3:7` of the first place where a text stands."""
    for number, row in enumerate((line.home / "factory.yaml").read_text().splitlines(), start=1):
        if text in row:
            return f"factory.yaml:{number}:{row.index(text) + 1}"
    raise AssertionError(f"{text!r} is not in factory.yaml")


def alive(process: str) -> bool:
    """Whether a process runs; one that nobody has collected yet does not."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", process], capture_output=True, text=True)
    return told.stdout[:1] not in ("", "Z")


@pytest.mark.long
def test_a_builder_outside_its_surfaces(line: Line) -> None:
    ran = built_by(line, "echo x > webui/page.py; echo y > server/app.py\n")
    assert ran.code == 1
    assert (
        f"{place_of(line, 'server, checks')}: error: `build` edited webui/page.py; it may touch"
        in ran.out
    )
    assert line.git("rev-parse", "factory/limit") == line.git("rev-parse", "main")
    tree = line.state / ".work/trees/limit"
    assert line.git("status", "--porcelain", cwd=tree) == "", "the work tree is put back"
    [rejected] = [e for e in line.history("limit") if e["event"] == "rejected"]
    assert "webui/page.py" in rejected["reasons"][0]


def test_a_scout_that_edits(line: Line) -> None:
    simple(line)
    line.edit(
        "scout: {kind: scout}",
        "scout: {kind: command, hands: memo, touches: nothing, run: [sh, -c,"
        " 'echo x > new; echo {} > $FACTORY_HANDOFF']}",
    )
    ran = line.doit()
    assert ran.code == 1
    assert "error: `scout` edited new; it may touch nothing" in ran.out
    assert "the memo breaks its contract: the value: `summary` is missing" in ran.out


def test_an_empty_change(line: Line) -> None:
    ran = built_by(line, "true\n")
    assert ran.code == 1
    assert f"{place_of(line, 'build: {')}: error: `build` changed nothing" in ran.out


@pytest.mark.long
def test_a_change_of_the_factory_itself(tmp_path: Path) -> None:
    line = Line(tmp_path / "own", inside=True)
    ran = built_by(line, "echo x > state/new; echo '#' >> factory.yaml\n")
    line.commit("the factory")
    line.factory("rebase", "limit")
    ran = line.doit()
    assert ran.code == 1
    assert "`build` changed the factory itself: factory.yaml and state/new" in ran.out


def test_a_broken_hand_off_goes_back_once_and_is_kept(line: Line) -> None:
    simple(line)
    line.write(
        line.home / "scout.sh",
        'grep -q "sent back" "$FACTORY_BRIEF" && echo again >> "$FACTORY_WORKTREE/../../again"\n'
        'echo \'{"summary": 3}\' > "$FACTORY_HANDOFF"\n',
    )
    line.edit(
        "scout: {kind: scout}", "scout: {kind: agent, agent: reader, hands: memo, touches: nothing}"
    )
    line.edit("line: [", 'agents: {reader: {command: [sh, "{home}/scout.sh"]}}\nline: [')
    ran = line.doit()
    assert ran.code == 1
    assert (
        "the memo breaks its contract: summary: this is a whole number; it must be text" in ran.out
    )
    assert (line.state / ".work/again").read_text() == "again\n", "one repair, with the reasons"
    events = [e["event"] for e in line.history("limit")]
    assert events == ["started", "rejected", "started", "rejected", "failed"]
    assert line.history("limit")[1]["handoff"] == {"summary": 3}


@pytest.mark.long
def test_a_scope_in_which_no_test_runs(line: Line) -> None:
    line.patch("limit-1", server__app_py="LIMIT = 4\n", checks__unit_txt="")
    line.spec(line.artifact("limit"), flow="{retries: 0}")
    ran = line.doit()
    assert ran.code == 1
    assert "limit:1-verify  fail: 0 tests in 2 scopes  (" in ran.out
    assert "\n   unit: no test ran\n" in ran.out
    assert "budget of 0 retries is spent" in ran.out


def test_a_missing_runner_says_nothing_about_the_change(line: Line) -> None:
    simple(line)
    line.edit('style: {run: ["{python}", -c, "print(1)"]', "style: {run: [no-such-program]")
    ran = line.doit()
    assert ran.code == 1
    place = place_of(line, "style: {run")
    assert (
        f"{place}: error: the scope `style` needs `no-such-program`, which was not found" in ran.out
    )
    assert "1-verify" not in line.entries("limit")


@pytest.mark.long
def test_a_missing_agent(line: Line) -> None:
    built_by(line, "")
    line.edit("command: [sh, ", "command: [no-such-agent, ")
    ran = line.doit()
    assert ran.code == 1
    assert "error: the agent `coder` needs `no-such-agent`, which was not found" in ran.out


@pytest.mark.long
def test_an_agent_that_hangs_is_ended_with_its_children(line: Line) -> None:
    ran = built_by(line, 'sleep 300 & echo $! > "$FACTORY_WORKTREE/../../pid"; wait\n')
    assert ran.code == 1
    assert "`build` ran longer than 2 s and was ended" in ran.out
    child = (line.state / ".work/pid").read_text().strip()
    assert not alive(child)


def test_an_agent_that_fails_shows_the_end_of_its_output(line: Line) -> None:
    ran = built_by(line, "echo the reason >&2; exit 7\n")
    assert ran.code == 1
    assert "`build` ended with exit code 7" in ran.out
    assert "the reason" in ran.out
    assert [e["event"] for e in line.history("limit")][-2:] == ["started", "failed"]


def test_a_patch_that_does_not_apply(line: Line) -> None:
    simple(line)
    line.write(line.product / "server/app.py", "LIMIT = 9\n")
    line.commit("moved on")
    ran = line.doit()
    assert ran.code == 1
    place = place_of(line, "limit-1.patch")
    assert f"{place}: error: `limit-1.patch` does not apply to round 1 of limit" in ran.out
    assert "server/app.py: patch does not apply" in ran.out


@pytest.mark.long
def test_a_dirty_checkout_is_not_merged_into(line: Line) -> None:
    simple(line)
    line.write(line.product / "webui/page.py", "TITLE = 'half done'\n")
    ran = line.doit()
    assert ran.code == 1
    assert (
        f"{place_of(line, '{repo:')}: error: limit is approved, but the checkout of `main`"
        in ran.out
    )
    assert "has 1 uncommitted change: webui/page.py" in ran.out
    assert (line.product / "webui/page.py").read_text() == "TITLE = 'half done'\n"
    line.git("checkout", "-q", "webui/page.py")
    assert line.doit().lines() == ["limit:1-merge", "limit:note"]


@pytest.mark.long
@pytest.mark.parametrize("name", ["notes.txt", "server/new.py"])
def test_a_file_that_git_does_not_know_holds_a_merge_that_brings_it_and_no_other(
    line: Line, name: str
) -> None:
    simple(line)
    line.patch("limit-1", server__new_py="NEW = 1\n")
    line.write(line.product / name, "mine\n")
    ran = line.doit()
    assert ran.code == (1 if name == "server/new.py" else 0), ran
    assert ("has 1 uncommitted change: server/new.py" in ran.out) == (name == "server/new.py")
    assert (line.product / name).read_text() == "mine\n"


def test_a_bad_factory_yaml_reads_the_same_from_doit(line: Line) -> None:
    simple(line)
    line.edit("{kind: package}", "{kind: pakage}")
    told, run = line.factory("check"), line.doit()
    assert (told.code, run.code) == (3, 3)
    assert "did you mean `package`?" in told.err
    assert (run.out, run.err) == ("", told.err)


@pytest.mark.long
def test_a_second_run_is_refused_while_one_holds_the_lock(line: Line) -> None:
    simple(line)
    holder = (
        "import time; from pathlib import Path; from factoryline.system.locks import Lock\n"
        "Lock(Path('state/.work/lock')).acquire('a test')\n"
        "print('held', flush=True); time.sleep(60)"
    )
    first = subprocess.Popen([sys.executable, "-c", holder], cwd=line.home, stdout=subprocess.PIPE)
    try:
        assert first.stdout is not None
        first.stdout.readline()
        ran, seen = line.doit(), line.factory("status")
    finally:
        first.kill()
        first.communicate()
    assert ran.code == 3
    assert f"error: the line is in use by process {first.pid} (a test)" in ran.err
    assert f"the line is in use by process {first.pid} (a test); a stage shows" in seen.out
    assert "in use" not in line.factory("status").out
    assert line.doit().code == 0, "the lock goes with its process"
    assert "in use" not in line.factory("status").out


@pytest.mark.long
def test_a_full_disk_loses_nothing(line: Line, tmp_path: Path) -> None:
    simple(line)
    mount = (
        f"mount -t tmpfs -o size=96k tmpfs {line.state} && {line.env()['PATH'].split(':')[0]}/doit;"
        f" echo code=$?; cp -r {line.state}/. {tmp_path}/left"
    )
    line.state.mkdir()
    (tmp_path / "left").mkdir()
    ran = line.run("unshare", "-rm", "sh", "-c", mount)
    if "Operation not permitted" in ran.err or "unshare" in ran.err:
        pytest.skip("this machine lets nobody mount a small disk")
    assert "No space left on device" in ran.out
    assert "code=2" in ran.out
    left = [p for p in (tmp_path / "left").rglob("*.json") if ".work" not in p.parts]
    for path in left:
        assert path.read_text().endswith("}\n"), f"{path} is torn"


@pytest.mark.long
def test_an_entry_that_was_edited_by_hand(line: Line) -> None:
    simple(line)
    line.edit("reviews: [limit-ok.yaml]", "reviews: []")
    line.doit()
    path = line.state / "factory-artifacts/limit/1-verify.json"
    path.write_text(path.read_text().replace('"outcome": "pass"', '"outcome": "fail"', 1))
    ran = line.doit()
    assert ran.code in (2, 3)
    assert "was changed after it was written" in ran.out + ran.err
    assert "restore it from git" in ran.out + ran.err


@pytest.mark.long
def test_an_edited_history_is_noticed(line: Line) -> None:
    simple(line).doit()
    assert line.factory("ledger", "limit").code == 0
    path = line.state / "factory-artifacts/limit/history.jsonl"
    path.write_text(path.read_text().replace('"stage": "1-verify"', '"stage": "1-verity"'))
    told = line.factory("ledger", "limit")
    assert told.code == 2
    assert "history.jsonl:4: this line does not follow from the one before it" in told.err


@pytest.mark.long
def test_commits_that_somebody_put_on_the_branch_are_kept(line: Line) -> None:
    simple(line)
    line.git("branch", "factory/limit", line.patch("mine", webui__mine_py="MINE = 1\n"))
    assert line.doit().code == 0
    kept = line.git("for-each-ref", "--format=%(objectname)", "refs/factory/kept").split()
    assert "MINE = 1" in line.git("show", f"{kept[0]}:webui/mine.py")


@pytest.mark.long
def test_a_reader_that_has_seen_enough_ends_no_run(line: Line) -> None:
    simple(line)
    ran = line.run("sh", "-c", "(doit; echo code=$? >&2) | true")
    assert ran.err == "code=0\n"
    assert line.doit().out == "nothing to do: limit is sealed\n"


def test_no_base_commit(line: Line) -> None:
    simple(line)
    line.edit("base: main", "base: trunk")
    ran = line.doit()
    assert ran.code == 1
    assert (
        f"{place_of(line, '{repo:')}: error: the target has no branch `trunk` with a commit"
        in ran.out
    )


def test_a_folder_that_is_no_repository(line: Line) -> None:
    simple(line)
    (line.folder / "plain").mkdir()
    line.edit("repo: ../product", "repo: ../plain")
    ran = line.doit()
    assert ran.code != 0
    assert "is not inside a git repository" in ran.out + ran.err


def test_no_factory_yaml(line: Line) -> None:
    ran = line.doit()
    assert ran.code == 3
    assert "error: there is no factory.yaml in" in ran.err


@pytest.mark.long
def test_a_builder_with_nothing_wrong(line: Line) -> None:
    """What the other tests build on works when nothing is wrong."""
    ran = built_by(
        line, f'echo "LIMIT = 4" > server/app.py; printf "%s" "{UNIT}" > checks/unit.txt\n'
    )
    assert ran.code == 0, ran


@pytest.mark.long
def test_a_prior_that_another_artifact_taught_is_not_written_over(line: Line) -> None:
    for name in ("a", "b"):
        line.patch(f"{name}-1", **{f"server__{name}_py": "X = 1\n"})
        rule = {"id": "server", "statement": f"As {name} says."}
        finding = {"kind": "docs", "statement": "Good.", "prior": rule}
        line.review(name, findings=[finding])
    line.spec("".join(line.artifact(name, reviews=[f"{name}.yaml"]) for name in ("a", "b")))
    ran = line.doit()
    assert ran.code == 1
    assert (
        "the prior `server` is there already, from a/1-review, and says something else" in ran.out
    )
    assert "help: name this one differently, or edit state/priors/server.json" in ran.out
    assert "As a says." in (line.state / "priors/server.json").read_text()
