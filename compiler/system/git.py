"""git, and nothing but git. Each method is one question or one deed; the answers are values.

Every call is shielded from the caller's surroundings (hooks, identity, signing, locale, an index
that a hook exported), so that a machine without any git configuration gets the same result.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from factoryline.errors import UserError, WorldError
from factoryline.system import diffs, files, process
from factoryline.system.diffs import FileChange, FileLines, Hunk

IDENTITY = ("factoryline", "factoryline@localhost")
"""Name and address of commits that the line itself makes."""

_SETTINGS = {
    # What a change is may not depend on what somebody ignores or marks at home.
    "core.excludesFile": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.autocrlf": "false",
    "core.safecrlf": "false",
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.quotepath": "off",
    "commit.gpgsign": "false",
    "log.showSignature": "false",
    "merge.verifySignatures": "false",
    "merge.renames": "true",
    "apply.ignoreWhitespace": "no",
    # A patch looks the same everywhere, and says enough to be applied elsewhere.
    "diff.algorithm": "default",
    "diff.context": "3",
    "diff.dstPrefix": "b/",
    "diff.interHunkContext": "0",
    "diff.mnemonicPrefix": "false",
    "diff.noprefix": "false",
    "diff.orderFile": "/dev/null",
    "diff.relative": "false",
    "diff.renames": "true",
    "diff.srcPrefix": "a/",
    "diff.submodule": "short",
    "diff.suppressBlankEmpty": "false",
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
    "advice.detachedHead": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
"""Given through the environment, so that a failed command reads as one would type it."""

_ANYWHERE = (
    *("core.quotepath", "core.hooksPath", "log.showSignature", "diff.relative", "gc.auto"),
    *("i18n.commitEncoding", "i18n.logOutputEncoding", "advice.detachedHead", "maintenance.auto"),
)
"""Those that also hold in a person's own checkout, where git works as they have set it up."""

_INHERITED = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH"),
    *("GIT_CONFIG_PARAMETERS", "GIT_DIFF_OPTS", "GIT_EXTERNAL_DIFF", "GIT_NAMESPACE"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who and when; `date` is what git prints with %aI, such as 2026-04-21T09:30:00+00:00."""

    name: str
    email: str
    date: str


def sign_now(name: str, email: str) -> Signature:
    """A signature at this moment, to the second, in UTC."""
    date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return Signature(name=name, email=email, date=date)


class Git:
    """A checkout or a bare repository at `path`.

    theirs: whether it is a person's checkout that is asked or moved: what its files look like, what
    is ignored and what is an edit there is for that person's settings to say.
    """

    def __init__(self, path: Path, *, theirs: bool = False) -> None:
        self.path = path
        self._settings = {k: _SETTINGS[k] for k in _ANYWHERE} if theirs else _SETTINGS

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
    ) -> process.Completed:
        """`git …` in this checkout, whatever its exit code."""
        return process.run(
            ["git", *arguments],
            cwd=self.path,
            env=_environment(self._settings) | (env or {}),
            stdin=stdin,
        )

    def text(self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
        """What `git …` prints, without the last newline. Raises CommandFailed."""
        return self._done(*arguments, stdin=stdin, env=env).out.rstrip("\n")

    def _done(
        self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> process.Completed:
        """`run`, or CommandFailed unless the exit code is 0."""
        return self.run(*arguments, stdin=stdin, env=env).check(help=self._advice)

    @property
    def _advice(self) -> str:
        """What to do where git refuses."""
        return f"`git -C {self.path} fsck` tells what is broken, `status` what is in the way"

    def succeeds(self, *arguments: str) -> bool:
        return self.run(*arguments).code == 0

    def _once(self, *arguments: str) -> str:
        """`text`, asked once where all objects are named by their whole ids: it stays true."""
        ids = [one for one in arguments if not one.startswith("-")][1:]
        return _asked(self.path, *arguments) if all(map(_ID, ids)) else self.text(*arguments)

    # Questions

    def commit_of(self, revision: str) -> str | None:
        """The full id of the commit that `revision` names, or None."""
        done = self.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"
        )
        return done.out.strip() or None

    def branches(self) -> tuple[str, ...]:
        """The names of the branches here."""
        return tuple(self.text("for-each-ref", "--format=%(refname:short)", "refs/heads").split())

    def is_branch(self, name: str) -> bool:
        return self.succeeds("show-ref", "--verify", "--quiet", f"refs/heads/{name}")

    def tree_of(self, commit: str) -> str:
        return self.text("rev-parse", commit + "^{tree}")

    def message_of(self, commit: str) -> str:
        """The whole message, to the byte."""
        return self.content_of(commit).split("\n\n", 1)[1]

    def signature_of(self, commit: str) -> Signature:
        name, email, date = self.text("show", "-s", "--format=%an%n%ae%n%aI", commit).split("\n")
        return Signature(name=name, email=email, date=date)

    def lines(self, old: str, new: str) -> tuple[FileLines, ...]:
        """Lines per file between two commits or trees, renames followed."""
        text = self.text("diff", "--numstat", "-z", "--no-ext-diff", "-M", old, new)
        return tuple(diffs.numstat(text))

    def changed_files(self, old: str, new: str) -> tuple[FileChange, ...]:
        """The files that differ between two commits or trees, renames followed."""
        text = self._once("diff", "--raw", "-z", "--no-abbrev", "--no-ext-diff", "-M", old, new)
        return tuple(diffs.raw(text))

    def hunks(self, old: str, new: str) -> tuple[Hunk, ...]:
        """Which lines differ between two blobs."""
        text = self._once("diff", "-U0", "--no-color", "--no-ext-diff", "--no-textconv", old, new)
        return diffs.hunks(text)

    def patch(self, old: str, new: str) -> bytes:
        """A patch that turns `old` into `new`, binary files included."""
        shape = ("--binary", "--full-index", "--no-ext-diff", "--no-textconv", "--no-color")
        return self._done("diff", *shape, old, new).stdout

    def readable_patch(self, old: str, new: str) -> str:
        """What `new` differs in from `old`, to be read: renames as such, binary files by name."""
        shape = ("-M", "--no-ext-diff", "--no-textconv", "--no-color")
        return self._done("diff", *shape, old, new).out

    def show(self, old: str, new: str) -> None:
        """The difference between two commits, on the terminal as a person has set git up."""
        process.hand_over(["git", "diff", old, new], cwd=self.path)

    def changes(self, *, untracked: bool = True) -> tuple[str, ...]:
        """Paths that differ from HEAD, and those untracked and not ignored, in this checkout."""
        new = "--untracked-files=all" if untracked else "--untracked-files=no"
        text = self.text("status", "--porcelain=v1", "-z", new, "--no-renames")
        return tuple(sorted(item[3:] for item in text.split("\0") if item))

    def leftovers(self, commit: str) -> dict[str, str]:
        """What somebody left in a checkout of `commit`: each path that is `edited` (or gone), or
        `new` and not ignored; also what was committed on top.
        """
        text = self.text(
            *("status", "--porcelain=v2", "--branch", "--no-renames", "-z"), "--untracked-files=all"
        )
        found: dict[str, str] = {}
        for item in filter(None, text.split("\0")):
            if item.startswith("# branch.oid ") and item.split()[-1] != commit:
                named = self.text("diff", "--name-only", "--no-renames", "-z", commit, "HEAD")
                found |= dict.fromkeys(filter(None, named.split("\0")), "edited")
            elif item.startswith("? "):
                found[item[2:]] = "new"
            elif not item.startswith("#"):
                # 1 and u: eight and ten fields, then the path, which may hold spaces.
                found[item.split(" ", 8 if item[0] == "1" else 10)[-1]] = "edited"
        return found

    def listing(self, commit: str) -> dict[str, str]:
        """Every path of a commit, with its mode and the id of its content."""
        items = self._once("ls-tree", "-r", "-z", commit).split("\0")
        pairs = (item.partition("\t") for item in items if item)
        return {path: facts for facts, _, path in pairs}

    def files_at(self, commit: str) -> tuple[str, ...]:
        """The paths of all files in a commit."""
        return tuple(self.listing(commit))

    def blobs_at(self, commit: str) -> dict[str, str]:
        """The paths of all files in a commit, each with the id of its content."""
        return {path: facts.split()[2] for path, facts in self.listing(commit).items()}

    def files_in(self, folder: Path) -> tuple[str, ...]:
        """The paths of all files of a folder here, new ones that are not ignored too."""
        words = ("ls-files", "--cached", "--others", "--exclude-standard", "-z")
        return tuple(filter(None, Git(folder, theirs=True).text(*words).split("\0")))

    def read(self, commit: str, path: str) -> str:
        return self._done("show", f"{commit}:{path}").out

    def grep(self, parts: Collection[str]) -> dict[str, str]:
        """By the path of each tracked text here: its lines that have one of `parts`, in any case.

        What git takes for binary has none.
        """
        either = "|".join(map(re.escape, parts))
        words = ("grep", "-I", "-i", "-z", "--no-color", "--full-name")
        # Not every git is built with the quicker of the two.
        quick, slow = (("--no-line-number", how, "-e", either) for how in ("-P", "-E"))
        done = self.run(*words, *quick) if parts else None
        if done and done.code not in (0, 1):
            done = self.run(*words, *slow)
        found: dict[str, list[str]] = {}
        for line in done.out.split("\n") if done else ():
            path, apart, text = line.partition("\0")
            if apart:
                found.setdefault(path, []).append(text)
        return {path: "\n".join(lines) for path, lines in found.items()}

    def changed_together(self, commit: str, *, limit: int = 400) -> tuple[tuple[str, ...], ...]:
        """For each of the latest commits: the paths that it changed."""
        text = self.text(
            "log", f"-n{limit}", "--no-merges", "--format=%x01", "--name-only", "-z", commit
        )
        groups = (part.strip("\0\n").split("\0") for part in text.split("\x01"))
        return tuple(
            tuple(p.strip("\n") for p in group if p.strip("\n")) for group in groups if any(group)
        )

    def configured(self, name: str) -> str:
        """What git's configuration says of a name; empty where it says nothing."""
        return Git(self.path, theirs=True).run("config", "--get", name).out.strip()

    def hooks_folder(self) -> Path:
        """Where a person's hooks lie, wherever they are run from."""
        for place in ("--local", "--global", "--system"):
            said = self.run("config", place, "--type=path", "--get", "core.hooksPath").out.strip()
            if said:
                return self.path / said
        return self.path / self.text("rev-parse", "--git-common-dir") / "hooks"

    def hooks(self) -> tuple[str, ...]:
        """The names of the hooks that a person has set up here."""
        folder = self.hooks_folder()
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        known = (one for one in found if os.access(one, os.X_OK) and one.is_file())
        return tuple(one.name for one in known if not one.suffix and "-" in one.name)

    def hook(self, name: str, *arguments: str, folder: Path) -> process.Completed:
        """Run a hook of that folder here; one that is not there is fine."""
        path = f"core.hooksPath={folder.resolve()}"
        return self.run("-c", path, "hook", "run", "--ignore-missing", name, "--", *arguments)

    def ignoring(self, path: str) -> str:
        """The line that ignores a path here, as `.gitignore:3: state/`; empty if none does."""
        told = self.run("check-ignore", "--verbose", "--no-index", "--", path)
        source, _, pattern = told.out.partition("\t")[0].rpartition(":")
        return f"{source}: {pattern}" if told.code == 0 and not pattern.startswith("!") else ""

    def in_the_way(self, branch: str) -> tuple[str, ...]:
        """The branches that cannot stand beside `branch`: git keeps them as files in folders."""
        parts = branch.split("/")
        above = ["/".join(parts[:n]) for n in range(1, len(parts))]
        below = self.text("for-each-ref", "--format=%(refname:short)", f"refs/heads/{branch}/")
        return (*filter(self.is_branch, above), *below.split())

    def is_ancestor(self, old: str, new: str) -> bool:
        return self.succeeds("merge-base", "--is-ancestor", old, new)

    def find_commit(self, trailer: str, *, since: str, tip: str) -> str | None:
        """The newest commit in `since..tip` whose message has the line `trailer`."""
        text = self.text(
            "log", "--fixed-strings", f"--grep={trailer}", "--format=%H", f"{since}..{tip}"
        )
        return text.split("\n")[0] or None

    def checkout_of(self, branch: str) -> Path | None:
        """The work tree that has `branch` checked out, if any."""
        current = ""
        for line in self.text("worktree", "list", "--porcelain").split("\n"):
            if line.startswith("worktree "):
                current = line.removeprefix("worktree ")
            if line == f"branch refs/heads/{branch}":
                return Path(current)
        return None

    # Deeds

    def add_worktree(self, path: Path, commit: str) -> Git:
        """A detached work tree of `commit` at `path`; what lay there is removed."""
        if path.exists():
            self.remove_worktree(path)
        files.make_folder(path.parent)
        # Forced twice, git also takes the place of one that is gone, was locked and not pruned.
        forced = ("--force", "--force")
        done = self.run("worktree", "add", "--quiet", "--detach", *forced, str(path), commit)
        broken = _FILTER.search(done.err) if done.code else None
        if broken:
            raise WorldError(
                f"the filter `{broken[2]}` of git, for {broken[1]}, cannot be run here",
                help=f"install it, or `git config filter.{broken[2]}.required false` to go without",
            )
        done.check(help=self._advice)
        return Git(path)

    def remove_worktree(self, path: Path) -> None:
        known = path.exists() and self.succeeds(
            "worktree", "remove", "--force", "--force", str(path)
        )
        if not known or path.exists():
            files.remove_tree(path)
            self.run("worktree", "prune")

    def reset(self, commit: str) -> None:
        """Make this checkout exactly `commit`: no edits, nothing untracked, nothing ignored."""
        self.text("reset", "--quiet", "--hard", commit)
        self.text("clean", "--quiet", "-ffdx")

    def take(self, commit: str, paths: Sequence[str]) -> None:
        """Put files of another commit into this checkout."""
        names = "\0".join(paths).encode()
        literal = {"GIT_LITERAL_PATHSPECS": "1"}
        if paths:
            of = ("--pathspec-from-file=-", "--pathspec-file-nul")
            self.text("checkout", "--quiet", commit, *of, stdin=names, env=literal)

    def point(self, branch: str, commit: str) -> None:
        """Let `branch` name `commit`."""
        self.text("update-ref", f"refs/heads/{branch}", commit)

    def keep(self, reference: str, commit: str) -> None:
        """Keep `commit` reachable under refs/factory/."""
        self.text("update-ref", f"refs/factory/{reference}", commit)

    def apply(self, patch: bytes) -> None:
        """Apply a patch to this checkout and its index. Raises CommandFailed."""
        self._done("apply", "--index", "--whitespace=nowarn", "-", stdin=patch)

    def stage_all(self) -> str:
        """Put every change of this checkout into the index; returns the tree."""
        self.text("add", "--all")
        return self.text("write-tree")

    def commit_tree(
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: Signature,
        *,
        key: str | None = None,
    ) -> str:
        """Make a commit; the committer is the line, at the author's time, so ids can be rebuilt.

        key: whose signature it gets; empty for the one that git's configuration names.
        """
        env = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": author.date,
            "GIT_COMMITTER_NAME": IDENTITY[0],
            "GIT_COMMITTER_EMAIL": IDENTITY[1],
            "GIT_COMMITTER_DATE": author.date,
        }
        of = [part for parent in parents for part in ("-p", parent)]
        if key is not None:
            of.append(f"--gpg-sign={key}" if key else "--gpg-sign")
        return self.text("commit-tree", tree, *of, "-F", "-", stdin=message.encode(), env=env)

    def content_of(self, commit: str) -> str:
        """A commit as git has it, to the byte."""
        return self._done("cat-file", "commit", commit).out

    def write_commit(self, content: str) -> str:
        """Make a commit of what `content_of` gave; returns its id."""
        return self.text("hash-object", "-t", "commit", "-w", "--stdin", stdin=content.encode())

    def merge_tree(self, ours: str, theirs: str) -> tuple[str | None, tuple[str, ...]]:
        """The tree of a merge, and no conflicts; or None and the paths in conflict."""
        done = self.run(
            "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", ours, theirs
        )
        # 1 is a conflict, and also, without a tree, a commit that is not there.
        if done.code not in (0, 1) or not done.stdout:
            done.check(help=self._advice)
        tree, *paths = [part for part in done.out.split("\0") if part]
        return (tree, ()) if done.code == 0 else (None, tuple(dict.fromkeys(paths)))

    def fast_forward(self, commit: str) -> None:
        """Move this checkout and its branch ahead; CommandFailed when edits are in the way."""
        self.text("merge", "--quiet", "--ff-only", commit)


def create(path: Path, *, branch: str) -> Git:
    """A new, empty repository."""
    files.make_folder(path)
    git = Git(path)
    git.text("init", "--quiet", f"--initial-branch={branch}")
    return git


def open_repository(path: Path) -> Git:
    """The repository that `path` lies in. Raises UserError when there is none."""
    done = Git(path).run("rev-parse", "--show-toplevel")
    if done.code != 0:
        raise UserError(
            f"{path} is not inside a git repository",
            help="the target of a line is a git repository: `git init` it and commit once",
        )
    _require_version(Git(path))
    return Git(Path(_utf8(done.stdout.rstrip(b"\n"))))


def _utf8(path: bytes) -> str:
    """A path as text. Raises UserError for one that other programs could not be told."""
    try:
        return path.decode()
    except UnicodeDecodeError:
        raise UserError(
            f"the path of this repository is not UTF-8: {path!r}",
            help="rename the folder, or work in a clone elsewhere",
        ) from None


def _require_version(git: Git) -> None:
    text = git.text("version").split()[2]
    numbers = tuple(int(part) for part in text.split(".")[:2])
    if numbers < (2, 38):
        raise WorldError(f"git {text} is too old", help="install git 2.38 or newer")


@lru_cache(maxsize=8)
def _asked(path: Path, *arguments: str) -> str:
    return Git(path).text(*arguments)


_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}").fullmatch


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if key not in _INHERITED}
    # Others may have given settings in this way too, such as safe.directory.
    given = int(env.get("GIT_CONFIG_COUNT") or 0)
    for number, (name, value) in enumerate(settings.items(), start=given):
        env |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    env["GIT_CONFIG_COUNT"] = str(given + len(settings))
    env |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    for role in ("AUTHOR", "COMMITTER"):
        env[f"GIT_{role}_NAME"], env[f"GIT_{role}_EMAIL"] = IDENTITY
    return env


_FILTER = re.compile(r"^fatal: (.+): smudge filter '?([\w.-]+)'? failed", re.MULTILINE)


def version() -> str:
    """The version of git, such as 2.39.5. Raises ProgramMissing."""
    return Git(Path.cwd()).text("version").removeprefix("git version").strip()
