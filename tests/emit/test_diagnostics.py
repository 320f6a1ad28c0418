"""`factory check --format …`: what machines get of a specification's problems."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import pytest
from factoryline import VERSION, cli
from factoryline.diagnostics import Diagnostic, Span, render
from factoryline.emit.diagnostics.base import Found, found
from factoryline.emit.diagnostics.table import FORMATS

from tests.conftest import ROOT

BAD = """\
factoryline: 1
name: demo
target: {repo: .}
cells:
  build: {kind: command, run: [make], hands: change, touches: [src/**]}
line: [build]
scopes:
  unit: {run: [make, "{tests}"], report: exit}
flow: {merge: none}
artifacts:
  one: {title: One, goal: It works., verify: [{scope: unit}, {scope: 100%}]}
"""
SOUND = BAD.replace('"{tests}"', "test").replace(", {scope: 100%}", "")
WARNED = SOUND.replace("\nline:", "\n  spare: {kind: scout}\nline:")

MACHINES = [name for name in FORMATS if name != "text"]


def check(home: Path, text: str, *arguments: str) -> int:
    home.mkdir(parents=True, exist_ok=True)
    path = home / "factory.yaml"
    path.write_text(text, encoding="utf-8")
    return cli.main(["--file", str(path), "check", *arguments])


def test_every_format_has_a_file() -> None:
    files = {path.stem for path in (ROOT / "compiler/emit/diagnostics").glob("*.py")}
    assert files - {"__init__", "base", "table"} == set(FORMATS)


class TestHowItEnds:
    @pytest.mark.parametrize("form", MACHINES)
    @pytest.mark.parametrize(
        ("text", "code", "strict"), [(SOUND, 0, 0), (WARNED, 0, 3), (BAD, 3, 3), ("a: [", 3, 3)]
    )
    def test_machines_read_standard_output_alone(
        self,
        text: str,
        code: int,
        strict: int,
        form: str,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert check(tmp_path, text, "--format", form) == code
        said = capsys.readouterr()
        assert said.err == ""
        assert check(tmp_path, text, "--format", form, "--strict") == strict
        assert capsys.readouterr() == said, "--strict decides the exit code and nothing else"

    def test_text_is_for_people(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert check(tmp_path, BAD, "--format", "text") == 3
        explicit = capsys.readouterr()
        assert check(tmp_path, BAD) == 3
        assert capsys.readouterr() == explicit
        assert explicit.out == ""
        assert explicit.err.startswith("factory.yaml:11:")

    @pytest.mark.parametrize(("form", "said"), [("json", "[]\n"), ("github", "")])
    def test_a_sound_one(
        self, form: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert check(tmp_path, SOUND, "--format", form) == 0
        assert capsys.readouterr().out == said

    def test_warnings_are_in_order_of_position(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert check(tmp_path, WARNED.replace("  build", "  idle: {kind: scout}\n  build")) == 0
        out = capsys.readouterr().out
        assert out.index("`idle` is not on") < out.index("`spare` is not on") < out.index("sound")

    def test_where_there_is_no_factory(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A mistake in the call is no problem of a specification."""
        assert cli.main(["check", "--format", "json"]) == 3
        assert capsys.readouterr().out == ""


PLACE = Span(file="work/ä b.yaml", line=3, column=7, width=4)
OTHER = Span(file="factory.yaml", line=1, column=1)
ODD = Diagnostic(
    message="50% of: this,\nthat\r\nand `x`",
    span=PLACE,
    help="100% sure, is it?",
    code="odd",
    related=((OTHER, "it began here: 1%"),),
)
MILD = Diagnostic(message="mild", span=OTHER, severity="warning")


def form(name: str, *diagnostics: Diagnostic, within: str = "sub") -> str:
    place = PurePosixPath(within)
    return FORMATS[name](Found(diagnostics=diagnostics, home=Path(), within=place))


def test_text() -> None:
    assert form("text", ODD, MILD) == render([ODD, MILD], root=Path())


def test_json() -> None:
    text = form("json", ODD, MILD)
    assert text.isascii()
    assert json.loads(text) == [
        {
            "file": "work/ä b.yaml",
            "line": 3,
            "column": 7,
            "width": 4,
            "severity": "error",
            "code": "odd",
            "message": "50% of: this,\nthat\r\nand `x`",
            "help": "100% sure, is it?",
            "related": [
                {
                    "file": "factory.yaml",
                    "line": 1,
                    "column": 1,
                    "width": 1,
                    "message": "it began here: 1%",
                }
            ],
        },
        {
            "file": "factory.yaml",
            "line": 1,
            "column": 1,
            "width": 1,
            "severity": "warning",
            "code": "",
            "message": "mild",
            "help": "",
            "related": [],
        },
    ]


class TestGithub:
    """https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""

    def test_escapes(self) -> None:
        assert form("github", ODD) == (
            "::error file=sub/work/ä b.yaml,line=3,col=7,title=factory odd::"
            "50%25 of: this,%0Athat%0D%0Aand `x`"
            "%0Afactory.yaml:1:1: it began here: 1%25%0Ahelp: 100%25 sure, is it?"
        )

    def test_escapes_in_properties(self) -> None:
        odd = Diagnostic(message="x", span=Span(file="a,b:c%.yaml", line=1, column=1))
        assert "file=a%2Cb%3Ac%25.yaml," in form("github", odd, within="")

    def test_a_line_a_problem(self) -> None:
        lines = form("github", ODD, MILD, ODD).splitlines()
        assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::error"]

    def test_as_the_runner_reads_it(self) -> None:
        """The runner splits at the first two `::`, then at commas and equal signs."""
        match = re.fullmatch(r"::(\w+) (.*?)::(.*)", form("github", ODD))
        assert match
        properties = dict(pair.split("=", 1) for pair in match[2].split(","))
        assert properties["file"] == "sub/work/ä b.yaml"
        assert unquote(match[3]).startswith(ODD.message)


Shape = Mapping[str, Any]
"""For each key its shape: a type, a predicate's values as a set, a mapping, or a list of one. A key
with a `?` may be absent. Written down from the standard, OASIS SARIF 2.1.0, sections 3.13 to 3.30.
"""

LOCATION: Shape = {
    "physicalLocation": {
        "artifactLocation": {"uri": str},
        "region": {"startLine": int, "startColumn": int, "endColumn": int},
    },
    "message?": {"text": str},
    "id?": int,
}
SARIF: Shape = {
    "$schema": str,
    "version": {"2.1.0"},
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": {"factoryline"},
                    "version": {VERSION},
                    "semanticVersion": {VERSION},
                    "rules": [{"id": str}],
                }
            },
            "columnKind": {"unicodeCodePoints", "utf16CodeUnits"},
            "results": [
                {
                    "ruleId": str,
                    "ruleIndex": int,
                    "level": {"none", "note", "warning", "error"},
                    "message": {"text": str},
                    "locations": [LOCATION],
                    "relatedLocations?": [LOCATION],
                }
            ],
        }
    ],
}


def misshapen(value: Any, shape: Any, place: str = "$") -> list[str]:
    """Where a value is not what its shape says."""
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return [f"{place} is no object"]
        known = {key.rstrip("?"): key for key in shape}
        found = [f"{place}.{key} is not in the standard" for key in value if key not in known]
        for name, key in known.items():
            if name in value:
                found += misshapen(value[name], shape[key], f"{place}.{name}")
            elif not key.endswith("?"):
                found.append(f"{place}.{name} is missing")
        return found
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{place} is no array"]
        each = (misshapen(v, shape[0], f"{place}[{i}]") for i, v in enumerate(value))
        return [problem for problems in each for problem in problems]
    right = value in shape if isinstance(shape, set) else type(value) is shape
    return [] if right else [f"{place} is {value!r}"]


def sarif(text: str) -> Any:
    """The only run of a SARIF log, after all that the standard asks of its parts."""
    log = json.loads(text)
    assert misshapen(log, SARIF) == []
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules)), "a rule is described once (3.19.23)"
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"], "3.27.6"
        assert result["message"]["text"]
        related = result.get("relatedLocations", [])
        ids = [location["id"] for location in related]
        assert len(ids) == len(set(ids)), "3.28.2"
        for location in (*result["locations"], *related):
            place = location["physicalLocation"]
            assert re.fullmatch(r"[\w.~%/@()!$&'*+,;=-]+", place["artifactLocation"]["uri"], re.A)
            assert not place["artifactLocation"]["uri"].startswith("/"), "relative (3.4.3)"
            region = place["region"]
            assert region["startLine"] >= 1
            assert 1 <= region["startColumn"] <= region["endColumn"], "3.30"
    return run


class TestSarif:
    def test_results(self) -> None:
        run = sarif(form("sarif", ODD, MILD, ODD))
        first, mild, _ = run["results"]
        assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["odd", "specification"]
        assert (first["level"], mild["level"]) == ("error", "warning")
        assert first["message"]["text"] == f"{ODD.message}\nhelp: {ODD.help}"
        assert first["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "sub/work/%C3%A4%20b.yaml"},
            "region": {"startLine": 3, "startColumn": 7, "endColumn": 11},
        }
        assert first["relatedLocations"][0]["message"] == {"text": "it began here: 1%"}
        assert "relatedLocations" not in mild

    def test_a_sound_one(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert check(tmp_path, SOUND, "--format", "sarif") == 0
        run = sarif(capsys.readouterr().out)
        assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])

    @pytest.mark.parametrize(
        "case", sorted((ROOT / "tests/bad").iterdir()), ids=lambda case: case.name
    )
    def test_of_the_gallery(self, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
        cli.main(["--file", str(case / "factory.yaml"), "check", "--format", "json"])
        problems = json.loads(capsys.readouterr().out)
        cli.main(["--file", str(case / "factory.yaml"), "check", "--format", "sarif"])
        results = sarif(capsys.readouterr().out)["results"]
        assert [result["level"] for result in results] == [p["severity"] for p in problems]
        for result in results:
            uri = unquote(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
            assert uri.startswith(f"tests/bad/{case.name}/"), "from the top of the repository"

    def test_the_test_sees_what_it_is_for(self) -> None:
        log = json.loads(form("sarif", ODD))
        del log["runs"][0]["tool"]["driver"]["name"]
        log["runs"][0]["results"][0]["level"] = "fatal"
        log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["line"] = 1
        assert misshapen(log, SARIF) == [
            "$.runs[0].tool.driver.name is missing",
            "$.runs[0].results[0].level is 'fatal'",
            "$.runs[0].results[0].locations[0].physicalLocation.region.line is not in the standard",
        ]


class TestPlaces:
    def test_in_a_repository(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        home = tmp_path / "tools/line"
        home.mkdir(parents=True)
        assert found((), home).path(OTHER) == "tools/line/factory.yaml"
        assert found((), tmp_path).path(OTHER) == "factory.yaml"

    def test_in_a_work_tree(self, tmp_path: Path) -> None:
        """There .git is a file."""
        (tmp_path / ".git").write_text("gitdir: elsewhere\n")
        assert found((), tmp_path).path(OTHER) == "factory.yaml"

    def test_in_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Path, "exists", lambda _: False)
        assert found((), tmp_path / "line").path(OTHER) == "factory.yaml"
