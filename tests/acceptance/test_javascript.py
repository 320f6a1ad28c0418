"""JavaScript for real: a small web UI is built, verified by jest or vitest from npm, and merged.

npm's own lock file decides about the preparation; the tests are the runner's own choice for the
files that changed; lines are covered by LCOV that the runner wrote.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.line import Line, Ran

PRICE = """\
function price(amount) {
  return amount * 2;
}

module.exports = { price };
"""
LABEL = "module.exports = { label: (name) => `<b>${name}</b>` };\n"

RAISED = """\
function price(amount) {
  if (amount < 0) {
    throw new Error('negative');
  }
  return amount * 2;
}

module.exports = { price };
"""

CELLS = """
surfaces: {webui: [src/**]}
cells:
  scout: {kind: scout}
  build: {kind: adopt, takes: [memo, feedback], touches: [webui, tests/**]}
  verify: {kind: verify, returns: build}
  package: {kind: package}
  review: {kind: review, from: recorded, returns: build}
line: [scout, build, verify, package, review]
"""

PREPARE = "prepare: {run: [[npm, ci, --no-audit, --no-fund]], locks: [package-lock.json], "
RUNNERS: dict[str, dict[str, Any]] = {
    "jest": {
        "package": {"devDependencies": {"jest": "29"}},
        "head": "const { test, expect } = require('@jest/globals');\n",
        "scope": """
  webui:
    requires: [node, npm]
    PREPAREkeeps: [node_modules]}
    run: [npx, jest, --ci, --json, "--outputFile={report}", "{tests}"]
    related: [npx, jest, --ci, --json, "--outputFile={report}",
          --findRelatedTests, "{changed}"]
    report: jest-json
    all: [tests]
""",
    },
    "vitest": {
        "package": {"devDependencies": {"vitest": "3"}},
        "head": "const { test, expect } = await import('vitest');\n",
        "scope": """
  webui:
    requires: [node, npm]
    PREPAREkeeps: [node_modules]}
    run: [npx, vitest, run, --reporter=json, "--outputFile={report}", "{tests}"]
    related: [npx, vitest, related, --run, --reporter=json, "--outputFile={report}", "{changed}"]
    report: jest-json
    all: [tests]
""",
    },
}


def product(line: Line, runner: str) -> None:
    """The base commit, with a lock file that npm makes."""
    one = RUNNERS[runner]
    package = {"name": "shop", "version": "1.0.0", "private": True, **one["package"]}
    line.write(line.product / "package.json", json.dumps(package))
    line.write(line.product / ".gitignore", "node_modules/\n")
    line.write(line.product / "src/price.js", PRICE)
    line.write(line.product / "src/label.js", LABEL)
    line.write(
        line.product / f"tests/price.test.{ending(runner)}", written(runner, "price", BEFORE)
    )
    line.write(
        line.product / f"tests/label.test.{ending(runner)}", written(runner, "label", LABELS)
    )
    made = npm(line, "install", "--package-lock-only", "--no-audit", "--no-fund")
    assert made.code == 0, made.err
    line.commit("a shop")


BEFORE = "test('doubles', () => { expect(price(2)).toBe(4); });\n"
AFTER = BEFORE + "test('refuses', () => { expect(() => price(-1)).toThrow('negative'); });\n"
LABELS = "test('is bold', () => { expect(label('x')).toBe('<b>x</b>'); });\n"


def ending(runner: str) -> str:
    return "js" if runner == "jest" else "mjs"


def written(runner: str, name: str, body: str) -> str:
    if runner == "jest":
        taken = f"const {{ {name} }} = require('../src/{name}');\n"
    else:
        taken = f"import module from '../src/{name}.js';\nconst {{ {name} }} = module;\n"
    head: str = RUNNERS[runner]["head"]
    return head + taken + body


def npm(line: Line, *arguments: str) -> Ran:
    return line.run("npm", *arguments, cwd=line.product)


def specified(line: Line, runner: str, *, proof: str = "{fails_before: true}") -> None:
    scope = RUNNERS[runner]["scope"].replace("PREPARE", PREPARE)
    line.spec(
        "  refuse:\n    title: Negative prices are refused\n    goal: No price is negative.\n"
        "    verify: [{scope: webui, select: changed}]\n"
        f"    proof: {proof}\n    adopt: [[refuse-1.patch]]\n    reviews: [yes.yaml]\n",
        cells=CELLS,
        scopes=f"\nscopes:{scope}",
    )
    line.review("yes")


def changed(line: Line, runner: str, test: str) -> None:
    place = line.folder / "drawing"
    line.git("worktree", "add", "-q", "--detach", "--force", str(place), "main")
    line.write(place / "src/price.js", RAISED)
    line.write(place / f"tests/price.test.{ending(runner)}", test)
    line.git("add", "-A", cwd=place)
    line.write(line.home / "refuse-1.patch", line.git("diff", "--cached", cwd=place))
    line.git("worktree", "remove", "--force", str(place))


@pytest.fixture
def shop(tmp_path: Path) -> Line:
    return Line(tmp_path / "line")


@pytest.mark.index
@pytest.mark.parametrize("runner", RUNNERS)
def test_a_change_goes_through(shop: Line, runner: str) -> None:
    product(shop, runner)
    changed(shop, runner, written(runner, "price", AFTER))
    specified(shop, runner)
    ran = shop.doit()
    assert ran.code == 0, ran.out + ran.err
    assert "1 of 1 artifact sealed" in ran.out
    [check] = shop.entry("refuse", "1-verify")["handoff"]["checks"]
    assert check["tests"]["run"] == 2, "the label's test is not related"
    assert check["selection"]["widened"] == ""
    before = shop.entry("refuse", "1-verify")["handoff"]["proof"]["before"]
    assert (before["outcome"], before["failed"]) == ("pass", 1)
    assert (shop.product / "src/price.js").read_text() == RAISED


@pytest.mark.index
@pytest.mark.parametrize("runner", RUNNERS)
def test_a_failing_test_comes_back_with_its_assertion(shop: Line, runner: str) -> None:
    product(shop, runner)
    changed(shop, runner, written(runner, "price", AFTER.replace("'negative'", "'below zero'")))
    specified(shop, runner)
    ran = shop.doit()
    assert "1 of 2 tests failed" in ran.out
    [check] = shop.entry("refuse", "1-verify")["handoff"]["checks"]
    [failure] = check["failures"]
    assert "refuses" in failure["test"]
    assert "below zero" in failure["message"]


@pytest.mark.index
@pytest.mark.parametrize("runner", RUNNERS)
def test_mutants_that_no_test_notices_are_named_by_place(shop: Line, runner: str) -> None:
    product(shop, runner)
    changed(shop, runner, written(runner, "price", AFTER))
    specified(shop, runner, proof="{mutants: 10}")
    ran = shop.doit()
    assert ran.code == 0, ran.out + ran.err
    assert "2 of 4 mutants noticed" in ran.out
    mutants = shop.entry("refuse", "1-verify")["handoff"]["proof"]["mutants"]
    assert (mutants["possible"], mutants["tried"], mutants["caught"]) == (4, 4, 2)
    assert (mutants["hung"], mutants["left"], mutants["unknown"]) == (0, 0, [])
    survivors = [(one["path"], one["line"], one["after"]) for one in mutants["survivors"]]
    assert sorted(survivors) == [
        ("src/price.js", 2, "if (amount < 1) {"),
        ("src/price.js", 2, "if (amount <= 0) {"),
    ], "no test asks for the price of nothing"
    packet = (shop.state / "factory-artifacts/refuse/1-packet.md").read_text()
    assert "no test notices src/price.js:2: `if (amount < 0) {` as `if (amount <= 0) {`" in packet
