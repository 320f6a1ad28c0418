"""Every command that README.md and docs/ show is run, on a line where one artifact is sealed and
one waits for its review. A command that gets documented fails here until it has its line below.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.line import Line

TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

LOOKS = {
    # As documented: as typed, and a word that its output has.
    "doit list --all --status": [("doit list --all --status", "sealed:1-build")],
    "doit info NAME:STAGE": [("doit info open:1-build", "up-to-date")],
    "factory list": [("factory list --all --status", "sealed:1-build"), ("factory list", "open")],
    "factory info NAME:STAGE": [("factory info open:1-build", "up-to-date")],
    "factory doctor": [("factory doctor", "git")],
    "factory check": [("factory check", "is sound")],
    "factory check [--strict] [--format json]": [
        ("factory check --strict", "is sound"),
        ("factory check --format json", "["),
        ("factory check --strict --format json", "["),
    ],
    "factory check --environment": [("factory check --environment", "is sound")],
    "factory plan [--format mermaid] [NAME]": [
        ("factory plan", "open: The open"),
        ("factory plan --format json", '"cells"'),
        ("factory plan --format mermaid", "flowchart"),
        ("factory plan --format dot open", "digraph"),
    ],
    "factory status": [("factory status", "waits")],
    "factory watch": [("factory watch", "nothing runs here")],
    "factory explain": [("factory explain", "sealed")],
    "factory explain [NAME[/STAGE]]": [
        ("factory explain open", "1-review"),
        ("factory explain open/scout", "fresh"),
    ],
    "factory explain NAME": [("factory explain open", "1-review")],
    "factory explain NAME/STAGE": [("factory explain open/scout", "fresh")],
    "factory diff NAME": [("factory diff open", "")],
    "factory report [--format markdown]": [
        ("factory report", "sealed"),
        ("factory report --format markdown", "| sealed"),
    ],
    "factory page [--open]": [("factory page", "wrote state/.work/page.html")],
    "factory page --out public/index.html": [
        ("factory page --out public/index.html", "wrote public/index.html")
    ],
    "factory report --format markdown": [("factory report --format markdown", "| sealed")],
    # Without the browser.
    "factory page --open": [("factory page", "wrote state/.work/page.html")],
    "factory report": [("factory report", "sealed")],
    "factory report --stages": [("factory report --stages", "sealed/1-build")],
    "factory ledger NAME": [("factory ledger sealed", "1-build")],
    "factory ledger api-key-entry": [("factory ledger open", "1-build")],
    # Its cells run no program; tests/commands/test_logs.py has one that does.
    "factory logs [NAME[/STAGE]] [--attempt N] [--follow] [--raw]": [("factory logs", "")],
    "factory run": [("factory run", "")],
    "factory completion bash": [("factory completion bash", "factory")],
    "factory review --show": [("factory review open --show", "The open")],
    "factory prior list": [("factory prior list", "no rule yet")],
    "factory note NAME [--remark TEXT]": [
        ("factory note sealed", "## What worked"),
        ("factory note sealed --remark So. --by Ann", "added to state/factory-artifacts/sealed"),
    ],
    "factory calibrate": [("factory calibrate", "over 1 sealed artifact: sealed")],
}
"""What only looks: all of it on one line."""

DOES = {
    "doit": [("doit", "open")],
    "doit NAME": [("doit open", "")],
    "doit NAME:STAGE": [("doit open:1-build", "")],
    "doit -n 4 -P thread": [("doit -n 4 -P thread", "open")],
    "doit forget NAME:STAGE": [("doit forget open:1-package", "forgetting"), ("doit", "1-package")],
    "factory forget NAME:STAGE": [
        ("factory forget open:1-package", "forgetting"),
        ("doit", "1-package"),
    ],
    "factory clean NAME": [("factory clean open", "its work tree"), ("factory status", "waits")],
    "doit clean NAME": [("doit clean open", "its work tree"), ("factory status", "waits")],
    "factory run [NAME]": [("factory run open", "")],
    "factory run --wait": [("factory run --wait", "open")],
    "factory accept NAME/STAGE --why …": [
        ("factory accept open/scout --why cosmetic", "scout"),
    ],
    "factory review NAME …": [
        ("factory review open --show", "The open"),
        ("factory review open --approve --by Ann", "open"),
        ("doit", "note"),
    ],
    "factory review NAME": [("factory review open --approve --by Ann", "open")],
    "factory review NAME --approve": [("factory review open --approve --by Ann", "open")],
    "factory new [TITLE] [--adopt BRANCH]": [("factory new --adopt main", "the artifact `main`")],
    "factory rebase NAME": [("factory rebase open", "open")],
    "factory escape NAME --why …": [("factory escape sealed --why wrong --by Ann", "sealed")],
    "factory reopen NAME --why …": [("factory reopen sealed --why wrong", "sealed")],
}
"""What does something: each on a line of its own."""

EDITS = {"factory accept NAME/STAGE --why …": ("The open of the", "The open  of the")}
"""What is edited before, where nothing would be to do."""

ELSEWHERE = {
    # tests/commands/test_init.py begins lines with it.
    "factory init",
    "factory init --adopt BRANCH",
    "factory init [--adopt BRANCH]",
    "factory init --agent claude --model sonnet",
    # tests/commands/test_workflow.py, test_prior.py and tests/forge type these.
    "factory init --ci github",
    "factory replay BASE..HEAD --into FOLDER",
    "factory history BASE..HEAD --into FOLDER",
    "factory history",
    "factory prior propose",
    "factory prior propose NAME/STAGE/N --id ID",
    "factory prior confirm ID",
    "factory prior retire ID --why …",
    "factory review --sync",
    # tests/commands/test_new.py types these.
    'factory new "Sort by date"',
    'factory new "…"',
    "factory new --adopt BRANCH",
    # tests/page/test_server.py and test_browser.py open it.
    "factory serve [--open]",
    "factory serve",
    # Run by .ci/run or by a person, since it takes minutes.
    "python -m benchmarks.overhead",
    "python -m benchmarks.scale",
    "python -m benchmarks.meter",
    "python -m benchmarks.fuzz",
    "python -m benchmarks.fuzz_state",
    "python -m benchmarks.selection",
    "python -m benchmarks.selection PATH…",
    "python -m benchmarks.selection.anywhere PATH… --cache FOLDER",
    "pytest -m index",
    "pytest -m agents",
    "python -m tests.provider",
    # It needs a scope that runs pytest: tests/verification/test_selected.py has one.
    "factory map",
    "factory map [SCOPE]",
    "python -c \"import doit\"",
}  # fmt: skip


def documented() -> set[str]:
    """Everything in code quotes that is a command line of ours."""
    spans = [span for text in TEXTS for span in re.findall(r"`([^`\n]+)`", text.read_text())]
    known = re.compile(r"(doit( |$)|factory [a-z]|python -|pytest -m )")
    return {" ".join(span.split()) for span in spans if known.match(span)}


def test_every_documented_command_is_run() -> None:
    missing = documented() - set(LOOKS) - set(DOES) - ELSEWHERE
    assert not missing, f"documented and not run here: {', '.join(sorted(missing))}"


def working(folder: Path) -> Line:
    """A line with one artifact sealed and one that waits for its review."""
    line = Line(folder)
    line.patch("sealed-1", server__app_py="LIMIT = 4\n")
    line.patch("open-1", webui__page_py="TITLE = 'Talk'\n")
    line.review("sealed-ok")
    sealed = line.artifact("sealed", reviews=["sealed-ok.yaml"])
    line.spec(
        sealed + line.artifact("open").replace("    reviews: []\n", ""),
        flow="{wip: 2, calibrated: false}",
    )
    line.edit("from: recorded, ", "")
    done = line.doit("sealed")
    done = line.factory("review", "sealed", "--approve", "--by", "Ann")
    assert done.code == 0, done.err
    done = line.doit()
    assert done.code == 0, done.out + done.err
    return line


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Line:
    return working(tmp_path_factory.mktemp("looked-at") / "line")


def run(line: Line, typed: str, word: str) -> None:
    program, *arguments = shlex.split(typed)
    ran = {"doit": line.doit, "factory": line.factory}[program](*arguments)
    assert ran.code == 0, f"$ {typed}\n{ran.out}{ran.err}"
    assert word in ran.out, f"$ {typed}\n{ran.out}"
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.long
@pytest.mark.parametrize("command", LOOKS)
def test_a_documented_look(command: str, looked_at: Line) -> None:
    for typed, word in LOOKS[command]:
        run(looked_at, typed, word)


@pytest.mark.long
@pytest.mark.parametrize("command", DOES)
def test_a_documented_deed(command: str, tmp_path: Path) -> None:
    line = working(tmp_path / "line")
    if command in EDITS:
        line.edit(*EDITS[command])
    for typed, word in DOES[command]:
        run(line, typed, word)


def test_every_message_of_the_troubleshooting_page_is_one_that_is_printed() -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "compiler").rglob("*.py"))
    plain = re.sub(r'"\s*\n\s*f?"', "", source)
    rows = [row.split("|")[1] for row in page.splitlines() if row.startswith("| ")][1:]
    said = [text for row in rows for text in re.findall(r"`([^`]+)`", row) if " " in text]
    assert len(said) >= 6
    for text in said:
        parts = [part.strip() for part in text.split("…") if part.strip()]
        assert all(part in plain for part in parts), text
