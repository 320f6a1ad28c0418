"""One edit re-runs just the stages that it shapes: a table of edits and what runs after each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.line import UNIT, Line

CELLS = """
surfaces: {server: [server/**], webui: [webui/**]}
agents:
  coder: {command: [sh, "{home}/build.sh"], model: small}
cells:
  scout: {kind: scout}
  build:
    kind: agent
    agent: coder
    takes: [memo, feedback]
    hands: change
    prompt: build.j2
    touches: [server, checks/**]
    timeout: 20m
  verify: {kind: verify, returns: build}
  package: {kind: package, template: packet.j2}
  review: {kind: review, returns: build}
line: [scout, build, verify, package, review]
contracts: {memo: {template: memo.j2}}
"""
SCOPES = """
scopes:
  unit:
    run: ["{python}", RUNNER, "{report}", "{tests}"]
    report: junit
    all: [checks/unit.txt]
    timeout: 30s
  style: {run: ["{python}", -c, "print(1)"], report: exit}
  unused: {run: ["true"], report: exit}
"""
ARTIFACTS = """
  limit:
    title: The limit
    goal: The limit of the server is four.
    consumer: operators
    verify: [{scope: unit}, {scope: style}]
  other:
    title: Another
    goal: Something else.
    verify: [{scope: style}]
"""
SCOUT, BUILD, VERIFY, PACKAGE = (
    f"limit:{s}" for s in ("scout", "1-build", "1-verify", "1-package")
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """A line whose first artifact waits for its review."""
    line = Line(tmp_path_factory.mktemp("built") / "line")
    line.write(line.home / "build.j2", "Goal: {{ artifact.goal }}\n")
    line.write(line.home / "packet.j2", "{{ artifact.goal }} {{ change.commit }}\n")
    line.write(line.home / "memo.j2", "{{ handoff.summary }}\n")
    line.write(
        line.home / "build.sh",
        f'echo \'LIMIT = 4\' > server/app.py\nprintf "%s" "{UNIT}" > checks/unit.txt\n',
    )
    line.spec(ARTIFACTS, cells=CELLS, scopes=SCOPES)
    ran = line.doit()
    assert ran.lines() == [SCOUT, BUILD, VERIFY, PACKAGE], ran
    assert line.doit("clean", "limit").code == 0, "its work tree would tie every copy to this one"
    return line


@pytest.fixture
def line(built: Line, tmp_path: Path) -> Line:
    """A copy without work trees, as a fresh clone has none."""
    folder = tmp_path / "copy"
    shutil.copytree(built.folder, folder, ignore=shutil.ignore_patterns(".work"))
    copy = object.__new__(Line)
    copy.folder, copy.home, copy.product = folder, folder / "home", folder / "product"
    copy.runner = built.runner
    copy.git("worktree", "prune")
    return copy


def edit(old: str, new: str, file: str = "factory.yaml") -> Callable[[Line], None]:
    return lambda line: line.edit(old, new, file)


def swap_lines(line: Line) -> None:
    line.edit("    title: The limit\n    goal: The limit of the server is four.\n", "HERE")
    line.edit("HERE", "    goal: The limit of the server is four.\n    title: The limit\n")


def move_the_base(line: Line) -> None:
    line.write(line.product / "webui/page.py", "TITLE = 'New'\n")
    line.commit("somebody else worked")


def add_a_prior(line: Line) -> None:
    prior = (
        '{"id": "rule", "statement": "Be brief.", "surfaces": [], "source": {"artifact": "old", '
        '"stage": "1-review", "by": "Ann", "finding": "Be brief."}}'
    )
    line.write(line.state / "priors" / "rule.json", prior)


def add_a_guard(line: Line) -> None:
    add_a_prior(line)
    guard = '"surfaces": [], "guard": {"surface": "webui", "at_most": 0},'
    line.edit('"surfaces": [],', guard, "state/priors/rule.json")


def nothing(line: Line) -> None:
    del line


TABLE: list[tuple[str, Callable[[Line], None], list[str]]] = [
    # What cannot shape a result.
    ("nothing", nothing, []),
    ("a comment", edit("factoryline: 1", "# words\nfactoryline: 1"), []),
    ("the order of keys", swap_lines, []),
    ("quotes", edit("consumer: operators", 'consumer: "operators"'), []),
    ("the cell's timeout", edit("timeout: 20m", "timeout: 1h"), []),
    ("a scope's timeout", edit("timeout: 30s", "timeout: 40s"), []),
    ("another artifact's title", edit("title: Another", "title: Changed"), []),
    ("another artifact's goal", edit("goal: Something else.", "goal: Nothing."), []),
    ("a scope that is not used", edit('["true"]', '["false"]'), []),
    ("where a verdict returns to", edit("{kind: verify, returns: build}", "{kind: verify}"), []),
    ("a budget", edit("artifacts:\n", "flow: {retries: 1}\nartifacts:\n"), []),
    ("a commit on the base", move_the_base, []),
    # What shapes one stage, and no more where that hands on the same.
    ("the title", edit("title: The limit", "title: A limit"), [PACKAGE]),
    ("a scope", edit('"print(1)"', '"print(2)"'), [VERIFY]),
    ("the agent's model", edit("model: small", "model: large"), [BUILD]),
    ("the agent's program", edit("echo ", "echo  ", "build.sh"), [BUILD]),
    ("the brief's template", edit("Goal:", "The goal:", "build.j2"), [BUILD]),
    ("the memo's template", edit("{{ handoff.summary }}", "Memo", "memo.j2"), [BUILD]),
    ("the packet's template", edit("{{ artifact.goal }}", "Goal", "packet.j2"), [PACKAGE]),
    ("what build may touch", edit("[server, checks/**]", "[server, webui, checks/**]"), [BUILD]),
    # What shapes a stage whose hand-off changes with it.
    ("the goal", edit("is four.", "is 4."), [SCOUT, BUILD, PACKAGE]),
    ("the consumer", edit("consumer: operators", "consumer: x"), [SCOUT, BUILD, PACKAGE]),
    (
        "the artifact's tests",
        edit(
            "goal: The limit of the server is four.\n    consumer: operators\n"
            "    verify: [{scope: unit}",
            "goal: The limit of the server is four.\n    consumer: operators\n"
            "    verify: [{scope: unit, tests: [checks/unit.txt, checks/unit.txt]}",
        ),
        [SCOUT, BUILD, VERIFY, PACKAGE],
    ),
    ("a prior", add_a_prior, [SCOUT, BUILD]),
    ("a prior with a guard", add_a_guard, [SCOUT, BUILD, VERIFY, PACKAGE]),
]


@pytest.mark.parametrize(
    ("change", "expected"),
    # Every third one each time; all of them with the long tests.
    [
        pytest.param(*row[1:], id=row[0], marks=[pytest.mark.long] if number % 3 else [])
        for number, row in enumerate(TABLE)
    ],
)
def test_an_edit_runs_just_what_it_shapes(
    line: Line, change: Callable[[Line], None], expected: list[str]
) -> None:
    change(line)
    ran = line.doit()
    assert ran.code == 0, ran
    assert ran.lines() == expected
    assert line.doit().lines() == [], "and once it has run, nothing is stale"


def test_the_reason_is_a_sentence(line: Line) -> None:
    line.edit("is four.", "is 4.")
    line.edit("Goal:", "The goal:", "build.j2")
    out = line.factory("explain", "limit").out
    assert "limit/scout      stale: the artifact's goal changed: 1 word" in out
    assert "the template build.j2 changed" in out
    assert "limit/1-verify   fresh, unless scout hands on something else" in out
    info = line.doit("info", "limit:scout")
    assert "the artifact's goal changed: 1 word" in info.out
    assert info.code == 1, "as doit's info says of a task that is not up to date"


def test_what_would_run_next_and_what_it_cost(line: Line) -> None:
    line.edit("model: small", "model: large")
    out = line.factory("explain", "limit").out
    assert "limit/1-build    stale: the agent coder changed: model" in out
    [coming] = [row for row in out.splitlines() if row.startswith("next: ")]
    assert coming.startswith("next: doit limit:1-build (last time ")
    assert coming.endswith(", cost unknown)")


def test_diff_shows_what_changed_since_the_entry(line: Line) -> None:
    assert line.factory("diff", "limit").out == "limit is as its entries saw it\n"
    line.edit("is four.", "is 4.")
    line.edit("model: small", "model: large")
    out = line.factory("diff", "limit").out
    assert "limit/scout: the artifact's goal" in out
    assert "-The limit of the server is four.\n+The limit of the server is 4." in out
    assert "limit/1-build: the agent coder" in out
    assert '-  "model": "small",\n+  "model": "large",' in out


def test_accept_re_keys_an_entry_without_running_it(line: Line) -> None:
    line.edit("is four.", "is 4.")
    before = line.entry("limit", "scout")
    done = line.factory("accept", "limit/scout", "--why", "only a spelling")
    assert done.code == 0, done
    after = line.entry("limit", "scout")
    assert after["handoff"] == before["handoff"]
    assert after["key"] != before["key"]
    event = line.history("limit")[-1]
    assert (event["event"], event["why"]) == ("accepted", "only a spelling")
    assert event["reasons"] == ["the artifact's goal changed: 1 word"]
    assert line.doit().lines() == [BUILD, PACKAGE], "which read the goal themselves"


def test_accept_refuses_what_it_cannot(line: Line) -> None:
    fresh = line.factory("accept", "limit/scout", "--why", "x")
    assert (fresh.code, "limit/scout is fresh" in fresh.err) == (3, True)
    line.edit("is four.", "is 4.")
    later = line.factory("accept", "limit/1-package", "--why", "x")
    assert (later.code, "limit/scout is stale and comes before it" in later.err) == (3, True)
    none = line.factory("accept", "limit/1-review", "--why", "x")
    assert (none.code, "has no entry" in none.err) == (3, True)


def test_a_rerun_that_gives_the_same_change_keeps_its_commit(line: Line) -> None:
    before = line.entry("limit", "1-build")
    line.edit("model: small", "model: large")
    line.doit()
    after = line.entry("limit", "1-build")
    assert after["key"] != before["key"]
    assert after["handoff"] == before["handoff"]


@pytest.mark.long
def test_rebase_moves_to_the_new_base(line: Line) -> None:
    move_the_base(line)
    moved = line.git("rev-parse", "HEAD").strip()
    assert line.factory("rebase", "limit").code == 0
    assert line.doit().lines() == [SCOUT, BUILD, VERIFY, PACKAGE]
    assert line.entry("limit", "1-build")["handoff"]["base"] == moved


@pytest.mark.long
def test_sealed_artifacts_are_history(line: Line) -> None:
    line.factory("review", "limit", "--approve", "--by", "Bo")
    line.doit("limit")
    line.edit("is four.", "is 4.")
    line.edit("Goal:", "The goal:", "build.j2")
    assert line.doit("limit").lines() == []
    assert line.doit("-a", "limit").lines() == []
    assert set(line.factory("explain", "limit").out.split()[1::2]) == {"sealed"}
    refused = line.doit("forget", "limit:1-build")
    assert refused.code == 3
    assert "error: limit is sealed" in refused.err
    assert line.factory("reopen", "limit", "--why", "the goal moved").code == 0
    assert line.doit("limit").lines()[0] == SCOUT
