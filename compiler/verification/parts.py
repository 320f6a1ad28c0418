"""What a checkout lacks though its commit names it: submodules, and the files of Git LFS.

Submodules are filled from what the repository's own clone has; nothing is fetched. What it does not
have stays empty, and a scope that fails then may say nothing about the change.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from pathlib import Path

from factoryline.plan.model.paths import matcher
from factoryline.system import files
from factoryline.system.git import Git

_LINK = "160000"
"""The mode under which git keeps a submodule's commit."""
_POINTER = b"version https://git-lfs.github.com/spec/"
_LOOKED_AT = 50
"""How many files of Git LFS are looked at; they come together or not at all."""


def fill(repository: Git, commit: str, checkout: Path) -> None:
    """Put the files of submodules, and of those within them, into a checkout of `commit`."""
    if ".gitmodules" in repository.listing(commit):
        common = repository.path / repository.text("rev-parse", "--git-common-dir")
        _fill(repository, common, commit, checkout, Path(f"{checkout}.index").resolve())


def missing(checkout: Git, commit: str) -> tuple[str, ...]:
    """What is not there, in sentences with what to type: empty submodules, pointers of Git LFS."""
    told = [
        f"the submodule `{path}` is empty: `git submodule update --init {path}` fills it"
        for path in _links(checkout, commit)
        if not any((checkout.path / path).glob("*"))
    ]
    large = list(_of_lfs(checkout, commit))[:_LOOKED_AT]
    pointers = [path for path in large if _is_pointer(checkout.path / path)]
    if pointers:
        told.append(
            f"`{pointers[0]}` is a pointer of Git LFS: install git-lfs, then `git lfs pull`"
        )
    return tuple(told)


def _fill(git: Git, common: Path, commit: str, place: Path, index: Path) -> None:
    links = _links(git, commit)
    names = _names(git.run("show", f"{commit}:.gitmodules").out) if links else {}
    for path, link in links.items():
        inner = common / "modules" / names.get(path, path)
        if not inner.is_dir() or not Git(inner).succeeds("cat-file", "-e", f"{link}^{{commit}}"):
            continue
        folder = place / path
        files.make_folder(folder)
        env = {"GIT_DIR": str(inner), "GIT_WORK_TREE": str(folder), "GIT_INDEX_FILE": str(index)}
        try:
            Git(folder).text("read-tree", link, env=env)
            Git(folder).text("checkout-index", "--all", "--force", env=env)
        finally:
            files.remove(index)
        _fill(Git(inner), inner, link, folder, index)


def _links(git: Git, commit: str) -> dict[str, str]:
    """The paths of submodules, each with its commit."""
    listing = git.listing(commit).items()
    return {path: facts.split()[2] for path, facts in listing if facts.startswith(_LINK)}


def _names(text: str) -> dict[str, str]:
    """By path: the name under which git keeps a submodule."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string("\n".join(line.strip() for line in text.splitlines()))
    except configparser.Error:
        return {}
    return {
        parser[section].get("path", ""): section.removeprefix('submodule "').removesuffix('"')
        for section in parser.sections()
    }


def _of_lfs(checkout: Git, commit: str) -> Iterator[str]:
    """The files that the attributes at the top give to Git LFS."""
    try:
        lines = (checkout.path / ".gitattributes").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    patterns = [line.split()[0] for line in lines if "filter=lfs" in line.split()]
    if patterns:
        yield from filter(matcher(tuple(patterns)).match_file, checkout.listing(commit))


def _is_pointer(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_POINTER)) == _POINTER
    except OSError:
        return False
