"""factory new: an artifact is added, and nothing else in the file is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from factoryline.errors import UserError
from factoryline.spec.insert import insert

from tests.line import Line, simple

LINES = "title: New\ngoal: |-\n  One.\n\n  Two.\n"
BLOCK = "  new:\n    title: New\n    goal: |-\n      One.\n\n      Two.\n"

HOLDS = "artifacts:\n  a:\n    goal: |\n      text\n\n      # no comment\n    # a comment\n"

PLACES = {
    "behind the last": ("artifacts:\n  a: {}\n", "artifacts:\n  a: {}\n" + BLOCK),
    "behind what the last one holds": (
        f"{HOLDS}\nflow: {{}}\n",
        f"{HOLDS}{BLOCK}\nflow: {{}}\n",
    ),
    "before the comment of what follows": (
        "artifacts:\n  a: {}\n\n# Flow.\nflow: {}\n",
        "artifacts:\n  a: {}\n" + BLOCK + "\n# Flow.\nflow: {}\n",
    ),
    "apart, where the others are": (
        "artifacts:\n  a: {}\n\n  b: {}\n",
        "artifacts:\n  a: {}\n\n  b: {}\n\n" + BLOCK,
    ),
    "instead of none": (
        "artifacts: {}  # one each\n#   a:\n",
        "artifacts: # one each\n" + BLOCK + "#   a:\n",
    ),
    "instead of none, on a row of its own": ("artifacts:\n  {}\n", "artifacts:\n" + BLOCK),
    "where nothing was said": ("artifacts:\nline: []\n", "artifacts:\n" + BLOCK + "line: []\n"),
    "where no artifacts were": ("line: []", "line: []\n\nartifacts:\n" + BLOCK),
    "with other indentation": (
        "artifacts:\n    a: {}\n",
        "artifacts:\n    a: {}\n"
        + "".join(f"  {row}\n" if row else "\n" for row in BLOCK.split("\n")[:-1]),
    ),
    "with the line ends of the file": (
        "artifacts:\r\n  a: {}\r\n",
        ("artifacts:\n  a: {}\n" + BLOCK).replace("\n", "\r\n"),
    ),
    "behind a byte-order mark": ("\ufeffartifacts: {}\n", "\ufeffartifacts:\n" + BLOCK),
}


@pytest.mark.parametrize("place", PLACES)
def test_where_it_goes(place: str, tmp_path: Path) -> None:
    before, after = PLACES[place]
    path = tmp_path / "factory.yaml"
    path.write_bytes(before.encode())
    found = insert(path, "new", LINES)
    assert found.text == after
    assert after.splitlines()[found.line - 1].strip() == "new:"


@pytest.mark.parametrize(
    ("include", "file"),
    [
        ("artifacts/*.yaml", "artifacts/new.yaml"),
        ("[more/*.yml]", "more/new.yml"),
        ('["a/**/x.yaml", "b/*.yaml"]', "b/new.yaml"),
    ],
)
def test_a_file_of_its_own(include: str, file: str, tmp_path: Path) -> None:
    path = tmp_path / "factory.yaml"
    path.write_text(f"artifacts: {{include: {include}}}\n")
    found = insert(path, "new", LINES)
    assert (found.path, found.text) == (tmp_path / file, LINES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("artifacts: {a: {goal: x}}\n", "written in braces"),
        ('artifacts: {include: "*/a.yaml"}\n', "no pattern tells"),
    ],
)
def test_where_there_is_no_place(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "factory.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=said):
        insert(path, "new", LINES)


def test_a_branch_of_ones_own(line: Line) -> None:
    simple(line)
    line.git("switch", "-q", "-c", "faster-start")
    line.write(line.product / "server/start.py", "FAST = True\n")
    line.commit("Start the server faster\n\nThe server answers within a second.")
    line.git("switch", "-q", "main")
    before = (line.home / "factory.yaml").read_text()
    ran = line.factory("new", "--adopt", "faster-start")
    assert ran.code == 0, ran
    assert "the artifact `faster-start`, verified by `unit` and `style`" in ran.out
    text = (line.home / "factory.yaml").read_text()
    assert text.startswith(before.rstrip("\n"))
    assert 'title: "Start the server faster"' in text
    assert 'goal: "The server answers within a second."' in text
    again = line.factory("init", "--adopt", "faster-start")
    assert "neither" not in again.err


def test_init_in_a_repository_that_has_a_line_adds_to_it(tmp_path: Path) -> None:
    line = Line(tmp_path / "line", inside=True)
    simple(line)
    line.commit("the line")
    line.git("switch", "-q", "-c", "feat")
    line.write(line.product / "server/feat.py", "FEAT = 1\n")
    line.commit("Add the feature\n")
    line.git("switch", "-q", "main")
    ran = line.factory("init", "--adopt", "feat")
    assert ran.code == 0, ran
    assert "the artifact `feat`" in ran.out
    assert line.factory("init").err.count("`factory new` adds an artifact") == 1


AGENT = """
cells:
  scout: {kind: scout}
  build: {kind: agent, agent: mine, takes: [memo, feedback], hands: change, touches: ["**"]}
  verify: {kind: verify, returns: build}
  package: {kind: package}
  review: {kind: review, from: person, returns: build}
line: [scout, build, verify, package, review]
agents: {mine: {profile: claude, model: sonnet}}
"""


@pytest.fixture
def built(line: Line) -> Line:
    """A line whose builder is an agent."""
    line.spec("  {}\n", cells=AGENT)
    return line


class TestSaid:
    def test_title_and_goal(self, built: Line) -> None:
        ran = built.factory("new", "Sort: by date!", "--goal", "Sorted.", "--consumer", "us")
        assert ran.code == 0, ran
        assert "the artifact `sort-by-date`" in ran.out
        text = (built.home / "factory.yaml").read_text()
        assert 'title: "Sort: by date!"\n    goal: "Sorted."\n    consumer: "us"\n' in text
        twice = built.factory("new", "Sort: by date!", "--goal", "Sorted.")
        assert "the artifact `sort-by-date-2`" in twice.out
        assert built.factory("check").code == 0

    def test_an_issue_in_a_file(self, built: Line) -> None:
        issue = built.write(
            built.folder / "issue.md", "# Sort by date\n\nOldest last.  \n\nAlways.\n"
        )
        ran = built.factory("new", "--from-issue", str(issue))
        assert ran.code == 0, ran
        text = (built.home / "factory.yaml").read_text()
        assert "    goal: |-\n      Oldest last.\n\n      Always.\n" in text

    def test_an_issue_of_a_site(self, built: Line) -> None:
        answer = '{"title": "Sort", "body": "By date.\\r\\n", "url": "https://x/issues/7"}'
        program = built.write(built.folder / "bin/gh", f"#!/bin/sh\ncat <<'E'\n{answer}\nE\n")
        program.chmod(0o755)
        env = {"PATH": f"{program.parent}:{built.env()['PATH']}"}
        ran = built.factory("new", "--from-issue", "https://x/issues/7", env=env)
        assert ran.code == 0, ran
        text = (built.home / "factory.yaml").read_text()
        assert 'goal: "By date."\n    source: "https://x/issues/7"\n' in text

    def test_on_a_terminal(self, built: Line) -> None:
        ran = built.terminal("factory", "new", keys="Sort by date\nSorted.\n")
        assert ran.code == 0, ran
        assert "goal (what is true afterwards" in ran.out
        assert 'goal: "Sorted."' in (built.home / "factory.yaml").read_text()


REFUSED = {
    "nothing said": ([], "an artifact has a title"),
    "no goal": (["Sort"], "say it with --goal '…'"),
    "a name that is taken": (["Sort", "--goal", "x", "--name", "sort"], "already"),
    "a name that is none": (["T", "--goal", "x", "--name", "No Name"], "lower-case"),
    "work for a builder": (["--adopt", "main"], "does not adopt work"),
    "no such file": (["--from-issue", "nowhere.md"], "there is no file nowhere.md"),
}


@pytest.mark.long
@pytest.mark.parametrize("why", REFUSED)
def test_nothing_is_written_where_it_is_refused(why: str, built: Line) -> None:
    words, said = REFUSED[why]
    assert built.factory("new", "Sort", "--goal", "x").code == 0
    before = (built.home / "factory.yaml").read_bytes()
    ran = built.factory("new", *words)
    assert ran.code != 0
    assert said in ran.err, ran.err
    assert (built.home / "factory.yaml").read_bytes() == before


def test_a_line_that_adopts_asks_for_work(line: Line) -> None:
    ran = simple(line).factory("new", "Sort", "--goal", "x")
    assert "name your branch, `--adopt BRANCH`" in ran.err


AGENTS = """
agents:
  usual: {command: [sh, "{home}/edit", usual]}
  strong: {command: [sh, "{home}/edit", strong]}
cells:
  build: {kind: agent, agent: usual, hands: change, touches: [server/**]}
  verify: {kind: verify, returns: build}
line: [build, verify]
"""


@pytest.mark.long
def test_an_artifact_can_ask_for_another_builder(line: Line) -> None:
    line.write(line.home / "edit", "echo \"BY = '$1'\" >> server/app.py\n")
    unit = "scopes: {unit: {run: [grep, BY, server/app.py], report: exit}}\n"
    line.write(
        line.home / "factory.yaml",
        f"factoryline: 1\nname: x\ntarget: {{repo: ../product}}\n{unit}{AGENTS}"
        "flow: {merge: none, wip: 2, calibrated: false}\nartifacts: {}\n",
    )
    lost = line.factory("new", "One", "--goal", "G.", "--agent", "stong")
    assert "did you mean `strong`?" in lost.err, lost.err
    assert "artifacts: {}" in (line.home / "factory.yaml").read_text()
    assert line.factory("new", "One", "--goal", "G.", "--agent", "strong").code == 0
    assert line.factory("new", "Two", "--goal", "G.").code == 0
    ran = line.doit("one:1-build", "two:1-build")
    assert ran.code == 0, ran.out + ran.err
    added = {n: line.git("show", f"factory/{n}:server/app.py").split()[-1] for n in ("one", "two")}
    assert added == {"one": "'strong'", "two": "'usual'"}
    # Another builder is another input of the build, and of nothing before it.
    line.edit('agent: "strong"', 'agent: "usual"')
    assert "the agent" in line.factory("explain", "one/1-build").out
