"""`factory plan`: what factory.yaml means, as data and as drawings.

FACTORYLINE_UPDATE_GOLDEN=1 writes what is said now into onboarding.plan.json; read the difference
before you commit it.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from factoryline import cli
from factoryline.emit.graphs.base import graph
from factoryline.emit.graphs.table import FORMATS
from factoryline.plan.model import Plan
from factoryline.plan.resolve import resolve
from factoryline.spec.load import load

from tests.conftest import ROOT

GOLDEN = Path(__file__).parent / "onboarding.plan.json"

TWO = """\
factoryline: 1
name: demo
target: {repo: ../product, base: trunk}
surfaces: {server: [server/**]}
agents:
  coder: {command: [coder, --model, "{model}"], model: small}
contracts:
  sketch: {schema: sketch.json}
cells:
  draft: {kind: command, run: [draw], hands: sketch, touches: nothing}
  build: {kind: agent, agent: coder, takes: [sketch, feedback], hands: change, touches: [server],
          timeout: 5m}
  tidy: {kind: command, run: [tidy], env: {LEVEL: 2}, hands: memo, touches: nothing}
  verify: {kind: verify, returns: build}
line: [draft, build, tidy, verify]
scopes:
  unit: {run: [make, test], report: exit}
  idle: {run: [make, idle], report: exit}
flow: {merge: none}
artifacts:
  second: {title: 'The "second" <b>', goal: It works., verify: [{scope: unit}], after: [end]}
  end: {title: "An end; with # and \\\\N", goal: It works., verify: [{scope: unit}]}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (tmp_path / "product").mkdir()
    (folder / "factory.yaml").write_text(TWO)
    (folder / "sketch.json").write_text("{}")
    return folder


def plan(home: Path) -> Plan:
    return resolve(load(home / "factory.yaml"))


def data(home: Path) -> Any:
    return json.loads(FORMATS["json"](graph(plan(home))))


def factory(home: Path, *arguments: str) -> int:
    return cli.main(["--file", str(home / "factory.yaml"), "plan", *arguments])


def test_every_format_has_a_file() -> None:
    files = {path.stem for path in (ROOT / "compiler/emit/graphs").glob("*.py")}
    assert files - {"__init__", "base", "table"} == set(FORMATS)


def test_the_plan_of_this_repository() -> None:
    text = FORMATS["json"](graph(plan(ROOT))) + "\n"
    if os.environ.get("FACTORYLINE_UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMATS)
def test_no_place_on_this_machine(form: str, home: Path) -> None:
    text = FORMATS[form](graph(plan(home)))
    assert str(home) not in text
    assert str(ROOT) not in text


class TestJson:
    def test_where_it_works(self, home: Path) -> None:
        assert data(home)["target"] == {"repo": "../product", "scaffold": None, "base": "trunk"}

    def test_cells_in_the_order_of_the_line(self, home: Path) -> None:
        cells = data(home)["cells"]
        assert [cell["name"] for cell in cells] == ["draft", "build", "tidy", "verify", "note"]
        assert cells[1] == {
            "name": "build",
            "kind": "agent",
            "takes": ["sketch", "feedback"],
            "hands": "change",
            "touches": {"surfaces": ["server"], "paths": []},
            "returns": None,
            "agent": {
                "name": "coder",
                "command": ["coder", "--model", "{model}"],
                "brief": "stdin",
                "model": "small",
                "env": {},
            },
            "prompt": "templates/build.prompt.md.j2",
            "timeout": 300.0,
            "repairs": 1,
        }
        assert cells[2]["env"] == {"LEVEL": "2"}

    def test_artifacts_in_the_order_in_which_they_start(self, home: Path) -> None:
        artifacts = data(home)["artifacts"]
        assert [artifact["name"] for artifact in artifacts] == ["end", "second"]
        assert artifacts[0]["stages"] == ["draft", "1-build", "1-tidy", "1-verify", "note"]

    def test_scopes_that_are_used(self, home: Path) -> None:
        assert list(data(home)["scopes"]) == ["unit"]

    def test_edges(self, home: Path) -> None:
        edges = [edge for edge in data(home)["edges"] if edge["to"].startswith("end/")]
        without_note = [edge for edge in edges if edge["to"] != "end/note"]
        assert without_note == [
            {
                "kind": "hand-off",
                "from": "end/draft",
                "to": "end/1-build",
                "contract": "sketch",
            },
            {"kind": "order", "from": "end/1-build", "to": "end/1-tidy"},
            {
                "kind": "hand-off",
                "from": "end/1-build",
                "to": "end/1-verify",
                "contract": "change",
            },
            {"kind": "order", "from": "end/1-tidy", "to": "end/1-verify"},
            {"kind": "returns", "from": "end/1-verify", "to": "end/1-build"},
        ]
        # The note takes every hand-off.
        assert len(edges) - len(without_note) == 4

    def test_after(self, home: Path) -> None:
        edges = [edge for edge in data(home)["edges"] if edge["kind"] == "after"]
        assert edges == [{"kind": "after", "from": "end/note", "to": "second/draft"}]


class TestCommand:
    def test_text_unless_asked_otherwise(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert factory(home) == 0
        assert capsys.readouterr().out == FORMATS["text"](graph(plan(home))) + "\n"
        assert factory(home, "--format", "json") == 0
        assert json.loads(capsys.readouterr().out) == data(home)

    @pytest.mark.parametrize("form", FORMATS)
    def test_one_artifact(self, form: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert factory(home, "--format", form, "second") == 0
        out = capsys.readouterr().out
        assert "1-build" in out
        assert "An end" not in out

    def test_an_artifact_that_is_not_there(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert factory(home, "secnd") == 3
        assert capsys.readouterr().err == (
            "error: there is no artifact named `secnd`\nhelp: did you mean `second`?\n"
        )

    def test_a_specification_that_is_not_sound(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / "sketch.json").unlink()
        assert factory(home) == 3
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("factory.yaml:8:20: error: there is no file")

    def test_it_leaves_nothing_behind(self, home: Path) -> None:
        before = sorted(home.rglob("*"))
        assert factory(home) == 0
        assert sorted(home.rglob("*")) == before


COVERED = "[make, '{tests}', '{coverage}'], coverage: lcov, report: tap, all: [tests], cwd: web}"


def test_text(home: Path) -> None:
    path = home / "factory.yaml"
    text = path.read_text()
    text = text.replace("[make, test], report: exit}", COVERED)
    text = text.replace(
        "verify: [{scope: unit}], after",
        "verify: [{scope: unit, tests: [a]}], proof: {covers: 0.8, mutants: 4}, after",
    )
    path.write_text(text)
    assert (
        FORMATS["text"](graph(plan(home)))
        == """\
demo, on trunk, wip 1

draft   command  hands sketch; by draw
build   agent    takes sketch and feedback; hands change; edits server; by coder (small)
tidy    command  hands memo; by tidy
verify  verify   takes change; hands verdict; no: back to build
note    note     hands note

scope unit  tap  in web: make {tests} {coverage}

end: An end; with # and \\N
  draft → 1-build → 1-tidy → 1-verify → note
  unit: tests

second: The "second" <b>
  after end
  draft → 1-build → 1-tidy → 1-verify → note
  unit: a
  proof: 80 % of the changed lines run and 4 mutants tried"""
    )


def test_how_tests_are_found_is_in_the_data(home: Path) -> None:
    path = home / "factory.yaml"
    text = path.read_text().replace("[make, test]", '[make, "{tests}"]')
    text = text.replace("exit}\n  idle", "exit, all: [tests], rules: {'*.go': [a]}}\n  idle")
    found = "{scope: unit, select: changed, effort: inner, before_merge: all}"
    path.write_text(text.replace("verify: [{scope: unit}]}", f"verify: [{found}]}}"))
    end, second = data(home)["artifacts"]
    assert end["verify"] == [
        {
            "scope": "unit",
            "tests": ["tests"],
            "select": "changed",
            "effort": "inner",
            "before_merge": "all",
        }
    ]
    assert second["verify"] == [{"scope": "unit", "tests": ["tests"]}]
    assert data(home)["scopes"]["unit"]["rules"] == {"*.go": ["a"]}
    said = FORMATS["text"](graph(plan(home)))
    assert "unit: the likeliest of those that the change needs, of tests, and all of" in said


def test_mermaid(home: Path) -> None:
    assert FORMATS["mermaid"](graph(plan(home))) == (
        "flowchart LR\n"
        '  subgraph a1["end: An end; with #35; and \\N"]\n'
        '    a1s1["draft"]\n'
        '    a1s2["1-build"]\n'
        '    a1s3["1-tidy"]\n'
        '    a1s4["1-verify"]\n'
        '    a1s5["note"]\n'
        "  end\n"
        '  subgraph a2["second: The #quot;second#quot; #lt;b#gt;"]\n'
        '    a2s1["draft"]\n'
        '    a2s2["1-build"]\n'
        '    a2s3["1-tidy"]\n'
        '    a2s4["1-verify"]\n'
        '    a2s5["note"]\n'
        "  end\n"
        '  a1s1 -->|"sketch"| a1s2\n'
        "  a1s2 ~~~ a1s3\n"
        '  a1s2 -->|"change"| a1s4\n'
        "  a1s3 ~~~ a1s4\n"
        '  a1s4 -.->|"returns"| a1s2\n'
        '  a1s4 -->|"verdict"| a1s5\n'
        '  a2s1 -->|"sketch"| a2s2\n'
        "  a2s2 ~~~ a2s3\n"
        '  a2s2 -->|"change"| a2s4\n'
        "  a2s3 ~~~ a2s4\n"
        '  a2s4 -.->|"returns"| a2s2\n'
        '  a2s4 -->|"verdict"| a2s5\n'
        '  a1s5 ==>|"after"| a2s1'
    )


class TestDot:
    def test_text(self, home: Path) -> None:
        lines = FORMATS["dot"](graph(plan(home))).splitlines()
        assert lines[0] == 'digraph "demo" {'
        assert lines[-1] == "}"
        assert '    label="end: An end; with # and \\\\N";' in lines
        assert '    label="second: The \\"second\\" <b>";' in lines
        assert '  "end/draft" -> "end/1-build" [label="sketch"];' in lines
        assert '  "end/1-tidy" -> "end/1-verify" [style=invis];' in lines
        back = '"end/1-verify" -> "end/1-build" [label="returns", style=dashed, constraint=false];'
        assert f"  {back}" in lines
        ends = "ltail=cluster_1, lhead=cluster_2"
        assert f'  "end/note" -> "second/draft" [label="after", style=bold, {ends}];' in lines

    @pytest.mark.skipif(not shutil.which("dot"), reason="graphviz is not installed")
    @pytest.mark.parametrize("of_ours", [True, False])
    def test_graphviz_draws_it(self, of_ours: bool, home: Path) -> None:
        whole = graph(plan(ROOT if of_ours else home))
        argv = ["dot", "-Tsvg"]
        done = subprocess.run(argv, input=FORMATS["dot"](whole), capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        drawn = re.findall(r"<title>(.*?)</title>", html.unescape(done.stdout))
        stages = {str(stage) for way in whole.ways for stage in way.stages}
        assert stages <= set(drawn)
        assert sum(name.startswith("cluster_") for name in drawn) == len(whole.ways)
