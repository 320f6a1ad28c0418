"""A repository elsewhere, by git alone: what is on its branches, and putting a commit there."""

from __future__ import annotations

from factoryline.errors import CommandFailed, WorldError
from factoryline.system.git import Git

_ENV = {
    # A connection on which nothing comes is given up.
    "GIT_HTTP_LOW_SPEED_LIMIT": "100",
    "GIT_HTTP_LOW_SPEED_TIME": "60",
}


def addresses(git: Git, remote: str) -> tuple[str, ...]:
    """Where a remote is: as it was given, and as git reads it (`url.….insteadOf`), if another."""
    given = git.run("config", "--get", f"remote.{remote}.url").out.strip()
    done = git.run("remote", "get-url", remote)
    read = done.out.strip() if done.code == 0 else ""
    return tuple(dict.fromkeys(filter(None, (given, read))))


def tip(git: Git, remote: str, branch: str) -> str:
    """The commit of a branch there; empty where there is none. Raises WorldError."""
    name = f"refs/heads/{branch}"
    lines = _asked(git, "ls-remote", "--quiet", remote, name).splitlines()
    found = [line.split("\t")[0] for line in lines if line.endswith(f"\t{name}")]
    return found[0] if found else ""


def push(git: Git, remote: str, branch: str, commit: str, *, expected: str) -> None:
    """Put a commit on a branch there that is at `expected` now; empty: that is not there yet.

    Raises WorldError, also where somebody has moved the branch meanwhile.
    """
    name = f"refs/heads/{branch}"
    lease = f"--force-with-lease={name}:{expected}"
    _asked(git, "push", "--quiet", "--no-verify", lease, remote, f"{commit}:{name}")


def fetch(git: Git, remote: str, branch: str) -> str:
    """Bring a branch here; its commit. Nothing of the caller's moves. Raises WorldError."""
    kept = f"refs/factory/remote/{branch}"
    _asked(git, "fetch", "--quiet", "--no-tags", remote, f"+refs/heads/{branch}:{kept}")
    return git.text("rev-parse", kept)


def _asked(git: Git, *arguments: str) -> str:
    try:
        return git.text(*arguments, env=_ENV)
    except CommandFailed as failed:
        lines = failed.err.strip().splitlines()
        said = [line for line in lines if not line.startswith("hint:")] or [str(failed)]
        raise WorldError(
            f"git {arguments[0]} failed: {said[-1].removeprefix('fatal: ')}",
            help=f"try it by hand: git -C {git.path} {' '.join(arguments)}",
        ) from failed
