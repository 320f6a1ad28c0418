"""Scopes through a whole line: prepared, left clean, tried again, side by side, not run twice."""

from __future__ import annotations

import re
from itertools import takewhile

import pytest

from tests.line import CELLS, COVERED, UNIT, Line

PLAIN = "verify: {kind: verify, returns: build}"
FLAKY = """
import pathlib, sys
report, marks = sys.argv[1:3]
seen = pathlib.Path(marks) / "seen"
good = seen.exists()
seen.parent.mkdir(exist_ok=True)
seen.touch()
inner = "" if good else "<failure>checks/unit.txt:1: not yet</failure>"
pathlib.Path(report).write_text(f"<testsuite><testcase name='slow'>{inner}</testcase></testsuite>")
sys.exit(0 if good else 1)
"""


def verified(
    line: Line,
    scopes: str,
    *,
    cells: str = CELLS,
    flow: str = "{retries: 0}",
    env: dict[str, str] | None = None,
) -> str:
    """One artifact over `scopes`, which it all uses; returns what the run printed of verify."""
    line.patch("limit-1", server__app_py="LIMIT = 4\n", checks__unit_txt=UNIT)
    line.review("limit-ok")
    names = re.findall(r"^  ([a-z]+):", scopes, re.MULTILINE)
    used = ", ".join(f"{{scope: {name}}}" for name in names)
    artifact = line.artifact("limit", reviews=["limit-ok.yaml"])
    artifact = artifact.replace("[{scope: unit}, {scope: style}]", f"[{used}]")
    line.spec(artifact, cells=cells, scopes=f"\nscopes:\n{scopes}", flow=flow)
    return said(line, "1-verify", env)


def said(line: Line, stage: str, env: dict[str, str] | None = None) -> str:
    """What a run tells of a stage: its line, and what it left to mend beneath it."""
    done = line.doit(env=env)
    # A stage that takes a while says so before.
    text = "\n".join(one for one in done.out.splitlines() if not one.startswith(">  "))
    _, found, rest = text.partition(f":{stage}  ")
    first, *below = rest.splitlines() if found else (done.out + done.err,)
    return "\n".join([first, *takewhile(lambda text: text.startswith("   "), below)])


def python(name: str, script: str, more: str = "report: exit") -> str:
    return f"  {name}: {{run: ['{{python}}', -c, \"{script}\"], {more}}}\n"


def ground(line: Line) -> dict[str, object]:
    return dict(line.entry("limit", "1-verify")["run"]["grounds"][0])


# The checkout.


def test_what_a_run_leaves_in_the_checkout_fails_it(line: Line) -> None:
    script = "open('left over.txt', 'w'); open('server/app.py', 'a').write('#')"
    assert (
        "messy: it edited server/app.py and left 1 new file in the checkout: left over.txt"
    ) in verified(line, python("messy", script))


@pytest.mark.long
def test_what_may_be_left_is_declared(line: Line) -> None:
    script = "open('left.txt', 'w')"
    assert "pass: " in verified(line, python("messy", script, "report: exit, leaves: ['*.txt']"))


@pytest.mark.long
def test_a_commit_on_top_is_an_edit_too(line: Line) -> None:
    script = "import subprocess as s; open('a', 'w'); s.run(['git', 'add', 'a'], check=True); "
    script += "s.run(['git', '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'x'])"
    assert "messy: it edited a" in verified(line, python("messy", script))


@pytest.mark.long
def test_a_shell_setting_does_not_reach_the_tests(line: Line) -> None:
    plain = "import os; raise SystemExit('PYTEST_ADDOPTS' in os.environ)"
    wants = "import os; raise SystemExit(os.environ.get('WANTED') != '1')"
    scopes = python("plain", plain) + python("wants", wants, "report: exit, inherits: [WANTED]")
    env = {"PYTEST_ADDOPTS": "-x", "WANTED": "1"}
    assert "pass: nothing counted in 2 scopes" in verified(line, scopes, env=env)


def test_a_runner_that_is_missing_is_told_before_anything_runs(line: Line) -> None:
    scopes = python("first", "open('/dev/null')") + python(
        "second", "pass", "report: exit, requires: [no-such-runner]"
    )
    told = verified(line, scopes)
    assert "the scope `second` needs `no-such-runner`, which was not found" in told
    assert not (line.state / ".work/logs/limit/1-verify/first.out").exists()
    checked = line.factory("check", "--environment")
    assert "no-such-runner" in checked.out + checked.err


@pytest.mark.long
def test_a_runner_that_hangs(line: Line) -> None:
    script = "import time; time.sleep(60)"
    told = verified(line, python("slow", script, "report: exit, timeout: 1s"))
    assert "slow: it ran longer than 1 s and was ended" in told


# Tried again.


def flaky(line: Line, more: str = "") -> str:
    runner = line.write(line.folder / "flaky.py", FLAKY)
    marks = line.folder / "marks"
    return (
        f"  shaky: {{run: ['{{python}}', {runner}, '{{report}}', {marks}, '{{tests}}'],\n"
        f"    report: junit, all: [checks/unit.txt], reruns: 2{more}}}\n"
    )


@pytest.mark.long
def test_what_passes_when_it_is_run_again_is_flaky_and_told(line: Line) -> None:
    told = verified(line, flaky(line))
    assert "pass: 1 test in 1 scope, 1 flaky (slow)" in told
    [check] = line.entry("limit", "1-verify")["handoff"]["checks"]
    assert check["flaky"] == [{"test": "slow", "failed": 1}]
    assert (check["tests"]["run"], check["tests"]["passed"], check["tests"]["flaky"]) == (1, 0, 1)
    assert (
        "slow failed 1 × before it passed"
        in (line.state / "factory-artifacts/limit/1-packet.md").read_text()
    )
    assert "1 flaky (slow)" in (line.state / "factory-artifacts/limit/post-run.md").read_text()


@pytest.mark.long
def test_a_scope_may_refuse_what_is_flaky(line: Line) -> None:
    told = verified(line, flaky(line, ", flaky: fail"))
    assert "1 test failed, and passed when run again, which the scope does not allow" in told


# Prepared.

MAKES = (
    "import os, pathlib; pathlib.Path('made').mkdir(exist_ok=True); "
    "pathlib.Path('made/a').write_text('1'); pathlib.Path('made/.gitignore').write_text('*'); "
    "open(COUNT, 'a').write('x')"
)


def prepared(line: Line, more: str, *, script: str = MAKES) -> str:
    count = line.folder / "count"
    makes = line.write(line.folder / "makes.py", script.replace("COUNT", repr(str(count))))
    uses = "import pathlib; raise SystemExit(pathlib.Path('made/a').read_text() != '1')"
    prepare = f"prepare: {{run: [['{{python}}', {makes}]]{more}}}"
    return python("one", uses, f"report: exit, {prepare}") + python(
        "two", uses, f"report: exit, {prepare}"
    )


def times(line: Line) -> int:
    return len((line.folder / "count").read_text())


@pytest.mark.long
def test_a_preparation_is_made_once_for_its_lock_files(line: Line) -> None:
    scopes = prepared(line, ", locks: [server/app.py], keeps: [made]")
    assert "pass: nothing counted in 2 scopes" in verified(line, scopes)
    assert times(line) == 1
    [mark] = (line.state / ".work/prepared").glob("*.whole")
    assert not list((line.state / ".work/prepared").glob("*.making"))
    assert ground(line)["prepared"].removeprefix("sha256:").startswith(mark.stem)  # type: ignore


@pytest.mark.long
def test_a_preparation_that_a_kill_left_half_made_is_made_anew(line: Line) -> None:
    half = line.state / ".work/prepared"
    scopes = prepared(line, ", locks: [server/app.py], keeps: [made]")
    verified(line, scopes, flow="{merge: none}")
    [mark] = half.glob("*.whole")
    mark.unlink()
    line.write(mark.with_suffix("") / "keeps/made/a", "half")
    line.factory("reopen", "limit", "--why", "again")
    line.doit("forget", "limit:1-verify")
    assert "pass" in said(line, "1-verify")
    assert times(line) == 2


@pytest.mark.long
def test_side_by_side_each_scope_has_a_checkout_of_its_own(line: Line) -> None:
    cells = CELLS.replace(PLAIN, "verify: {kind: verify, returns: build, jobs: 2}")
    scopes = prepared(line, ", locks: [server/app.py], keeps: [made]")
    assert "pass: nothing counted in 2 scopes" in verified(line, scopes, cells=cells)
    assert times(line) == 1
    assert not list((line.state / ".work/checkouts").glob("limit*")), "nothing stays behind"


REFUSES = "import sys; sys.exit('no packages' if '4' in open('server/app.py').read() else 0)"


@pytest.mark.long
def test_a_preparation_that_the_change_breaks_fails_its_check(line: Line) -> None:
    told = verified(line, prepared(line, "", script=REFUSES))
    assert "ended with exit code 1" in told
    assert "its preparation" in told
    [check, _] = line.entry("limit", "1-verify")["handoff"]["checks"]
    assert check["output"] == "no packages"


@pytest.mark.long
@pytest.mark.parametrize("more", ["", ", locks: [server/app.py], keeps: [made]"])
def test_a_preparation_that_fails_on_the_base_too_opens_no_round(line: Line, more: str) -> None:
    away = line.write(line.folder / "away", "")
    script = f"import os, sys; os.path.exists({str(away)!r}) and sys.exit('no route'); {MAKES}"
    told = verified(line, prepared(line, more, script=script), flow="{retries: 1}")
    assert "the scope `one` cannot be prepared, and not because of the change: " in told
    assert "makes.py` ended with exit code 1, and on the base " in told
    assert "\nno route\n" in told
    assert "the next run tries again, and no retry is used up" in told
    assert not (line.state / "factory-artifacts/limit/1-verify.json").exists()
    assert "2-build" not in told
    away.unlink()
    assert said(line, "1-verify").startswith("pass: ")
    assert not list((line.state / ".work/checkouts").glob("limit*")), "nothing stays behind"


@pytest.mark.long
def test_a_preparation_that_was_kept_says_nothing_about_today(line: Line) -> None:
    away = line.folder / "away"
    script = f"import os, sys; os.path.exists({str(away)!r}) and sys.exit('no route'); {MAKES}"
    scopes = prepared(line, ", locks: [server/app.py], keeps: [made]", script=script)
    verified(line, scopes, flow="{merge: none, proof: {fails_before: true}}")
    assert len(list((line.state / ".work/prepared").glob("*.whole"))) == 2, "one is the base's"
    line.write(away, "")
    line.patch("other-1", server__app_py="LIMIT = 5\n")
    line.spec(
        "".join(
            line.artifact(name, reviews=["limit-ok.yaml"]) for name in ("limit", "other")
        ).replace("[{scope: unit}, {scope: style}]", "[{scope: one}]"),
        scopes=f"\nscopes:\n{scopes}",
        flow="{merge: none}",
    )
    told = line.doit("other:1-verify")
    assert "cannot be prepared, and not because of the change" in told.out + told.err


@pytest.mark.long
def test_a_preparation_that_fails_once_is_nobodys_fault(line: Line) -> None:
    once = line.folder / "once"
    script = (
        f"import pathlib, sys; once = pathlib.Path({str(once)!r}); there = once.exists(); "
        f"once.touch(); there or sys.exit('a blink'); {MAKES}"
    )
    assert verified(line, prepared(line, "", script=script)).startswith("pass: ")


GOOD = "<testsuite><testcase name='it'/></testsuite>"
SPEAKS = f"""
import pathlib, sys
if pathlib.Path(sys.argv[2]).exists() or "4" in pathlib.Path("server/app.py").read_text():
    sys.exit("no such option: --cov")
pathlib.Path(sys.argv[1]).write_text({GOOD!r})
"""


def speaking(line: Line, away: str, tests: str = "server") -> str:
    """A scope that leaves no report on the change, nor anywhere while the file `away` is there."""
    program = line.write(line.folder / "speaks.py", SPEAKS)
    run = f"['{{python}}', {program}, '{{report}}', {away}, '{{tests}}']"
    return f"  one: {{run: {run}, report: junit, all: [{tests}]}}\n"


@pytest.mark.long
def test_a_scope_that_leaves_no_report_on_the_base_either_opens_no_round(line: Line) -> None:
    away = line.write(line.folder / "away", "")
    told = verified(line, speaking(line, str(away)), flow="{retries: 1}")
    why = "it wrote no JUnit report and ended with exit code 1, and on the base "
    assert f"the scope `one` does not work, and not because of the change: {why}" in told
    assert "help: check its command and what it needs; the next run tries again" in told
    assert "\nno such option: --cov\n" in told
    assert not (line.state / "factory-artifacts/limit/1-verify.json").exists()
    assert "2-build" not in told
    assert not list((line.state / ".work/checkouts").glob("limit*")), "nothing stays behind"


def test_a_change_by_which_a_scope_leaves_no_report_has_failed(line: Line) -> None:
    told = verified(line, speaking(line, "nowhere"))
    assert "fail: nothing counted" in told
    assert "\n   one: it wrote no JUnit report and ended with exit code 1" in told


def test_tests_that_the_base_does_not_have_cannot_tell(line: Line) -> None:
    away = line.write(line.folder / "away", "")
    line.write(line.product / "checks/unit.txt", "")
    line.git("rm", "-q", "--cached", "checks/unit.txt")
    line.git("commit", "-q", "-m", "no checks")
    (line.product / "checks/unit.txt").unlink()
    told = verified(line, speaking(line, str(away), tests="checks/unit.txt"))
    assert "\n   one: it wrote no JUnit report and ended with exit code 1" in told


UNREADY = {
    "a module that is missing": ("import server.missing\n\n\ndef test_it():\n    pass\n", ""),
    "a fixture that fails": (
        "def test_it(service):\n    pass\n",
        "import pytest\n\n\n@pytest.fixture\ndef service():\n    raise OSError('away')\n",
    ),
    "tests that are all skipped": ("import pytest\npytest.skip(allow_module_level=True)\n", ""),
}


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "own"),
    [
        pytest.param(
            kind,
            own,
            id=f"{kind}, {'a new test alone' if own else 'old tests'}",
        )
        for kind in UNREADY
        for own in (False, True)
    ],
)
def test_where_no_test_runs_on_the_base_either_no_round_is_opened(
    kind: str, own: bool, line: Line
) -> None:
    test, conftest = UNREADY[kind]
    line.write(line.product / "checks/test_it.py", test)
    line.write(line.product / "checks/conftest.py", conftest)
    line.commit("tests that do not run")
    more = {"checks__test_new_py": test} if own else {}
    line.patch("limit-1", server__app_py="LIMIT = 4\n", **more)
    tests = "checks/test_new.py" if own else "checks"
    line.spec(
        line.artifact("limit").replace(
            "[{scope: unit}, {scope: style}]", f"[{{scope: unit, tests: [{tests}]}}]"
        ),
        scopes=COVERED.replace("FOLDER", "checks"),
        flow="{retries: 1}",
    )
    ran = line.doit()
    assert "the scope `unit` does not work, and not because of the change: " in ran.out
    assert "2-build" not in ran.out
    assert "commit the repair there and type `factory rebase limit`" in ran.out


@pytest.mark.long
def test_a_change_by_which_no_test_can_be_loaded_has_failed(line: Line) -> None:
    line.write(line.product / "checks/test_it.py", "def test_it():\n    assert True\n")
    line.commit("tests that run")
    line.patch("limit-1", checks__test_it_py="import server.missing\n\n\ndef test_it(): pass\n")
    line.spec(
        line.artifact("limit").replace(
            "[{scope: unit}, {scope: style}]", "[{scope: unit, tests: [checks]}]"
        ),
        scopes=COVERED.replace("FOLDER", "checks"),
    )
    ran = line.doit()
    assert "fail: 1 test in 1 scope" in ran.out, ran


@pytest.mark.long
def test_what_the_base_does_not_have_cannot_excuse_the_change(line: Line) -> None:
    scopes = prepared(line, ", locks: [server/new.lock]", script="raise SystemExit(7)")
    line.review("limit-ok")
    patched = {"server__new_lock": "none\n", "server__app_py": "LIMIT = 4\n"}
    line.patch("limit-1", **patched, checks__unit_txt=UNIT)
    line.spec(
        line.artifact("limit", reviews=["limit-ok.yaml"]).replace(
            "[{scope: unit}, {scope: style}]", "[{scope: one}]"
        ),
        scopes=f"\nscopes:\n{scopes}",
        flow="{retries: 0}",
    )
    assert "ended with exit code 7" in said(line, "1-verify")
    assert line.entry("limit", "1-verify")["outcome"] == "fail"


# Proven before.


@pytest.mark.long
def test_what_passed_for_the_same_files_is_not_run_again(line: Line) -> None:
    count = line.folder / "runs"
    script = f"open('{count}', 'a').write('x')"
    verified(line, python("unit", script), cells=CELLS, flow="{merge: none}")
    first = ground(line)
    assert first["reused"] is None
    # The same change again, under another name and on a base with another note of the factory.
    line.spec(
        line.artifact("limit", reviews=["limit-ok.yaml"]).replace(
            "[{scope: unit}, {scope: style}]", "[{scope: unit}]"
        )
        + line.artifact("again", reviews=["limit-ok.yaml"])
        .replace("[{scope: unit}, {scope: style}]", "[{scope: unit}]")
        .replace("again-1.patch", "limit-1.patch"),
        scopes=f"\nscopes:\n{python('unit', script)}",
        flow="{merge: none}",
    )
    done = line.doit()
    assert "again:1-verify  pass: nothing counted in 1 scope, proven before in limit/1-verify" in (
        done.out
    )
    assert count.read_text() == "x"
    [reused] = line.entry("again", "1-verify")["run"]["grounds"]
    origin = reused["reused"]
    commit = line.entry("limit", "1-verify")["handoff"]["commit"]
    assert (origin["artifact"], origin["stage"], origin["commit"]) == ("limit", "1-verify", commit)


@pytest.mark.long
def test_a_failed_preparation_is_the_verdict_also_where_a_proof_is_asked_for(line: Line) -> None:
    script = "raise SystemExit(3 * ('4' in open('server/app.py').read()))"
    prepare = f"prepare: {{run: [['{{python}}', -c, \"{script}\"]]}}"
    said = verified(
        line,
        python("one", "print(1)", f"report: exit, {prepare}"),
        flow="{retries: 0, proof: {fails_before: true}}",
    )
    assert said.startswith("fail: ")
    assert "ended with exit code 3" in said


TEN_THOUSAND = """
import sys
names = [f'test_{n}' for n in range(10_000)]
bad = '<failure>' + 'x' * 5000 + '</failure>'
cases = ''.join(
    f'<testcase classname="t" name="{name}">{bad if n % 20 == 0 else ""}</testcase>'
    for n, name in enumerate(names)
)
open(sys.argv[1], 'w').write(f'<testsuite>{cases}</testsuite>')
print('E' * 2_000_000)
sys.exit(1)
"""


@pytest.mark.long
def test_ten_thousand_tests_make_a_small_entry(line: Line) -> None:
    runner = line.write(line.folder / "many.py", TEN_THOUSAND)
    said = verified(
        line, f"  many: {{run: ['{{python}}', '{runner}', '{{report}}'], report: junit}}\n"
    )
    assert "many: 500 of 10000 tests failed" in said
    path = line.state / "factory-artifacts/limit/1-verify.json"
    assert path.stat().st_size < 100_000
    [check] = line.entry("limit", "1-verify")["handoff"]["checks"]
    assert check["tests"]["run"] == 10_000
    assert len(check["failures"]) + check["unnamed"] == 500
