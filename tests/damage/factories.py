"""True factories, made once by the real programs; each example starts from a copy of one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.line import CELLS, COVERED, UNIT, Line, simple

RULE = {
    "id": "limits-live-on-the-server",
    "statement": "Limits live on the server.",
    "surfaces": ["webui"],
    "guard": {"surface": "webui", "at_most": 5},
}
PLAIN_RULE = {"id": "say-why", "statement": "Say why.", "surfaces": []}
ANY_SOURCE = CELLS.replace("from: recorded, ", "")
AGENT = """agents: {coder: {command: [sh, "{home}/build.sh"]}}
"""
BUILD = """build: {kind: agent, agent: coder, takes: [memo, feedback], hands: change,
          touches: [server, webui, checks/**]}"""
ADOPT = "build: {kind: adopt, takes: [memo, feedback], touches: [server, webui, checks/**]}"


def beside(line: Line) -> None:
    """Of each kind one: sealed in two rounds, waiting, failed, queued."""
    reviewed = line.patch("two-1", server__app_py="LIMIT = 5\n", checks__unit_txt="two: True\n")
    last = line.patch("two-2", on=reviewed, server__app_py="LIMIT = 4\n", checks__unit_txt=UNIT)
    finding = {"kind": "architecture", "statement": "This belongs to the server.", "prior": RULE}
    plain = {"kind": "other", "statement": "Nobody says why.", "prior": PLAIN_RULE}
    line.review("no", "request-changes", findings=[finding, plain])
    line.review("yes")
    line.patch("waits-1", webui__page_py="TITLE = 'Talk'\n")
    line.patch("fails-1", on=last, checks__unit_txt=f"{UNIT}no: False\n")
    line.git("branch", "work/later", line.patch("later-2", webui__new_py="NEW = 1\n"))
    artifacts = line.artifact("two", rounds=2, reviews=["no.yaml", "yes.yaml"])
    artifacts += line.artifact("waits") + line.artifact("fails")
    later = line.artifact("later", more="    after: [waits]\n")
    artifacts += later.replace("later-1.patch", "work/later")
    line.spec(artifacts, flow="{wip: 2, calibrated: false, retries: 0}")
    for _ in range(2):
        line.doit()


def inside(line: Line) -> None:
    """The factory in the very repository that it works on, its state committed."""
    line.patch("first-1", server__app_py="LIMIT = 4\n", checks__unit_txt=UNIT)
    line.patch("next-1", webui__page_py="TITLE = 'Talk'\n")
    line.review("ok")
    artifacts = line.artifact("first", reviews=["ok.yaml"]) + line.artifact("next")
    line.spec(artifacts)
    line.write(line.home / ".gitignore", "/*.patch\n/*.yaml\n/doit.cfg\n/.gitignore\n")
    for _ in range(2):
        line.doit()
    line.git("add", "-f", "state/factory-artifacts")
    line.git("commit", "-q", "-m", "the record")


def scaffold(line: Line) -> None:
    """A product that came out of a folder; all is sealed, so that nothing is to do."""
    simple(line)
    start = line.home / "start"
    shutil.copytree(line.product, start, ignore=shutil.ignore_patterns(".git"))
    line.edit("target: {repo: ../product, base: main}", "target: {scaffold: start}")
    line.doit()


def agent(line: Line) -> None:
    """A builder that is a program and costs money, under budgets; it fails once, then works."""
    line.write(
        line.home / "build.sh",
        """again="$FACTORY_WORKTREE/../../again"
test -f "$again" || { touch "$again"; exit 7; }
echo "LIMIT = 4" > server/app.py
echo '{"usd": 0.5, "tokens": 100}' > "$FACTORY_COST"
""",
    )
    artifact = line.artifact("made").replace("    adopt: [[made-1.patch]]\n", "")
    cells = AGENT + ANY_SOURCE.replace(ADOPT, BUILD)
    more = "    budget: {usd: 5, minutes: 90}\n"
    line.spec(artifact.replace("    reviews: []\n", more), cells=cells, flow="{budget: {usd: 50}}")
    for _ in range(2):
        line.doit()
    line.factory("review", "made", "--request-changes", "--finding", "Not yet.", "--by", "Ann")


def mapped(line: Line) -> None:
    """Tests that are selected from a change by a map, with proofs of what they are worth."""
    line.write(line.product / "server/core.py", "def check(text):\n    return len(text) <= 3\n")
    tests = "from server.core import check\n\n\ndef test_check():\n    assert check('abc')\n"
    line.write(line.product / "checks/test_core.py", tests)
    line.write(line.product / "checks/test_far.py", "def test_far():\n    assert True\n")
    line.write(line.product / "conftest.py", "")
    line.commit("more")
    line.patch("core-1", server__core_py="def check(text):\n    return len(text) <= 4\n")
    artifact = line.artifact("core").replace("{scope: unit}, {scope: style}", SELECTED)
    more = "    proof: {covers: 0.8}\n"
    line.spec(artifact.replace("    reviews: []\n", more), cells=ANY_SOURCE, scopes=PYTEST)
    line.factory("map")
    line.doit()


SELECTED = "{scope: unit, select: changed}"
PYTEST = COVERED.replace("FOLDER", "checks")


MADE: dict[str, Callable[[Line], None]] = {
    "beside": beside,
    "inside": inside,
    "scaffold": scaffold,
    "agent": agent,
    "mapped": mapped,
}
ARTIFACTS = {
    "beside": ("two", "waits", "fails", "later"),
    "inside": ("first", "next"),
    "scaffold": ("limit",),
    "agent": ("made",),
    "mapped": ("core",),
}


def make(folder: Path) -> dict[str, Line]:
    """Every factory in a folder of its own, with a whole copy of it beside."""
    lines = {name: Line(folder / name, inside=name == "inside") for name in MADE}
    for name, line in lines.items():
        MADE[name](line)
        assert (line.state / ".work").is_dir(), f"{name} is not sound"
        for place in (line.home, line.product):
            line.write(place / "mine.txt", "what somebody works on\n")
        copy(line.folder, whole(line))
    return lines


def restore(line: Line) -> None:
    """Make a factory what it was when it was made."""
    shutil.rmtree(line.folder)
    copy(whole(line), line.folder)


def whole(line: Line) -> Path:
    return line.folder.with_name(f"{line.folder.name}.whole")


def copy(source: Path, place: Path) -> None:
    ignored = shutil.ignore_patterns("*.sample", "__pycache__")
    shutil.copytree(source, place, symlinks=True, ignore=ignored)
