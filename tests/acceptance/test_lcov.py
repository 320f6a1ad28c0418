"""LCOV as jest, ts-jest, vitest and node really write it, through the `covers` proof.

The commands are those of docs/verification.md. The product lies in a folder of the repository, so
that paths in the reports begin there; a file that no test loads is in none of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.line import CELLS, Line

DOCS = Path(__file__).parents[2] / "docs/verification.md"

SCOPE = """
scopes:
  webui:
    cwd: webui
    requires: [node, npm]
    prepare:
      run: [[npm, ci, --no-audit, --no-fund]]
      locks: [package-lock.json]
KEEPS
    run: RUN
    report: REPORT
    coverage: lcov
    all: [ALL]
"""


@dataclass(frozen=True, kw_only=True)
class Runner:
    """packages: what npm installs. words: how a test file asks for its words."""

    packages: dict[str, str] = field(default_factory=dict)
    run: str
    report: str = "jest-json"
    typed: bool = False
    test: str
    words: str
    settings: dict[str, str] = field(default_factory=dict)
    missed: str = "8"
    lines: int = 2
    mutants: int = 0


JEST = (
    '[npx, jest, --ci, --json, "--outputFile={report}", --coverage, --coverageReporters=lcovonly, '
    '"--coverageDirectory={coverage}", "{tests}"]'
)
VITEST = (
    '[npx, vitest, run, --reporter=json, "--outputFile={report}", --coverage.enabled, '
    '--coverage.reporter=lcovonly, "--coverage.reportsDirectory={coverage}", "{tests}"]'
)
NODE = (
    "[node, --test, --experimental-test-coverage, --test-reporter=tap, "
    "--test-reporter-destination=stdout, --test-reporter=lcov, "
    '"--test-reporter-destination={coverage}", "{tests}"]'
)

RUNNERS = {
    "jest": Runner(
        packages={"jest": "29"},
        run=JEST,
        test="tests/price.test.js",
        words="const { test, expect } = require('@jest/globals');\n",
    ),
    "ts-jest": Runner(
        packages={"jest": "29", "ts-jest": "29", "typescript": "5"},
        run=JEST,
        typed=True,
        test="tests/price.test.ts",
        words="import { expect, test } from '@jest/globals';\n",
        settings={"jest.config.js": "module.exports = { preset: 'ts-jest' };\n"},
    ),
    "vitest": Runner(
        packages={"vitest": "3", "@vitest/coverage-v8": "3"},
        run=VITEST,
        typed=True,
        test="tests/price.test.ts",
        words="import { expect, test } from 'vitest';\n",
        mutants=10,
        missed="8-9",  # before version 4 it counts every line
        lines=3,
    ),
    "node": Runner(
        run=NODE,
        report="tap",
        test="tests/price.test.js",
        words="const test = require('node:test');\nconst assert = require('node:assert');\n"
        "const expect = (a) => ({ toBe: (b) => assert.strictEqual(a, b) });\n",
        missed="8-9",  # it counts every line, also those within a statement
        lines=3,
    ),
}

PRICE = """\
HEAD {
  whole: PART,
}

// Below nothing there is no price.
FUNCTION {
  return part.whole * 2;
}
"""
REFUSES = """\
  if (part.whole < 0) {
    throw new Error(
      'negative',
    );
  }

"""
TESTS = "test('doubles', () => { expect(price({ whole: 2 })).toBe(4); });\n"


def source(runner: Runner, *, refuses: bool) -> str:
    head, part, function = "exports.part =", "0", "exports.price = function price(part)"
    if runner.typed:
        head, part = "export interface Part", "number"
        function = "export function price(part: Part): number"
    text = PRICE.replace("HEAD", head).replace("PART", part).replace("FUNCTION", function)
    if runner.typed:
        text = text.replace("number,", "number;")
    return text.replace("  return", f"{REFUSES}  return") if refuses else text


def product(line: Line, runner: Runner) -> None:
    """The base commit, with a lock file that npm makes."""
    webui = line.product / "webui"
    package = {"name": "shop", "version": "1.0.0", "private": True}
    line.write(webui / "package.json", json.dumps({**package, "devDependencies": runner.packages}))
    line.write(webui / ".gitignore", "node_modules/\n")
    for name, text in runner.settings.items():
        line.write(webui / name, text)
    line.write(webui / f"src/price.{ending(runner)}", source(runner, refuses=False))
    taken = "import { price } from '../src/price';\n"
    if not runner.typed:
        taken = "const { price } = require('../src/price');\n"
    line.write(webui / runner.test, runner.words + taken + TESTS)
    made = line.run("npm", "install", "--package-lock-only", "--no-audit", "--no-fund", cwd=webui)
    assert made.code == 0, made.err
    line.commit("a shop")


def ending(runner: Runner) -> str:
    return "ts" if runner.typed else "js"


def changed(line: Line, runner: Runner) -> None:
    """Round 1 brings a file that no test loads, and round 2 takes it out again."""
    price, never = (f"webui/src/{name}.{ending(runner)}" for name in ("price", "never"))
    place = line.folder / "drawing"
    line.git("worktree", "add", "-q", "--detach", "--force", str(place), "main")
    line.write(place / price, source(runner, refuses=True))
    line.write(place / never, "exports.never = () => 1;\n")
    line.git("add", "-A", cwd=place)
    line.write(line.home / "refuse-1.patch", line.git("diff", "--cached", cwd=place))
    line.git("commit", "-qm", "first", cwd=place)
    (place / never).unlink()
    line.git("add", "-A", cwd=place)
    line.write(line.home / "refuse-2.patch", line.git("diff", "--cached", cwd=place))
    line.git("worktree", "remove", "--force", str(place))


def specified(line: Line, runner: Runner) -> None:
    scope = SCOPE.replace("KEEPS", "      keeps: [node_modules]\n" if runner.packages else "")
    scope = scope.replace("RUN", runner.run).replace("REPORT", runner.report)
    line.spec(
        "  refuse:\n    title: Negative prices are refused\n    goal: No price is negative.\n"
        "    verify: [{scope: webui}]\n"
        f"    proof: {{covers: 0.3, mutants: {runner.mutants}}}\n"
        "    adopt: [[refuse-1.patch], [refuse-2.patch]]\n    reviews: [yes.yaml]\n",
        cells=CELLS,
        scopes=scope.replace("ALL", runner.test),
    )
    line.review("yes")


def covers(line: Line, stage: str) -> dict[str, Any]:
    found: dict[str, Any] = line.entry("refuse", stage)["handoff"]["proof"]["covers"]
    return found


def test_the_commands_are_those_of_the_docs() -> None:
    [row] = [text for text in DOCS.read_text().split("\n") if text.startswith("| `lcov` |")]
    for runner in RUNNERS.values():
        asked = [word for word in yaml.safe_load(runner.run) if "cover" in word]
        assert [word for word in asked if word not in row] == []


@pytest.mark.index
@pytest.mark.parametrize("name", RUNNERS)
def test_changed_lines_by_real_reports(tmp_path: Path, name: str) -> None:
    runner, line = RUNNERS[name], Line(tmp_path / "line")
    product(line, runner)
    changed(line, runner)
    specified(line, runner)
    ran = line.doit()
    assert ran.code == 0, ran.out + ran.err

    price, never = (f"webui/src/{name}.{ending(runner)}" for name in ("price", "never"))
    first = covers(line, "1-verify")
    assert (first["outcome"], first["absent"]) == ("fail", [never])
    assert first["reason"].startswith(f"no selected test loads `{never}`")

    second = covers(line, "2-verify")
    assert (second["outcome"], second["absent"], second["unknown"]) == ("pass", [], [])
    assert second["uncovered"] == [{"path": price, "lines": runner.missed}]
    assert (second["executed"], second["lines"]) == (1, runner.lines), "the condition ran"

    if runner.mutants:
        mutants = line.entry("refuse", "2-verify")["handoff"]["proof"]["mutants"]
        assert (mutants["tried"], mutants["caught"]) == (4, 1), (
            "a price of 1 and of 0 is not tested"
        )
        survivors = {(one["line"], one["after"], one["executed"]) for one in mutants["survivors"]}
        assert survivors == {
            (7, "if (part.whole <= 0) {", True),
            (7, "if (part.whole < 1) {", True),
            (8, ";", False),
        }
