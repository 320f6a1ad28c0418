"""What ARCHITECTURE.md says about adding a member, done once: in a copy of the sources, with the
files that it takes counted, and the copy's own tests and commands over it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.line import Line, simple

ROOT = Path(__file__).parent.parent
OUTSIDE = 3
"""How many files outside its own folder a member may take."""

Edit = str | Callable[[str], str]
"""A new file's text, or what is made of the old one."""


@dataclass(frozen=True, kw_only=True)
class Added:
    """own: the folder that is the member's own. edits: by path. use: makes a factory need it.

    says: what `factory check` then says, which it did not before.
    """

    own: str
    edits: Mapping[str, Edit]
    use: Callable[[Line], None]
    says: str = "sound"


def after(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        return text.replace(old, old + new)

    return edit


def both(*edits: Callable[[str], str]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        for one in edits:
            text = one(text)
        return text

    return edit


def in_schema(change: Callable[[dict[str, Any]], None]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        whole = json.loads(text)
        change(whole["$defs"])
        return json.dumps(whole, indent=2, ensure_ascii=False)

    return edit


def _kind(definitions: dict[str, Any]) -> None:
    cell = definitions["cell"]
    cell["properties"]["kind"]["enum"].append("greeter")
    chosen = {"required": ["kind"], "properties": {"kind": {"const": "greeter"}}}
    cell["allOf"].append({"if": chosen, "then": {"$ref": "#/$defs/cell-greeter"}})
    definitions["cell-greeter"] = {**definitions["cell-scout"], "description": "Its keys."}


def _flow(definitions: dict[str, Any]) -> None:
    key = {"type": "string", "default": "", "description": "What the packet ends with."}
    definitions["flow"]["properties"]["motto"] = key


def both_edits(*edits: tuple[str, str]) -> Callable[[Line], None]:
    def use(line: Line) -> None:
        for old, new in edits:
            line.edit(old, new)

    return use


FACTORY = "schemas/factory.schema.json"

ADDED = {
    "a kind of cell": Added(
        own="compiler/cells",
        edits={
            "compiler/cells/greeter.py": '''"""greeter: a memo that greets."""

from __future__ import annotations

from factoryline.cells.base import Job, Result


def run(job: Job) -> Result:
    memo = {"summary": f"Hello, {job.artifact.name}", "files": [], "tests": []}
    memo |= {"verification": [], "priors": [], "lessons": []}
    return Result(handoff=memo, by="greeter")
''',
            "compiler/cells/table.py": after(
                '        "analyst": "factoryline.cells.analyst",\n',
                '        "greeter": "factoryline.cells.greeter",\n',
            ),
            "compiler/plan/kinds.py": lambda text: text.replace(
                '    "merge": Kind(\n', '    "greeter": Kind(hands="memo"),\n    "merge": Kind(\n'
            ),
            FACTORY: in_schema(_kind),
        },
        use=lambda line: line.edit("scout: {kind: scout}", "scout: {kind: greeter}"),
    ),
    "a report format": Added(
        own="compiler/verification/reports",
        edits={
            "compiler/verification/reports/lines.py": '''"""A test a line: its name."""

from __future__ import annotations

from factoryline.verification.reports.base import Format, Report, Test, decoded


def read(data: bytes) -> Report:
    tests = (Test(id=name, outcome="passed") for name in decoded(data).splitlines())
    return Report(tests=tuple(tests))


FORMAT = Format(name="a list", read=read)
''',
            "compiler/verification/reports/table.py": both(
                lambda text: text.replace("junit, tap\n", "junit, lines, tap\n"),
                after('    "exit": exit.FORMAT,\n', '    "lines": lines.FORMAT,\n'),
            ),
            FACTORY: in_schema(
                lambda found: found["scope"]["properties"]["report"]["enum"].append("lines")
            ),
        },
        use=lambda line: line.edit('"print(1)"], report: exit', '"print(1)"], report: lines'),
    ),
    "a check": Added(
        own="compiler/plan/checks",
        edits={
            "compiler/plan/checks/titles.py": '''"""Titles are short."""

from __future__ import annotations

from collections.abc import Iterator

from factoryline.diagnostics import Diagnostic
from factoryline.spec.model import Spec


def check(spec: Spec) -> Iterator[Diagnostic]:
    for artifact in spec.artifacts:
        if len(artifact.title) > 20:
            span = artifact.name.span
            yield Diagnostic(message="the title is long", span=span, code="title")
''',
            "compiler/plan/checks/table.py": both(
                lambda text: text.replace("    templates,\n", "    templates,\n    titles,\n"),
                after("    templates.check,\n", "    titles.check,\n"),
            ),
        },
        use=lambda line: line.edit("title: The limit", "title: The limit of everything at once"),
        says="the title is long",
    ),
    "an agent": Added(
        own="compiler/plan/agents",
        edits={
            "compiler/plan/agents/mine.yaml": (
                'version: [python3, --version]\ncommand: [python3, -c, "print(1)"]\n'
            ),
            "compiler/plan/agents/table.py": after('    "goose",\n', '    "mine",\n'),
            FACTORY: in_schema(
                lambda found: found["agent"]["properties"]["profile"]["enum"].insert(-1, "mine")
            ),
        },
        use=both_edits(
            ("cells:\n", "agents: {ours: {profile: mine}}\ncells:\n"),
            (
                "{kind: adopt, takes: [memo, feedback]",
                "{kind: agent, hands: change, agent: ours, takes: [memo, feedback]",
            ),
            ("    adopt: [[limit-1.patch]]\n", ""),
        ),
    ),
    "a forge": Added(
        own="compiler/forge",
        edits={
            "compiler/forge/forgejo.py": '''"""Forgejo."""

from __future__ import annotations

from factoryline.forge.base import Away, Forge


def connect(*, repository: str, url: str) -> Forge:
    raise Away(f"{repository} at {url} cannot be asked yet")


def missing() -> tuple[str, str]:
    return "", ""


def place(remote: str) -> tuple[str, str] | None:
    return None
''',
            "compiler/forge/table.py": after(
                '        "github": "factoryline.forge.github",\n',
                '        "forgejo": "factoryline.forge.forgejo",\n',
            ),
            FACTORY: in_schema(
                lambda found: found["cell-review"]["properties"]["from"]["enum"].append("forgejo")
            ),
        },
        use=lambda line: line.edit("from: recorded", "from: forgejo"),
    ),
    "a key of the language": Added(
        own="compiler/plan",
        edits={
            FACTORY: in_schema(_flow),
            "compiler/spec/model.py": after("    sign: str\n", "    motto: str\n"),
            "compiler/spec/load.py": after(
                'sign=records.text(flow, "sign", "auto"),\n',
                '            motto=records.text(flow, "motto", ""),\n',
            ),
            "compiler/plan/model/__init__.py": after(
                "    sign: Aside[str]\n", "    motto: Aside[str]\n"
            ),
            "compiler/plan/resolve.py": after(
                "                sign=flow.sign,\n", "                motto=flow.motto,\n"
            ),
        },
        use=lambda line: line.edit("cells:\n", "flow: {motto: onwards}\ncells:\n"),
    ),
}


def test_the_page_says_where_each_goes() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = {
        cells[1].strip(): re.findall(r"`(\w+/[^`]*)`", " ".join(cells[2:]))
        for row in page.splitlines()
        if len(cells := row.split("|")) == 5
    }
    for what, added in ADDED.items():
        outside = {path for path in added.edits if not path.startswith(added.own)}
        assert set(rows[what]) == {added.own, *outside}, what


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources with their tests, in a place of their own."""
    place = tmp_path / "copy"
    leave = shutil.ignore_patterns("__pycache__", ".work")
    for name in ("compiler", "schemas", "templates", "tests"):
        shutil.copytree(ROOT / name, place / name, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", place)
    (place / "state").mkdir()
    (place / ".types").mkdir()
    (place / ".types/factoryline").symlink_to(place / "compiler")
    for name in ("schemas", "templates"):
        (place / "compiler" / name).unlink(missing_ok=True)
        (place / "compiler" / name).symlink_to(place / name)
    return place


@pytest.mark.long
@pytest.mark.parametrize("what", ADDED)
def test_it_takes_a_few_files(what: str, copy: Path, line: Line) -> None:
    added = ADDED[what]
    outside = [path for path in added.edits if not path.startswith(added.own)]
    assert len(outside) <= OUTSIDE, f"{what} takes {outside}"
    for path, edit in added.edits.items():
        file = copy / path
        file.write_text(edit if isinstance(edit, str) else edit(file.read_text()))
    env = {**line.env(), "PYTHONPATH": str(copy / ".types"), "PYTHONDONTWRITEBYTECODE": "1"}
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_open_sets.py"],
        cwd=copy,
        env={**env, "PYTHONPATH": f"{copy / '.types'}:{copy}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout
    added.use(simple(line))
    before = line.factory("check")
    ran = line.run(sys.executable, "-m", "factoryline", "check", env=env)
    assert added.says in ran.out + ran.err
    assert (before.code == 0) != (ran.code == 0), "it makes a difference"
