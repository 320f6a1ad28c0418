"""A first factory.yaml, as `factory init` writes it: a line that works on any repository, and a
scope for the runner that the files at its top speak of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

TESTS = ("tests", "test", "spec", "__tests__")
"""Folders of tests, the likeliest first."""
MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
RUNNERS = {
    "vitest": (
        'run: [npx, vitest, run, --reporter=json, "--outputFile={report}", "{tests}"]',
        'related: [npx, vitest, related, --run, --reporter=json, "--outputFile={report}", '
        '"{changed}"]',
    ),
    "jest": (
        'run: [npx, jest, --ci, --json, "--outputFile={report}", "{tests}"]',
        'related: [npx, jest, --ci, --json, "--outputFile={report}", --findRelatedTests, '
        '"{changed}"]',
    ),
}
"""How the runners of JavaScript that report alike are called; the first that a package has."""
PLAIN = ("main", "master", "trunk", "develop")
"""Branches that need no quotes; YAML takes `on` and others for something else."""
SCRIPTS = (
    "test.sh",
    "run_tests.sh",
    "tests.sh",
    "test/run",
    "tests/run",
    "tests/run.sh",
    "script/test",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """said: for people. lines: under the scope's name. selects: whether it takes single tests."""

    said: str
    lines: tuple[str, ...]
    selects: bool = True
    covers: bool = False


def scope_of(home: Path) -> Scope:
    """The scope that fits what lies in a folder."""

    def there(*names: str) -> bool:
        return any((home / name).exists() for name in names)

    if there("pyproject.toml", "setup.py", "setup.cfg", "tox.ini"):
        return _pytest(home)
    if there("package.json"):
        return _node(home)
    if there("go.mod"):
        return Scope(
            said="the scope `tests` runs go test",
            lines=(
                'run: [go, test, -json, -count=1, "{tests}"]',
                "report: go-json",
                'all: ["./..."]',
                'rules: {"**/*.go": ["./{folder}"]}',
            ),
        )
    if there("Cargo.toml"):
        return Scope(
            said="the scope `tests` runs cargo test",
            lines=("run: [cargo, test, --no-fail-fast]", "report: cargo"),
            selects=False,
        )
    return _script(home)


def _pytest(home: Path) -> Scope:
    # An installed project points to where it was installed from, and not to the commit under test.
    src = ("env: {PYTHONPATH: src}",) if (home / "src").is_dir() else ()
    return Scope(
        said="the scope `tests` runs pytest with coverage",
        lines=(
            "# {python} is the interpreter that factoryline runs with: install the project there.",
            'run: ["{python}", -m, coverage, run, "--data-file={coverage}",',
            '      -m, pytest, -q, "{tests}", "--junitxml={report}"]',
            *src,
            "report: junit",
            "coverage: coverage-py",
            f"all: [{_tests(home)}]",
        ),
        covers=True,
    )


def _node(home: Path) -> Scope:
    try:
        package = json.loads((home / "package.json").read_text(encoding="utf-8"))
        named = {**package.get("dependencies", {}), **package.get("devDependencies", {})}
    except (ValueError, AttributeError, TypeError):
        named = {}
    lines = ["requires: [node, npm]"]
    if (home / "package-lock.json").exists():
        locks = "locks: [package.json, package-lock.json]"
        lines.append(f"prepare: {{run: [[npm, ci]], {locks}, keeps: [node_modules]}}")
    runner = next((name for name in RUNNERS if name in named), None)
    if runner is None:
        lines += ["run: [node, --test, --test-reporter=tap]", "report: tap"]
        return Scope(said="the scope `tests` runs node --test", lines=tuple(lines), selects=False)
    lines += [*RUNNERS[runner], "report: jest-json", f"all: [{_tests(home)}]"]
    return Scope(said=f"the scope `tests` runs {runner}", lines=tuple(lines))


def _script(home: Path) -> Scope:
    """A command that tells by its exit code: the likeliest one."""
    script = next((name for name in SCRIPTS if (home / name).is_file()), None)
    command = f"[./{script}]" if script else "[make, test]"
    known = script or any((home / name).exists() for name in MAKEFILES)
    said = "the scope `tests` runs " + (f"./{script}" if script else "make test")
    return Scope(
        said=said if known else f"{said}; put in what tests this repository",
        lines=(f"run: {command}", "report: exit"),
        selects=False,
    )


def _tests(home: Path) -> str:
    """The folder of the tests; where they lie among the sources, all of it."""
    return next((name for name in TESTS if (home / name).is_dir()), '"."')


HEAD = """\
# How software is produced here. `factory check` proves this file, `doit` runs what it says, and
# docs/specification.md of factoryline has every key.
factoryline: 1
name: {name}
target: {{repo: ., base: {base}}}
"""

AGENT = """
agents: {{builder: {{profile: {agent}, model: {model}}}}}
"""

CELLS = """
# What an artifact goes through. A verdict that fails, and a review that asks for changes, open the
# next round at `build`.
cells:
  scout:   {{kind: scout}}
  {build}
  verify:  {{kind: verify, returns: build}}
  package: {{kind: package}}
  review:  {{kind: review, from: person, returns: build}}

line: [scout, build, verify, package, review]
"""

ASKS = """\
build:   {kind: agent, agent: builder, takes: [memo, feedback], hands: change, touches: ["**"],
            timeout: 20m}"""
ADOPTS = """\
# Takes work of yours, round by round: patch files, commits, a branch.
  build:   {kind: adopt, takes: [memo, feedback], touches: ["**"]}"""

EMPTY = """
# One change each, from goal to merged. Take the {} away and the # below, and say what yours is.
artifacts: {}
"""


def factory_text(
    *, name: str, base: str, scope: Scope, agent: str, model: str, artifact: str
) -> str:
    """The text of a factory.yaml. Without an artifact, one to fill in stands in comments."""
    text = HEAD.format(name=name, base=base if base in PLAIN else json.dumps(base))
    text += AGENT.format(agent=agent, model=json.dumps(model)) if agent else ""
    text += CELLS.format(build=ASKS if agent else ADOPTS)
    text += "\nscopes:\n  tests:\n" + "".join(f"    {line}\n" for line in scope.lines)
    if artifact:
        return f"{text}\n# One change each, from goal to merged.\nartifacts:\n{artifact}"
    example = artifact_text(
        "first-change",
        "What a pull request would be called",
        "What is true afterwards that is not true now.",
        scope,
        adopt="" if agent else "BRANCH",
    )
    return text + EMPTY + "".join(f"# {line}\n" for line in example.splitlines())


def artifact_text(name: str, title: str, goal: str, scope: Scope, *, adopt: str) -> str:
    """The text of an artifact under `artifacts:`."""
    select = ", select: changed" if scope.selects else ""
    lines = [
        f"  {name}:",
        f"    title: {json.dumps(title, ensure_ascii=False)}",
        f"    goal: {json.dumps(goal, ensure_ascii=False)}",
        f"    verify: [{{scope: tests{select}}}]",
    ]
    if scope.covers:
        lines.append("    proof: {fails_before: true, covers: 0.8}")
    if adopt:
        lines.append(f"    adopt: [[{json.dumps(adopt, ensure_ascii=False)}]]")
    return "\n".join(lines) + "\n"
