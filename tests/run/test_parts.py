"""Repositories of several parts: submodules are filled from the clone, and what lacks is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.line import COVERED, Line

READS = """from pathlib import Path


def test_part():
    assert 'one' in Path('{}').read_text()
"""


@pytest.fixture
def parted(tmp_path: Path) -> Line:
    """The product has the submodule `third`, which has the submodule `inner`."""
    line = Line(tmp_path, inside=True)
    for name, inner in (("inner", None), ("third", "inner")):
        place = tmp_path / name
        line.write(place / "part.txt", "one\n")
        line.git("init", "-q", "-b", "main", cwd=place)
        if inner:
            submodule(line, place, tmp_path / inner, "deep/inner")
        line.git("add", "-A", cwd=place)
        line.git("commit", "-q", "-m", name, cwd=place)
    submodule(line, line.home, tmp_path / "third", "third")
    allowed = ("-c", "protocol.file.allow=always")
    line.git(*allowed, "submodule", "--quiet", "update", "--init", "--recursive", cwd=line.home)
    return line


def submodule(line: Line, place: Path, source: Path, path: str) -> None:
    allowed = ("-c", "protocol.file.allow=always")
    line.git(*allowed, "submodule", "--quiet", "add", str(source), path, cwd=place)


def specify(line: Line) -> None:
    """An artifact that is verified by the one test, with a retry left."""
    artifact = line.artifact("limit").replace(
        "[{scope: unit}, {scope: style}]", "[{scope: unit, tests: [checks/test_part.py]}]"
    )
    line.spec(artifact, scopes=COVERED.replace("FOLDER", "checks"), flow="{retries: 1}")


def verified(line: Line, path: str) -> str:
    """What a run says of a change whose test reads `path`."""
    line.write(line.home / "checks/test_part.py", READS.format(path))
    line.commit("a test of a part")
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    specify(line)
    return line.doit().out


@pytest.mark.long
@pytest.mark.parametrize(
    "path",
    ["third/part.txt", "third/deep/inner/part.txt"],
)
def test_submodules_are_there(path: str, parted: Line) -> None:
    said = verified(parted, path)
    assert "1-verify  pass: 1 test in 1 scope" in said, said
    modules = parted.home / ".git/modules/third"
    assert not (modules / "worktrees").exists(), "the person's clone is only read"
    assert parted.git("status", "--porcelain", "third") == ""


@pytest.mark.long
def test_a_submodule_that_the_clone_does_not_have_is_named(parted: Line) -> None:
    parted.git("submodule", "--quiet", "deinit", "--force", "third", cwd=parted.home)
    shutil.rmtree(parted.home / ".git/modules/third")
    said = verified(parted, "third/part.txt")
    assert "does not work, and not because of the change: 1 of 1 test failed" in said
    assert "the submodule `third` is empty: `git submodule update --init third` fills it" in said
    assert "2-build" not in said


@pytest.mark.long
def test_a_failure_of_the_change_is_its_own_beside_an_empty_submodule(parted: Line) -> None:
    parted.git("submodule", "--quiet", "deinit", "--force", "third", cwd=parted.home)
    shutil.rmtree(parted.home / ".git/modules/third")
    parted.write(parted.home / "server/word.txt", "one\n")
    parted.write(parted.home / "checks/test_part.py", READS.format("server/word.txt"))
    parted.commit("a test of a word")
    parted.patch("limit-1", server__word_txt="two\n")
    specify(parted)
    assert "1-verify  fail: 1 test in 1 scope" in parted.doit().out


@pytest.mark.long
def test_pointers_of_git_lfs_are_named(line: Line) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"
    line.write(line.product / ".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    line.write(line.product / "data/a.bin", pointer)
    said = verified_in_product(line, "data/a.bin")
    assert "`data/a.bin` is a pointer of Git LFS: install git-lfs, then `git lfs pull`" in said
    assert "2-build" not in said


@pytest.mark.long
def test_a_filter_that_is_not_installed_names_itself(line: Line) -> None:
    line.write(line.product / ".gitattributes", "*.bin filter=lfs\n")
    line.write(line.product / "data/a.bin", "one\n")
    assert "1-verify  pass" in verified_in_product(line, "data/a.bin")
    for key, value in (("smudge", "git-lfs-gone smudge %f"), ("required", "true")):
        line.git("config", f"filter.lfs.{key}", value)
    line.doit("forget", "limit:1-verify")
    ran = line.doit()
    said = ran.out + ran.err
    assert "the filter `lfs` of git, for data/a.bin, cannot be run here" in said
    assert "install it, or `git config filter.lfs.required false`" in said


def verified_in_product(line: Line, path: str) -> str:
    line.write(line.product / "checks/test_part.py", READS.format(path))
    line.commit("a test of a file")
    line.patch("limit-1", server__app_py="LIMIT = 4\n")
    specify(line)
    ran = line.doit()
    return ran.out + ran.err
