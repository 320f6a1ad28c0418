"""git, shielded from whoever runs it: no identity, no settings, no hooks, odd names."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from factoryline.errors import CommandFailed, UserError
from factoryline.system import git
from factoryline.system.diffs import FileLines
from factoryline.system.git import Git, Signature

ANN = Signature(name="Ann", email="ann@example.org", date="2026-04-21T09:30:00+00:00")

ODD = [
    "a b.txt",
    "größe.txt",
    'quo"te.txt',
    "tab\tbed.txt",
    "new\nline.txt",
    "-dash",
    "ü/ñ/日本.txt",
]

HOSTILE = """
[core]
    quotepath = true
    autocrlf = true
    excludesFile = {home}/ignore
    attributesFile = {home}/attributes
[color]
    ui = always
[diff]
    noprefix = true
    mnemonicPrefix = true
    context = 0
    interHunkContext = 9
    renames = false
    external = false
    suppressBlankEmpty = true
    orderFile = {home}/nowhere
    submodule = log
    algorithm = patience
[diff "shout"]
    textconv = tr a-z A-Z <
[commit]
    gpgsign = true
[log]
    showSignature = true
[status]
    relativePaths = true
    showUntrackedFiles = no
    short = true
    branch = true
[apply]
    whitespace = error
[merge]
    conflictStyle = diff3
    renames = false
[init]
    defaultBranch = trunk
    templateDir = {home}/template
[i18n]
    logOutputEncoding = ISO-8859-1
"""
"""What somebody may have in ~/.gitconfig; none of it may show."""


@pytest.fixture
def repository(tmp_path: Path) -> Git:
    """A fresh repository with one commit on main, on a machine that knows nobody."""
    made = git.create(tmp_path / "repository", branch="main")
    write(made, "server/app.py", "one\ntwo\nthree\n")
    commit(made, "base")
    return made


@pytest.fixture
def hostile(tmp_path: Path) -> None:
    """A home with settings that change what git prints."""
    (tmp_path / ".gitconfig").write_text(HOSTILE.format(home=tmp_path))
    (tmp_path / "attributes").write_text("*.txt diff=shout\n")
    (tmp_path / "ignore").write_text("*.bak\n")
    hook = tmp_path / "template/hooks/post-commit"
    hook.parent.mkdir(parents=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)


def write(repository: Git, path: str, text: str | bytes) -> None:
    place = repository.path / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text.encode() if isinstance(text, str) else text)


def commit(repository: Git, message: str = "change") -> str:
    """Commit everything, on main; returns the commit."""
    tip = repository.commit_of("refs/heads/main")
    made = repository.commit_tree(repository.stage_all(), [tip] if tip else [], f"{message}\n", ANN)
    repository.point("main", made)
    return made


def test_without_a_home_and_without_an_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "USER", "LOGNAME", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    made = git.create(tmp_path / "repository", branch="main")
    write(made, "a.txt", "a\n")
    commit(made)
    assert made.signature_of("main") == ANN
    assert (
        made.text("show", "-s", "--format=%cn %ce", "main") == "factoryline factoryline@localhost"
    )


def test_the_same_work_gives_the_same_commit(tmp_path: Path) -> None:
    commits = set()
    for name in ("one", "two"):
        made = git.create(tmp_path / name, branch="main")
        write(made, "a.txt", "a\n")
        commits.add(commit(made))
    assert len(commits) == 1


def test_questions_about_commits(repository: Git) -> None:
    first = repository.commit_of("main")
    assert first
    write(repository, "server/app.py", "one\n")
    second = commit(repository, "shorter\n\nBecause.\n\nFactory-Change: abc")
    assert repository.commit_of("nobody") is None
    assert repository.commit_of("--all") is None
    assert repository.message_of("main") == "shorter\n\nBecause.\n\nFactory-Change: abc\n"
    assert repository.is_ancestor(first, second)
    assert not repository.is_ancestor(second, first)
    assert repository.find_commit("Factory-Change: abc", since=first, tip="main") == second
    assert repository.find_commit("Factory-Change: xyz", since=first, tip="main") is None
    assert repository.files_at("main") == ("server/app.py",)
    assert repository.read("main", "server/app.py") == "one\n"
    assert repository.read(first, "server/app.py") == "one\ntwo\nthree\n"


def test_hooks_are_not_run(repository: Git, tmp_path: Path) -> None:
    for name in ("pre-commit", "commit-msg", "post-checkout", "pre-merge-commit", "post-merge"):
        hook = repository.path / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\nexit 1\n")
        hook.chmod(0o755)
    write(repository, "b.txt", "b\n")
    repository.stage_all()
    repository.text("commit", "-q", "-m", "with the porcelain")
    repository.add_worktree(tmp_path / "tree", "main")
    write(repository, "c.txt", "c\n")
    ahead = repository.commit_tree(repository.stage_all(), ["HEAD"], "ahead\n", ANN)
    repository.reset("HEAD")
    repository.fast_forward(ahead)
    assert not (tmp_path / "hooked").exists()


def test_an_index_that_a_hook_exported_is_not_ours(
    repository: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'diff.noprefix'='true'")
    monkeypatch.setenv("GIT_DIFF_OPTS", "--unified=0")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    first = repository.commit_of("main")
    write(repository, "server/app.py", "one\n2\nthree\n")
    second = commit(repository)
    assert first
    patch = repository.patch(first, second).decode()
    assert "a/server/app.py" in patch
    assert "\n one\n" in patch, "the lines around a change let it apply elsewhere"


def test_lines_of_a_change(repository: Git) -> None:
    first = repository.commit_of("main") or ""
    write(repository, "server/app.py", "one\n2\nthree\nfour\n")
    write(repository, "logo.png", b"\x89PNG\0\0")
    second = commit(repository)
    assert repository.lines(first, second) == (
        FileLines(path="logo.png", added=0, removed=0, binary=True),
        FileLines(path="server/app.py", added=2, removed=1),
    )


def test_a_rename_counts_only_what_changed_in_it(repository: Git) -> None:
    text = "".join(f"line {number}\n" for number in range(40))
    write(repository, "old.py", text)
    first = commit(repository)
    (repository.path / "old.py").unlink()
    write(repository, "new\nname.py", text + "more\n")
    second = commit(repository)
    assert repository.lines(first, second) == (FileLines(path="new\nname.py", added=1, removed=0),)


def test_odd_names(repository: Git) -> None:
    first = repository.commit_of("main") or ""
    for name in ODD:
        write(repository, name, "text\n")
    assert repository.changes() == tuple(sorted(ODD))
    second = commit(repository)
    assert set(repository.files_at(second)) == {*ODD, "server/app.py"}
    assert {(one.path, one.added) for one in repository.lines(first, second)} == {
        (name, 1) for name in ODD
    }
    assert set(repository.changed_together(second)[0]) == set(ODD)
    for name in ODD:
        assert repository.read(second, name) == "text\n"


@pytest.mark.usefixtures("hostile")
def test_changes_of_a_checkout(repository: Git) -> None:
    assert repository.changes() == ()
    write(repository, ".gitignore", "*.log\n")
    commit(repository)
    write(repository, "server/app.py", "other\n")
    write(repository, "new/deep.txt", "new\n")
    write(repository, "server/trace.log", "ignored\n")
    assert repository.changes() == ("new/deep.txt", "server/app.py")
    repository.stage_all()
    assert repository.changes() == ("new/deep.txt", "server/app.py")
    (repository.path / "server/app.py").unlink()
    assert repository.changes() == ("new/deep.txt", "server/app.py")


@pytest.mark.usefixtures("hostile")
def test_what_somebody_ignores_at_home_is_part_of_a_change(repository: Git) -> None:
    first = repository.commit_of("main") or ""
    write(repository, "notes.bak", "kept\n")
    assert repository.changes() == ("notes.bak",)
    assert [one.path for one in repository.lines(first, commit(repository))] == ["notes.bak"]


@pytest.mark.parametrize("at_home", ["nothing", "hostile"])
def test_a_patch_makes_the_same_tree(
    repository: Git, tmp_path: Path, request: pytest.FixtureRequest, at_home: str
) -> None:
    if at_home == "hostile":
        request.getfixturevalue("hostile")
    body = "".join(f"line {number}\n" for number in range(40))
    write(repository, "move me.txt", body)
    write(repository, "gone.txt", "gone\n")
    write(repository, "run.sh", "#!/bin/sh\n")
    write(repository, "words.txt", body)
    first = commit(repository)
    (repository.path / "move me.txt").rename(repository.path / "moved.txt")
    (repository.path / "gone.txt").unlink()
    (repository.path / "run.sh").chmod(0o755)
    (repository.path / "link").symlink_to("run.sh")
    write(repository, "words.txt", body.replace("line 20\n", "Line Twenty \t\n\n"))
    write(repository, "logo.png", bytes(range(256)))
    write(repository, "no newline", "end")
    write(repository, "crlf.txt", "one\r\ntwo\r\n")
    for name in ODD:
        write(repository, name, "text\n")
    second = commit(repository)
    patch = repository.patch(first, second)
    tree = repository.add_worktree(tmp_path / "tree", first)
    tree.apply(patch)
    assert tree.stage_all() == repository.tree_of(second)
    assert b"Line Twenty" in patch, "what is printed is the text, and not somebody's view of it"


def test_a_patch_applies_where_other_lines_changed(repository: Git, tmp_path: Path) -> None:
    lines = [f"line {number}\n" for number in range(40)]
    write(repository, "words.txt", "".join(lines))
    first = commit(repository)
    write(repository, "words.txt", "".join([*lines[:30], "new\n", *lines[30:]]))
    patch = repository.patch(first, commit(repository))
    tree = repository.add_worktree(tmp_path / "tree", first)
    write(tree, "words.txt", "".join(["a line before\n", *lines]))
    tree.stage_all()
    tree.apply(patch)
    assert "new\n" in (tree.path / "words.txt").read_text()


def test_a_patch_that_does_not_apply(repository: Git) -> None:
    first = repository.commit_of("main") or ""
    write(repository, "server/app.py", "one\n2\nthree\n")
    patch = repository.patch(first, commit(repository))
    with pytest.raises(CommandFailed, match=r"server/app\.py"):
        repository.apply(patch)


def test_a_work_tree_is_exactly_its_commit(repository: Git, tmp_path: Path) -> None:
    tree = repository.add_worktree(tmp_path / "trees/one", "main")
    write(tree, "server/app.py", "edited\n")
    write(tree, "new.txt", "new\n")
    write(tree, ".gitignore", "*.log\n")
    write(tree, "a.log", "ignored\n")
    tree.reset("main")
    assert tree.changes() == ()
    assert [path.name for path in tree.path.iterdir() if path.name != ".git"] == ["server"]


def test_a_work_tree_takes_the_place_of_anything(repository: Git, tmp_path: Path) -> None:
    place = tmp_path / "trees/one"
    repository.add_worktree(place, "main")
    write(Git(place), "left.txt", "over\n")
    tree = repository.add_worktree(place, "main")
    assert not (tree.path / "left.txt").exists()
    repository.remove_worktree(place)
    assert not place.exists()
    repository.remove_worktree(place)
    place.mkdir()
    (place / "stray.txt").write_text("no work tree at all\n")
    assert repository.add_worktree(place, "main").changes() == ()


def test_a_work_tree_takes_the_place_of_one_that_is_gone(repository: Git, tmp_path: Path) -> None:
    place = tmp_path / "trees/one"
    repository.add_worktree(place, "main")
    repository.text("worktree", "lock", str(place))
    shutil.rmtree(place)
    assert repository.add_worktree(place, "main").changes() == ()
    repository.remove_worktree(place)
    assert str(place) not in repository.text("worktree", "list")


def test_what_never_changes_is_asked_once(repository: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    first = repository.commit_of("main")
    assert first is not None
    listed = repository.files_at(first)
    write(repository, "more.txt", "more\n")
    repository.stage_all()
    asked: list[tuple[str, ...]] = []
    text = Git.text

    def counted(git: Git, *arguments: str, **more: Any) -> str:
        asked.append(arguments)
        return text(git, *arguments, **more)

    monkeypatch.setattr(Git, "text", counted)
    assert repository.files_at(first) == tuple(repository.listing(first)) == listed
    assert asked == [], "a commit is what it was"
    repository.files_at("main")
    repository.files_at("main")
    assert len(asked) == 2, "a branch is not"


def test_who_has_a_branch_checked_out(repository: Git, tmp_path: Path) -> None:
    assert repository.checkout_of("main") == repository.path.resolve()
    repository.add_worktree(tmp_path / "tree", "main")
    repository.point("other", "main")
    assert repository.checkout_of("other") is None
    repository.text("worktree", "add", "-q", str(tmp_path / "a b"), "other")
    assert repository.checkout_of("other") == (tmp_path / "a b").resolve()


@pytest.mark.usefixtures("hostile")
def test_a_merge_without_and_with_a_conflict(repository: Git) -> None:
    base = repository.commit_of("main") or ""
    write(repository, "server/app.py", "1\ntwo\nthree\n")
    write(repository, "größe zwei.txt", "ours\n")
    ours = commit(repository)
    theirs = {}
    for name, path, text in (
        ("apart", "webui/page.py", "page\n"),
        ("close", "server/app.py", "eins\ntwo\nthree\n"),
        ("both", "größe zwei.txt", "theirs\n"),
    ):
        repository.reset(base)
        repository.point("main", base)
        write(repository, path, text)
        theirs[name] = commit(repository)
    tree, conflicts = repository.merge_tree(ours, theirs["apart"])
    assert conflicts == ()
    assert tree
    merged = repository.commit_tree(tree, [ours, theirs["apart"]], "merge\n", ANN)
    assert {"webui/page.py", "größe zwei.txt"} < set(repository.files_at(merged))
    assert repository.merge_tree(ours, theirs["close"]) == (None, ("server/app.py",))
    assert repository.merge_tree(ours, theirs["both"]) == (None, ("größe zwei.txt",))
    with pytest.raises(CommandFailed):
        repository.merge_tree(ours, "nobody")


def test_the_base_moves_ahead_with_its_checkout(repository: Git) -> None:
    write(repository, "b.txt", "b\n")
    ahead = repository.commit_tree(repository.stage_all(), ["main"], "ahead\n", ANN)
    repository.reset("main")
    repository.fast_forward(ahead)
    assert repository.commit_of("main") == ahead
    assert (repository.path / "b.txt").read_text() == "b\n"
    assert repository.changes() == ()


def test_edits_in_the_way_stop_the_base(repository: Git) -> None:
    write(repository, "server/app.py", "ahead\n")
    ahead = repository.commit_tree(repository.stage_all(), ["main"], "ahead\n", ANN)
    repository.reset("main")
    write(repository, "server/app.py", "mine\n")
    with pytest.raises(CommandFailed, match=r"server/app\.py"):
        repository.fast_forward(ahead)
    assert (repository.path / "server/app.py").read_text() == "mine\n"


def test_what_changed_together(repository: Git) -> None:
    for number in (1, 2):
        write(repository, "server/app.py", f"{number}\n")
        write(repository, "server/routes.py", f"{number}\n")
        commit(repository)
    write(repository, "README.md", "read\n")
    commit(repository)
    pair = ("server/app.py", "server/routes.py")
    assert repository.changed_together("main") == (("README.md",), pair, pair, ("server/app.py",))
    assert repository.changed_together("main", limit=1) == (("README.md",),)


def test_commits_are_kept_reachable(repository: Git) -> None:
    commit_id = repository.commit_of("main") or ""
    repository.keep("kept/wizard/abc", commit_id)
    assert repository.commit_of("refs/factory/kept/wizard/abc") == commit_id


def test_the_repository_that_a_folder_lies_in(repository: Git, tmp_path: Path) -> None:
    assert git.open_repository(repository.path / "server").path == repository.path.resolve()
    (tmp_path / "bare").mkdir()
    with pytest.raises(UserError) as caught:
        git.open_repository(tmp_path / "bare")
    assert caught.value.message == f"{tmp_path / 'bare'} is not inside a git repository"
