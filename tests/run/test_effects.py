"""What a program does beyond its work is undone, told, and no work is taken from it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.line import CELLS, Line, Ran

ADOPTS = "build: {kind: adopt, takes: [memo, feedback], touches: [server, webui, checks/**]}"
BUILDS = """build: {kind: command, takes: [memo, feedback], hands: change, timeout: 20s,
          touches: ['**'], run: [bash, "{home}/build.sh"]}"""
WORKS = "cd $FACTORY_WORKTREE; echo 'LIMIT = 4' > server/app.py\n"


def built_by(line: Line, script: str) -> Ran:
    """Run a line up to a builder that does its work, and what `script` does beyond it."""
    line.write(line.home / "build.sh", f"main={line.product}\n{WORKS}{script}")
    artifact = line.artifact("limit").replace("    adopt: [[limit-1.patch]]\n", "")
    line.spec(artifact, cells=CELLS.replace(ADOPTS, BUILDS))
    return line.doit("limit:scout", "limit:1-build")


def lived_in(line: Line) -> None:
    """The product's repository as people have them."""
    line.git("branch", "topic")
    line.git("tag", "v1")
    line.write(line.product / "server/app.py", "LIMIT = 33\n")
    line.git("stash")
    line.write(line.product / ".git/hooks/pre-push", "#!/bin/sh\n")
    line.write(line.product / "notes.txt", "a person's\n")
    line.git("config", "user.name", "Ann")


def picture(line: Line) -> dict[str, str]:
    """Every file of the product but objects, logs and what belongs to the line itself."""
    found = {}
    for path in sorted(line.product.rglob("*")):
        name = path.relative_to(line.product).as_posix()
        parts = path.relative_to(line.product).parts
        if name.startswith((".git/worktrees", ".git/objects", ".git/logs", ".git/refs")):
            continue
        if name in (".git/index", ".git/packed-refs") or path.is_dir():
            continue
        data = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        found["/".join(parts)] = f"{path.lstat().st_mode:o} {hashlib.sha256(data).hexdigest()}"
    refs = line.git("for-each-ref", "--format=%(refname) %(objectname) %(symref)").splitlines()
    ours = ("refs/factory/", "refs/heads/factory/")
    found |= {row: "" for row in refs if not row.startswith(ours)}
    found["stashes"] = line.git("stash", "list")
    return found


BAD = {
    "settings": (
        "git config core.hooksPath /tmp/evil; git config user.name 'Your Name'",
        "changed .git/config; it was put back",
    ),
    "a filter that git would run": (
        "git config filter.x.clean 'touch $FACTORY_WORKTREE/../../ran; cat'\n"
        "echo '* filter=x' >> $main/.git/info/attributes",
        "changed .git/config and .git/info/attributes; it was put back",
    ),
    "a hook": (
        "echo evil > $main/.git/hooks/post-commit; rm $main/.git/hooks/pre-push",
        "changed .git/hooks/post-commit and .git/hooks/pre-push; it was put back",
    ),
    "hooks as a link": (
        "rm -r $main/.git/hooks; ln -s /tmp $main/.git/hooks",
        "changed .git/hooks",
    ),
    "settings as a folder": (
        "rm $main/.git/config; mkdir -p $main/.git/config/x; mkfifo $main/.git/config/x/y",
        "changed .git/config",
    ),
    "what is ignored": (
        "echo 'server/*' >> $main/.git/info/exclude",
        "changed .git/info/exclude; it was put back",
    ),
    "a branch that is made": ("git checkout -q -b fix", "made the branch fix; it was put back"),
    "a branch that is moved": (
        "git commit -qam x; git branch -f topic HEAD",
        "moved the branch topic; it was put back",
    ),
    "a branch that is removed": ("git branch -D topic", "removed the branch topic"),
    "a branch in the way of another": (
        "git branch -D topic; git branch topic/deep",
        "removed the branch topic and made the branch topic/deep",
    ),
    "a branch that is torn": (
        "echo rubbish > $main/.git/refs/heads/topic",
        "removed the branch topic",
    ),
    "a branch that stands for another": (
        "git symbolic-ref refs/heads/topic refs/heads/factory/limit",
        "moved the branch topic",
    ),
    "a tag": ("git tag v2; git tag -f v1 HEAD^{tree}", "moved the tag v1 and made the tag v2"),
    "a stash": ("git stash; " + WORKS, "moved the stash"),
    "a stash that is dropped": ("git stash drop", "removed the stash"),
    "the base branch, from afar": (
        "git commit -qam x; git update-ref refs/heads/main HEAD",
        "moved the branch main; it was put back",
    ),
    "edits that git shall overlook": (
        "git update-index --assume-unchanged webui/page.py; echo x > webui/page.py\n"
        "git update-index --skip-worktree checks/unit.txt; echo x > checks/unit.txt",
        "told git to overlook its edits of checks/unit.txt and webui/page.py; it was put back",
    ),
    "a repository of its own": (
        "rm .git; git init -q .; git add .; git commit -qm x",
        "replaced .git, which makes its folder a work tree; it was put back",
    ),
    "a repository within": (
        "git init -q deep/er; git init -q server; echo x > deep/er/x",
        "left deep/er/.git and server/.git, a repository within the work tree",
    ),
    "a link that leads out": (
        "ln -s /etc/passwd server/out; ln -s ../../../x server/up; ln -s app.py server/fine",
        "made links that lead out of the work tree: server/out and server/up",
    ),
    "a submodule": (
        "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),lib; mkdir lib",
        "changed submodules: lib",
    ),
    "the ledger": (
        "s=$FACTORY_WORKTREE/../../../factory-artifacts/limit; echo '{}' > $s/scout.json\n"
        "echo forged >> $s/history.jsonl; echo '{}' > $s/1-build.json",
        "changed the ledger: state/factory-artifacts/limit/1-build.json",
    ),
    "the ledger of another artifact": (
        "s=$FACTORY_WORKTREE/../../../factory-artifacts/other; mkdir $s; echo x > $s/scout.json",
        "changed the ledger: state/factory-artifacts/other/scout.json; it was put back",
    ),
}


QUICK = ("settings", "a hook", "a branch that is moved", "a link that leads out", "the ledger")
"""What is tried each time; the others take their turn with the long tests."""


@pytest.mark.parametrize(
    "what", [what if what in QUICK else pytest.param(what, marks=pytest.mark.long) for what in BAD]
)
def test_it_is_undone_and_told(line: Line, what: str) -> None:
    lived_in(line)
    before = picture(line)
    script, sentence = BAD[what]
    ran = built_by(line, f"{{ {script}\n}} >/dev/null 2>&1\nexit 0\n")
    assert ran.code == 1, ran
    assert f"error: `build` {sentence}" in ran.out, ran.out
    assert picture(line) == before
    [rejected] = [e for e in line.history("limit") if e["event"] == "rejected"]
    assert any(sentence in reason for reason in rejected["reasons"])
    assert not (line.state / ".work/ran").exists(), "nothing of it was run by the line"
    assert line.git("status", "--porcelain", cwd=line.state / ".work/trees/limit") == ""
    assert line.factory("ledger", "limit").code == 0, "the history is whole"


@pytest.mark.long
def test_a_second_run_says_the_same_and_a_good_one_is_taken(line: Line) -> None:
    lived_in(line)
    script = "git config core.hooksPath /tmp/evil\n"
    first, second = built_by(line, script), built_by(line, script)
    told = "`build` changed .git/config; it was put back"
    assert told in first.out
    assert told in second.out
    assert built_by(line, "").code == 0
    assert line.entry("limit", "1-build")["handoff"]["files"][0]["path"] == "server/app.py"


def test_a_program_that_fails_is_undone_too(line: Line) -> None:
    lived_in(line)
    before = picture(line)
    ran = built_by(line, "git config core.hooksPath /tmp/evil; exit 3\n")
    assert "`build` ended with exit code 3" in ran.out
    assert "`build` changed .git/config; it was put back" in ran.out
    assert picture(line) == before
    assert [e["event"] for e in line.history("limit")][-2:] == ["noticed", "failed"]


def test_commits_elsewhere_are_kept(line: Line) -> None:
    lived_in(line)
    built_by(line, "git commit -qam 'much work'; git branch -f topic; exit 0\n")
    kept = line.git("log", "--format=%s", "--glob=refs/factory/kept/limit/")
    assert "much work" in kept


@pytest.mark.long
@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo x >> $main/webui/page.py", "webui/page.py changed"),
        ("echo x > $main/new.txt", "new.txt changed"),
        ("echo more >> $main/notes.txt", "notes.txt changed"),
        ("git -C $main checkout -q topic", "HEAD changed"),
        (
            "cd $main; git update-index --assume-unchanged webui/page.py; echo x > webui/page.py",
            "the index",
        ),
    ],
)
def test_other_checkouts_are_told_and_left(line: Line, script: str, told: str) -> None:
    """A person may have done it: nothing of it is destroyed."""
    lived_in(line)
    ran = built_by(line, f"{script}\n")
    assert ran.code == 1
    assert f"while it ran {told}" in ran.out
    assert f"in the checkout {line.product}" in ran.out or "the checkout" in ran.out
    assert "it may be a person's" in ran.out
    changed = {"webui/page.py": "x\n", "new.txt": "x\n", "notes.txt": "more\n"}
    path = told.split(maxsplit=1)[0]
    if path in changed:
        assert (line.product / path).read_text().endswith(changed[path])
    assert built_by(line, "").code == 0, "what was there before is nobody's doing"


def test_a_persons_commit_stays(line: Line) -> None:
    """Made in a checkout of the branch, by another git than our program's."""
    lived_in(line)
    commit = "cd $main; env -i PATH=$PATH git -c user.name=B -c user.email=b@x.org commit -qm x {}"
    ran = built_by(line, commit.format("--allow-empty") + "\n")
    assert ran.code == 0, ran.out
    assert line.git("log", "-1", "--format=%s%an", "main") == "xB\n"


def test_a_commit_of_the_program_in_another_checkout_is_undone(line: Line) -> None:
    lived_in(line)
    before = line.git("rev-parse", "main")
    ran = built_by(line, "git -C $main commit -q --allow-empty -m x\n")
    assert "`build` moved the branch main; it was put back" in ran.out
    assert line.git("rev-parse", "main") == before


def test_stray_files_do_not_reach_the_next_stage(line: Line) -> None:
    lived_in(line)
    script = (
        "echo '*.tmp' > .gitignore; echo x > stray.tmp; mkdir .cache; echo '*' > .cache/.gitignore"
    )
    assert built_by(line, f"{script}\n").code == 0
    tree: Path = line.state / ".work/trees/limit"
    assert not (tree / "stray.tmp").exists()
    assert not (tree / ".cache").exists()


def test_notes_of_a_program_in_git_are_moved_away(line: Line) -> None:
    lived_in(line)
    assert built_by(line, "echo id > $main/.git/opencode\n").code == 0
    assert not (line.product / ".git/opencode").exists()
    [noticed] = [e for e in line.history("limit") if e["event"] == "noticed"]
    assert "left .git/opencode, which was moved to" in noticed["reasons"][0]


def test_a_process_that_is_left_behind_is_told(line: Line) -> None:
    lived_in(line)
    assert built_by(line, "sleep 300 & disown\n").code == 0
    [noticed] = [e for e in line.history("limit") if e["event"] == "noticed"]
    assert noticed["reasons"] == ["`build` left processes running, which were ended"]


def test_a_mode_is_told(line: Line) -> None:
    lived_in(line)
    assert built_by(line, "chmod +x webui/page.py\n").code == 0
    [noticed] = [e for e in line.history("limit") if e["event"] == "noticed"]
    assert noticed["reasons"] == [
        "`build` changed nothing but the mode of webui/page.py (100644 → 100755)"
    ]
