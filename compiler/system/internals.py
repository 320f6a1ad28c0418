"""What lies in `.git` beside objects: settings, hooks, references; and the other checkouts.

`files` and `References` are taken before a program runs and compared after it; see run/effects.py.
The files are read without git, since a changed setting may make git start any program.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from factoryline.errors import CommandFailed
from factoryline.system import files
from factoryline.system.git import Git
from factoryline.system.snapshot import Saved, take

SHARED = ("config", "config.worktree", "hooks", "info", "objects/info", "shallow")
"""What every checkout of a repository goes by."""

OWN = ("config.worktree", "commondir", "gitdir", "info", "locked")
"""What one linked work tree goes by."""

STASHES = "logs/refs/stash"
"""The list of stashes is the log of a reference."""

SUBMODULE = ("config", "hooks", "info")

GITS_OWN = frozenset(
    "branches config config.worktree description FETCH_HEAD filter-repo gc.log gc.pid HEAD "
    "hooks index info lfs logs modules objects ORIG_HEAD packed-refs refs rr-cache shallow "
    "svn worktrees COMMIT_EDITMSG MERGE_HEAD MERGE_MODE MERGE_MSG MERGE_RR CHERRY_PICK_HEAD "
    "REVERT_HEAD SQUASH_MSG AUTO_MERGE REBASE_HEAD BISECT_LOG TAG_EDITMSG NOTES_EDITMSG "
    "rebase-merge rebase-apply sequencer sharedindex commondir gitdir fsmonitor--daemon "
    "fsmonitor--daemon.ipc reftable".split()
)
"""Names in `.git` that git makes in the course of everyday commands."""


def common_folder(tree: Path) -> tuple[Path, Path]:
    """The folder that all checkouts share, and the one of this linked work tree."""
    own = Path((tree / ".git").read_text().removeprefix("gitdir: ").strip())
    own = Path(os.path.normpath(tree / own))
    return Path(os.path.normpath(own / (own / "commondir").read_text().strip())), own


def belongs(tree: Path) -> bool:
    """Whether a linked work tree is the one that its repository means, and not a copy of it."""
    try:
        own = common_folder(tree)[1]
        named = Path(os.path.normpath(own / (own / "gitdir").read_text().strip()))
        return os.path.samefile(named, tree / ".git")
    except (OSError, ValueError):
        return False


def drop_foreign(common: Path) -> None:
    """Forget the linked work trees of another repository, of which this one is a copy."""
    for name in _folders(common / "worktrees"):
        own = common / "worktrees" / name
        try:
            tree = Path(os.path.normpath(own / (own / "gitdir").read_text().strip())).parent
            foreign = not os.path.samefile(common_folder(tree)[1], own)
        except (OSError, ValueError):
            continue  # git prunes what is gone
        if foreign:
            files.remove_tree(own)


def settings(common: Path, own: Path) -> dict[str, Saved]:
    """The files below `common` that change what git does, here or in any checkout."""
    names = [*SHARED, *(os.path.relpath(own / name, common) for name in OWN)]
    for other in _folders(common / "worktrees"):
        names += [f"worktrees/{other}/{name}" for name in OWN if other != own.name]
    for module in _modules(common / "modules"):
        names += [f"{os.path.relpath(module, common)}/{name}" for name in SUBMODULE]
    # Packs come and go, and so does what git says of them.
    found = take(common, [*names, STASHES])
    return {n: k for n, k in found.items() if not n.startswith("objects/info/commit-graph")}


def strangers(common: Path) -> frozenset[str]:
    """Names in `.git` that are none of git's own."""
    return frozenset(
        name
        for name in os.listdir(common)
        if name not in GITS_OWN and not name.endswith((".lock", "_HEAD"))
    )


def _folders(path: Path) -> list[str]:
    return sorted(os.listdir(path)) if path.is_dir() else []


def _modules(path: Path) -> list[Path]:
    """The git folders of submodules, also of those within others."""
    if not path.is_dir():
        return []
    return [
        Path(at) for at, inside, names in os.walk(path) if "HEAD" in names and "objects" in inside
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How one entry of the index differs from a commit; a mode of 000000 is no entry at all."""

    path: str
    before: str
    mode: str
    only_mode: bool


def staged(tree: Git, start: str) -> tuple[Change, ...]:
    """What the index of a checkout has otherwise than `start`."""
    text = tree.text("diff", "--cached", "--raw", "--no-abbrev", "--no-renames", "-z", start)
    items = iter(text.split("\0"))
    rows = ((head[1:].split(" "), next(items)) for head in items if head)
    return tuple(
        Change(path=path, before=old, mode=new, only_mode=was == now and old != new)
        for (old, new, was, now, _), path in rows
    )


References = Mapping[str, str]
"""What each reference names: an object, or `ref: other` for one that stands for another."""


def references(git: Git) -> dict[str, str]:
    """Every reference but what was fetched from other repositories."""
    form = "%(refname) %(if)%(symref)%(then)ref: %(symref)%(else)%(objectname)%(end)"
    lines = git.text("for-each-ref", f"--format={form}").split("\n")
    rows = (line.split(" ", 1) for line in lines if line)
    return {name: value for name, value in rows if not name.startswith("refs/remotes/")}


def restore_references(git: Git, common: Path, before: References, names: tuple[str, ...]) -> None:
    """Make each of `names` what it was."""
    # First those that may stand in the way: `a/b` of `a`.
    for name in sorted(names, key=lambda name: name in before):
        was = before.get(name)
        if was and was.startswith("ref: "):
            git.text("symbolic-ref", name, was.removeprefix("ref: "))
            continue
        deed = ("-d", name) if was is None else (name, was)
        try:
            git.text("update-ref", "--no-deref", *deed)
        except CommandFailed:
            # What lies there is no reference that git can read, or stands in the way of this one.
            files.remove_tree(common / name)
            files.remove_quickly(common / name)
            git.text("update-ref", "--no-deref", *deed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A checkout that is not the program's: what it has checked out, staged and edited.

    edited: each path that differs from its commit, with the signature of the file there.
    """

    head: bytes
    index: bytes
    edited: Mapping[str, tuple[int, ...]]
    log: bytes

    def differences(self, later: Checkout) -> tuple[str, ...]:
        """What changed, by path; HEAD and the index by their names."""
        paths = {*self.edited, *later.edited}
        changed = [p for p in sorted(paths) if self.edited.get(p) != later.edited.get(p)]
        return (*(["HEAD"] if self.head != later.head else []), *changed)


def checkouts(common: Path, own: Path) -> dict[Path, Path]:
    """Every other checkout of the repository, with its git folder; `own` is not among them."""
    found = {}
    if common.name == ".git":
        found[common.parent] = common
    for name in _folders(common / "worktrees"):
        folder = common / "worktrees" / name
        link = folder / "gitdir"
        if folder != own and link.is_file():
            found[Path(link.read_text().strip()).parent] = folder
    return {place: folder for place, folder in found.items() if place.is_dir()}


def look(place: Path, folder: Path, skip: tuple[str, ...]) -> Checkout:
    """What a checkout is like now. `skip` are folders that are looked at elsewhere."""
    edited = {
        path: _signature(place / path)
        for path in Git(place).changes()
        if not any(path == own or path.startswith(own + "/") for own in skip)
    }
    return Checkout(
        head=_bytes(folder / "HEAD"),
        index=_bytes(folder / "index"),
        edited=edited,
        log=_bytes(folder / "logs/HEAD"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a checkout has checked out, the commit it came to last, and whose git went there."""

    checked_out: str
    last: str
    by: str


def look_at_head(folder: Path) -> Head:
    """The HEAD in a checkout's git folder, from its log."""
    log = _bytes(folder / "logs/HEAD")
    words = _last_line(log).split(b" ")
    return Head(
        checked_out=_bytes(folder / "HEAD").decode(errors="replace").strip().removeprefix("ref: "),
        last=words[1].decode(errors="replace") if len(words) > 1 else "",
        by=last_author(log),
    )


def last_author(log: bytes) -> str:
    """The address of who made the last entry of a log of references."""
    return _last_line(log).partition(b"<")[2].partition(b">")[0].decode(errors="replace")


def _last_line(log: bytes) -> bytes:
    return log.rstrip(b"\n").rpartition(b"\n")[2]


def hidden(place: Path) -> tuple[str, ...]:
    """The paths whose edits git was told not to see."""
    rows = Git(place).text("ls-files", "-v", "-z").split("\0")
    return tuple(row[2:] for row in rows if row and (row[0].islower() or row[0] == "S"))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _signature(path: Path) -> tuple[int, ...]:
    try:
        found = path.lstat()
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_mode)
