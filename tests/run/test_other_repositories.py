"""Repositories as people keep them: copied, signed, with line ends and branches of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.line import UNIT, Line


def adopting(line: Line, *, flow: str = "") -> Line:
    """A line that adopts a branch `fix`, in the repository itself, and waits for a person."""
    line.commit("doit asks factory")
    line.git("switch", "-q", "-c", "fix")
    line.write(line.product / "server/app.py", "LIMIT = 4\n")
    line.write(line.product / "checks/unit.txt", UNIT)
    line.commit("four")
    line.git("switch", "-q", "main")
    artifact = "  fix: {title: T, goal: G, verify: [{scope: unit}], adopt: [[fix]]}\n"
    line.spec(artifact, flow=flow)
    line.edit("from: recorded, ", "")
    line.commit("a line")
    return line


@pytest.fixture
def own(tmp_path: Path) -> Line:
    return Line(tmp_path, inside=True)


def approve(line: Line) -> None:
    assert line.factory("review", "fix", "--approve", "--by", "Ann").code == 0


@pytest.mark.long
def test_a_copy_writes_nothing_into_the_original(own: Line, tmp_path: Path) -> None:
    line = adopting(own)
    assert line.doit().lines()[-1] == "fix:1-package"
    copy = object.__new__(Line)
    copy.folder, copy.runner = tmp_path / "copy", line.runner
    copy.home = copy.product = copy.folder / "home"
    shutil.copytree(line.home, copy.home, symlinks=True)
    before = line.git("for-each-ref")
    assert copy.doit("forget", "fix:1-build").code == 0
    copy.git("switch", "-q", "fix")
    copy.write(copy.product / "server/app.py", "LIMIT = 4  # four\n")
    copy.git("commit", "-q", "-am", "more")
    copy.git("switch", "-q", "main")
    ran = copy.doit()
    assert ran.lines()[0] == "fix:1-build", ran
    assert "# four" in copy.git("show", "factory/fix:server/app.py")
    assert line.git("for-each-ref") == before
    assert line.git("status", "--porcelain", cwd=line.home / "state/.work/trees/fix") == ""


@pytest.mark.long
def test_line_ends_are_as_the_person_has_set_them(own: Line) -> None:
    line = adopting(own)
    line.git("config", "core.autocrlf", "true")
    (line.home / ".git/index").unlink()
    line.git("reset", "-q", "--hard")
    assert b"\r\n" in (line.home / "server/app.py").read_bytes()
    line.doit()
    approve(line)
    ran = line.doit()
    assert "1 of 1 artifact sealed" in ran.out, ran
    assert (line.home / "server/app.py").read_bytes() == b"LIMIT = 4\r\n"
    assert line.git("status", "--porcelain", "--untracked-files=no") == ""


@pytest.mark.long
@pytest.mark.parametrize(
    ("flow", "asked", "signed"),
    [
        ("", "true", True),
        ("", "false", False),
        ("{sign: never}", "true", False),
        ("{sign: always}", "false", True),
    ],
)
def test_what_lands_is_signed_as_git_is_told(
    flow: str, asked: str, signed: bool, own: Line, tmp_path: Path
) -> None:
    line = adopting(own, flow=flow)
    key = tmp_path / "key"
    line.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    for name, value in {"gpg.format": "ssh", "user.signingkey": str(key)}.items():
        line.git("config", name, value)
    line.git("config", "commit.gpgsign", asked)
    line.doit()
    approve(line)
    assert "1 of 1 artifact sealed" in line.doit().out
    assert ("gpgsig" in line.git("cat-file", "commit", "main")) is signed


def hook(line: Line, name: str, text: str) -> None:
    path = line.write(line.home / ".git/hooks" / name, f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.long
def test_hooks_look_at_what_lands_where_they_are_asked_to(own: Line) -> None:
    line = adopting(own)
    hook(line, "pre-commit", "git diff --cached --name-only > ../../../../seen; exit 1")
    assert "git hooks not run  pre-commit; `flow: {hooks: run}`" in line.factory("doctor").out
    line.doit()
    approve(line)
    assert "1 of 1 artifact sealed" in line.doit().out, "none runs unless it is said"


@pytest.mark.long
def test_a_hook_that_refuses_or_edits_keeps_it_from_landing(own: Line) -> None:
    line = adopting(own, flow="{hooks: run}")
    line.doit()
    approve(line)
    hook(line, "pre-commit", "git diff --cached --name-only; exit 1")
    before = line.git("rev-parse", "main")
    ran = line.doit()
    assert "fix is approved, but the hook `pre-commit` refuses it" in ran.out
    assert "\nserver/app.py\n" in ran.out, "it sees what lands"
    assert "flow: {hooks: none}" in ran.out
    hook(line, "pre-commit", "echo more >> server/app.py")
    assert "a hook edits what was verified: server/app.py" in line.doit().out
    hook(line, "pre-commit", "exit 0")
    hook(line, "commit-msg", 'echo hello > "$1"')
    assert "the hook `commit-msg` took away the line `Factory-Change: " in line.doit().out
    assert line.git("rev-parse", "main") == before
    hook(line, "commit-msg", 'echo "Change-Id: 7" >> "$1"')
    hook(line, "post-commit", "touch landed")
    assert "1 of 1 artifact sealed" in line.doit().out
    assert "Change-Id: 7" in line.git("log", "-1", "--format=%B", "main")
    assert (line.home / "landed").exists()
    said = " ".join(line.factory("doctor").out.split())
    assert "git hooks commit-msg, post-commit and pre-commit on the commit that lands" in said


@pytest.mark.long
def test_a_merge_that_cannot_be_signed_waits(own: Line) -> None:
    line = adopting(own, flow="{sign: always}")
    line.git("config", "gpg.format", "ssh")
    line.git("config", "user.signingkey", str(line.folder / "no-key"))
    line.doit()
    approve(line)
    ran = line.doit()
    assert "fix is approved, but git could not sign the merge" in ran.out
    assert "flow: {sign: never}" in ran.out
    line.edit("sign: always", "sign: never")
    assert "1 of 1 artifact sealed" in line.doit().out


@pytest.mark.long
def test_a_signed_merge_is_made_again_in_a_clone(own: Line, tmp_path: Path) -> None:
    from factoryline.ledger.store import Ledger
    from factoryline.run import restore
    from factoryline.system.git import Git

    line = adopting(own, flow="{sign: always}")
    key = tmp_path / "key"
    line.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    line.git("config", "gpg.format", "ssh")
    line.git("config", "user.signingkey", str(key))
    base = line.git("rev-parse", "main").strip()
    line.doit()
    approve(line)
    assert "1 of 1 artifact sealed" in line.doit().out
    landed = line.git("rev-parse", "main").strip()
    bare = tmp_path / "bare"
    line.run("git", "init", "-q", "--bare", str(bare))
    line.git("push", "-q", str(bare), f"{base}:refs/heads/main")
    clone = Git(bare)
    assert clone.commit_of(landed) is None
    restore.ensure(Ledger(line.home / "state"), clone, landed)
    assert clone.commit_of(landed) == landed


@pytest.mark.long
@pytest.mark.parametrize("name", ["factory", "factory/fix/more"])
def test_a_branch_in_the_way_gets_a_sentence(name: str, own: Line) -> None:
    line = adopting(own)
    line.git("branch", name)
    ran = line.doit()
    assert ran.code != 0
    assert f"the branch `{name}` is in the way of `factory/fix`, the line's own" in ran.out
    assert "flow: {branches: lines/{artifact}}" in ran.out
    line.spec(
        "  fix: {title: T, goal: G, verify: [{scope: unit}], adopt: [[fix]]}\n",
        flow="{branches: 'lines/{artifact}'}",
    )
    assert line.doit().lines()[-1] == "fix:1-package"
    assert line.git("branch", "--list", "lines/*").split()[-1] == "lines/fix"


@pytest.mark.long
def test_a_ledger_that_git_ignores_is_told(own: Line) -> None:
    line = adopting(own)
    line.write(line.home / ".gitignore", "*.log\nstate/\n")
    assert "warning: git ignores the ledger (.gitignore:2: state/)" in line.doit().out
    told = line.factory("check").out
    assert "warning: git ignores the ledger, so a clone would run everything again" in told
    line.write(line.home / ".gitignore", "*.log\nstate/\n!/state/\n")
    assert "ignores" not in line.factory("check").out


def test_a_path_that_is_not_utf_8_is_said(own: Line, tmp_path: Path) -> None:
    place = tmp_path / "pl\udce4ce"
    place.mkdir()
    own.run("git", "init", "-q", "-b", "main", str(place))
    ran = own.run("factory", "init", cwd=place)
    assert ran.code == 3
    assert "error: the path of this repository is not UTF-8" in ran.err, ran
