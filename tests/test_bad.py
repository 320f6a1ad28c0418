"""The gallery of bad specifications: tests/bad/<case>/factory.yaml and the text it must give.

A new message is a folder with two files and no Python. FACTORYLINE_UPDATE_GOLDEN=1 writes what is
said now into every expected.txt; read the difference before you commit it.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from factoryline import cli
from factoryline.diagnostics import Diagnostic, SpecError
from factoryline.plan import resolve
from factoryline.plan.checks.table import TARGET_CHECKS
from factoryline.spec import load, schema

HERE = Path(__file__).parent
COMPILER = HERE.parent / "compiler"
CASES = sorted(path for path in (HERE / "bad").iterdir() if path.is_dir())
UPDATE = os.environ.get("FACTORYLINE_UPDATE_GOLDEN") == "1"

MINIMAL = """
factoryline: 1
name: demo
target: {repo: .}
cells:
  build: {kind: command, run: [make], hands: change, touches: [src/**]}
line: [build]
scopes:
  unit: {run: [make, test], report: exit}
flow: {merge: none}
artifacts:
  one: {title: One, goal: It works., verify: [{scope: unit}]}
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_bad_factory_yaml_says(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["--file", str(case / "factory.yaml"), "check", "--strict"])
    said = capsys.readouterr()
    if UPDATE:
        (case / "expected.txt").write_text(said.err, encoding="utf-8")
    assert said.err == (case / "expected.txt").read_text(encoding="utf-8")
    assert (code, said.out) == (3, "")


def test_a_warning_alone_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = shutil.copytree(HERE / "bad/cell-off-the-line", tmp_path / "home")
    assert cli.main(["--file", str(home / "factory.yaml"), "check"]) == 0
    assert "warning: the cell `spare` is not on the line" in capsys.readouterr().out


def test_the_smallest_factory_has_no_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "factory.yaml"
    path.write_text(MINIMAL)
    assert cli.main(["--file", str(path), "check", "--strict"]) == 0
    assert capsys.readouterr() == ("factory.yaml is sound: build; 1 artifact\n", "")


def test_the_factory_of_this_repository_has_no_problem(capsys: pytest.CaptureFixture[str]) -> None:
    path = HERE.parent / "factory.yaml"
    assert cli.main(["--file", str(path), "check", "--strict"]) == 0
    assert capsys.readouterr().err == ""


# Nothing is said that the gallery does not show.


def test_every_code_has_a_case() -> None:
    known = {code for _, code, _ in said_in_code()} | schema_keywords()
    shown = {problem.code for problem in shown_problems()}
    missing = sorted(known - shown)
    assert not missing, f"no folder of tests/bad/ shows these codes: {', '.join(missing)}"


def test_every_sentence_has_a_case() -> None:
    messages = [problem.message for problem in shown_problems()]
    missing = [
        f"{place}: {sentence}"
        for place, _, sentence in said_in_code()
        if not any(re.fullmatch(sentence, message, re.DOTALL) for message in messages)
    ]
    assert not missing, "no folder of tests/bad/ shows these sentences:\n" + "\n".join(missing)


def test_every_problem_has_a_code() -> None:
    bare = [f"{place}: {sentence}" for place, code, sentence in said_in_code() if not code]
    assert not bare, "give these a `code`:\n" + "\n".join(bare)


@cache
def shown_problems() -> tuple[Diagnostic, ...]:
    """Every problem of every case."""
    return tuple(problem for case in CASES for problem in _problems(case / "factory.yaml"))


def _problems(path: Path) -> tuple[Diagnostic, ...]:
    try:
        spec = load.load(path)
        return (*resolve.check(spec), *(p for check in TARGET_CHECKS for p in check(spec)))
    except SpecError as error:
        return error.diagnostics


@cache
def said_in_code() -> tuple[tuple[str, str, str], ...]:
    """Every problem that reading and checking can report: its place, its code, its sentence.

    The sentence is a pattern: what an f-string fills in may be anything.
    """
    files = [*(COMPILER / "spec").glob("*.py"), *(COMPILER / "plan/checks").glob("*.py")]
    return tuple(found for file in sorted(files) for found in _said(file))


def _said(file: Path) -> Iterator[tuple[str, str, str]]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    place = file.relative_to(COMPILER.parent).as_posix()
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        texts = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            words = {word.arg: word.value for word in call.keywords}
            name = ast.unparse(call.func).rpartition(".")[2]
            if name == "Diagnostic" and function.name != "report":
                message, code = words["message"], _text(words.get("code"))
            elif name == "report" and len(call.args) > 1:
                message, code = call.args[1], _text(words.get("code")) or "yaml"
            else:
                continue
            message = texts.get(message.id, message) if isinstance(message, ast.Name) else message
            # A violation's sentence is written by the keywords of schema.py, which have their test.
            if isinstance(message, (ast.Constant, ast.JoinedStr)):
                yield f"{place}:{call.lineno}", code, _pattern(message)


def _text(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _pattern(message: ast.expr) -> str:
    if isinstance(message, ast.Constant):
        return re.escape(str(message.value))
    if isinstance(message, ast.JoinedStr):
        return "".join(_pattern(part) for part in message.values)
    return ".*"


def schema_keywords() -> set[str]:
    """The keywords of the factory's schema that have a sentence of their own."""

    def used(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
            for name, part in value.items():
                # What stands under `if` chooses a schema; it is never reported.
                if name != "if":
                    yield from used(part)
        if isinstance(value, list):
            for part in value:
                yield from used(part)

    whole = json.loads(json.dumps(schema.builtin("factory")))
    return set(schema._KEYWORDS) & set(used(whole))
