"""The transcripts of docs/, typed. first-artifact.md: from one's own repository to a merge in six
commands, without an edit by hand, in Python, JavaScript and Rust; review.md: two rounds, and what
the next artifact inherits.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.forge.server import REPOSITORY, TOKEN, Hub
from tests.line import Line

pytestmark = pytest.mark.long

Files = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Repository:
    """needs: the program without which it cannot be tried. before, after: files of main and of the
    branch.
    """

    needs: str
    before: Files
    after: Files


REPOSITORIES = {
    "python": Repository(
        needs="python3",
        before={
            "pyproject.toml": '[project]\nname = "notes"\nversion = "1"\n\n'
            '[tool.pytest.ini_options]\npythonpath = ["."]\n',
            "notes/__init__.py": "",
            "notes/list.py": '"""Notes in the order in which they were made."""\n\n\n'
            "def newest_first(notes):\n    return notes\n",
            "tests/test_list.py": "from notes.list import newest_first\n\n\n"
            "def test_nothing_to_sort():\n    assert newest_first([]) == []\n",
        },
        after={
            "notes/list.py": '"""Notes, the newest first."""\n\n\ndef newest_first(notes):\n'
            '    return sorted(notes, key=lambda note: note["at"], reverse=True)\n',
            "tests/test_list.py": "from notes.list import newest_first\n\n\n"
            "def test_nothing_to_sort():\n    assert newest_first([]) == []\n\n\n"
            "def test_the_newest_comes_first():\n"
            '    assert newest_first([{"at": 1}, {"at": 2}]) == [{"at": 2}, {"at": 1}]\n',
        },
    ),
    "javascript": Repository(
        needs="node",
        before={
            "package.json": '{"name": "notes", "type": "module", '
            '"scripts": {"test": "node --test"}}\n',
            "notes.js": "export const newestFirst = (notes) => notes;\n",
            "test/notes.test.js": 'import test from "node:test";\n'
            'import assert from "node:assert";\nimport { newestFirst } from "../notes.js";\n'
            'test("nothing to sort", () => assert.deepEqual(newestFirst([]), []));\n',
        },
        after={
            "notes.js": "export const newestFirst = (notes) => "
            "[...notes].sort((one, other) => other.at - one.at);\n",
            "test/newest.test.js": 'import test from "node:test";\n'
            'import assert from "node:assert";\nimport { newestFirst } from "../notes.js";\n'
            'test("newest", () => assert.equal(newestFirst([{at: 1}, {at: 2}])[0].at, 2));\n',
        },
    ),
    "rust": Repository(
        needs="cargo",
        before={
            ".gitignore": "target/\n",
            "Cargo.toml": '[package]\nname = "notes"\nversion = "0.1.0"\nedition = "2021"\n',
            "src/lib.rs": "pub fn newest_first(notes: Vec<u32>) -> Vec<u32> {\n    notes\n}\n",
        },
        after={
            "src/lib.rs": "pub fn newest_first(mut notes: Vec<u32>) -> Vec<u32> {\n"
            "    notes.sort();\n    notes.reverse();\n    notes\n}\n\n"
            "#[test]\nfn the_newest_comes_first() {\n"
            "    assert_eq!(newest_first(vec![1, 2]), vec![2, 1]);\n}\n",
        },
    ),
}

HOME = Path.home()
TOOLS = {
    # A tool chain lies in the home of who runs the tests, and the line has another.
    "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(HOME / ".rustup")),
    "CARGO_HOME": os.environ.get("CARGO_HOME", str(HOME / ".cargo")),
}

MESSAGE = (
    "Show the newest note first\n\nA reader finds what was written last at the top of the list."
)


@pytest.fixture(params=REPOSITORIES)
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Line:
    return own(request.param, tmp_path)


def own(language: str, tmp_path: Path) -> Line:
    """A repository of one's own, with a branch that is to be merged."""
    repository = REPOSITORIES[language]
    if shutil.which(repository.needs) is None:
        pytest.skip(f"there is no {repository.needs} here")
    line = Line(tmp_path / "line", inside=True)
    line.git("rm", "-rq", ".")
    (line.home / "doit.cfg").unlink(missing_ok=True)
    for name, text in repository.before.items():
        line.write(line.home / name, text)
    line.git("config", "user.name", "Ann")
    line.git("config", "user.email", "ann@example.org")
    line.commit("Notes")
    line.git("switch", "-q", "-c", "newest-first")
    for name, text in repository.after.items():
        line.write(line.home / name, text)
    line.commit(MESSAGE)
    line.git("switch", "-q", "main")
    return line


def typed(page: str) -> list[tuple[str, str]]:
    """The commands of a page, each with what it prints there."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    parts = re.split(r"^\$ ", "".join(blocks), flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def plain(text: str) -> str:
    """What is printed, without what differs from run to run."""
    text = re.sub(r"^>  .* began .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\([\d.]+ (ms|s)\)", "(TIME)", text)
    return re.sub(r"\b[0-9a-f]{10}\b", "COMMIT", text)


def test_from_a_branch_to_a_merge(line: Line, request: pytest.FixtureRequest) -> None:
    page = typed("first-artifact.md")
    assert len(page) == 6, "as many as the page promises"
    for command, printed in page:
        program, *words = shlex.split(command)
        run = {"factory": line.factory, "doit": line.doit}.get(program)
        ran = run(*words, env=TOOLS) if run else line.run(program, *words)
        assert ran.code == 0, f"{command}\n{ran.out}{ran.err}"
        if "[python]" in request.node.name:
            assert plain(ran.out) == printed, command
    assert line.git("show", "-s", "--format=%s", "main").strip() == MESSAGE.partition("\n")[0]
    assert line.assembled("newest-first")["sealed"] is True
    verdict = line.entry("newest-first", "1-verify")["handoff"]
    assert verdict["outcome"] == "pass"
    assert line.doit().out == "nothing to do: newest-first is sealed\n"


def test_two_rounds_and_what_they_teach(tmp_path: Path) -> None:
    line = own("python", tmp_path)
    assert line.factory("init", "--adopt", "newest-first").code == 0
    line.commit("A line for this repository")
    for command, printed in typed("review.md"):
        program, *words = shlex.split(command)
        run = {"factory": line.factory, "doit": line.doit}.get(program)
        ran = run(*words) if run else line.run("sh", "-c", command)
        assert ran.code == 0, f"{command}\n{ran.out}{ran.err}"
        assert plain(ran.out) == printed, command
    [prior] = (line.state / "priors").glob("*.json")
    assert prior.stem == "say-what-is-missing"
    memo = line.entry("count-notes", "scout")["handoff"]
    assert [one["id"] for one in memo["priors"]] == ["say-what-is-missing"]
    report = json.loads(line.factory("report", "--format", "json").out)
    assert report["artifacts"][0]["rework"] == 1


def test_a_review_on_github(tmp_path: Path) -> None:
    line = own("python", tmp_path)
    bare = tmp_path / "bare"
    line.git("init", "-q", "--bare", "-b", "main", str(bare))
    hub = Hub(bare)
    # The address says which repository it is, and git goes to the one that is here.
    line.git("remote", "add", "origin", f"https://github.com/{REPOSITORY}.git")
    line.git("config", f"url.{bare}.insteadOf", f"https://github.com/{REPOSITORY}.git")
    remark = ("notes/list.py", 1, "docs: Say what happens to notes without a time.")
    people = {
        # What Bo does before the Nth `doit`.
        2: lambda: hub.review("bo", "CHANGES_REQUESTED", remarks=(remark,)),
        4: lambda: hub.review("bo", "APPROVED"),
    }
    runs, env = 0, {"GITHUB_TOKEN": TOKEN}
    try:
        for command, printed in typed("github.md"):
            runs += command == "doit"
            if command == "doit" and runs in people:
                people[runs]()
            ran = line.run("sh", "-c", command, env=env)
            assert ran.code == 0, f"{command}\n{ran.out}{ran.err}"
            assert plain(ran.out.replace(hub.url, "https://github.com")) == printed, command
            if command.startswith("factory init"):
                line.edit("base: main}", f"base: main, github: {{url: '{hub.url}'}}}}")
    finally:
        hub.close()
    assert line.assembled("newest-first")["sealed"] is True


def test_a_test_that_proves_nothing_fails_the_verdict(tmp_path: Path) -> None:
    line = own("python", tmp_path)
    line.git("switch", "-q", "newest-first")
    path = line.home / "tests/test_list.py"
    line.write(
        path, path.read_text().replace('{"at": 1}, {"at": 2}]) ==', '{"at": 2}, {"at": 1}]) ==')
    )
    line.git("commit", "-q", "--amend", "-am", MESSAGE)
    line.git("switch", "-q", "main")
    assert line.factory("init", "--adopt", "newest-first").code == 0
    line.commit("A line for this repository")
    for command, printed in typed("verification.md"):
        assert plain(line.run("sh", "-c", command).out) == printed


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_transcript_is_typed_by_a_test(page: Path) -> None:
    if "```console" in page.read_text(encoding="utf-8"):
        pages = ("first-artifact.md", "review.md", "verification.md", "agents.md", "github.md")
        assert page.name in pages
