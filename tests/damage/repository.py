"""Random edits of the target repository: what git, a crash or another tool may do to it."""

from __future__ import annotations

import subprocess
from random import Random

from tests.damage.places import name_of, remove, write
from tests.line import Line


def git(random: Random, line: Line) -> str:
    """What git's own commands, or another tool, do to the target."""
    repository = (
        line.product if not (line.state / ".work/target").exists() else line.state / ".work/target"
    )
    folder = repository / ".git"
    branches = subprocess.run(
        ["git", "for-each-ref", "--format=%(refname:short)", "refs/heads"],
        cwd=repository,
        capture_output=True,
        text=True,
    ).stdout.split()
    branch = random.choice(branches or ["main"])
    tree = f"{line.folder}/elsewhere"
    commands: tuple[tuple[str, ...], ...] = (
        ("branch", "-D", branch),
        ("branch", "-m", branch, "other/name"),
        ("branch", "-m", branch, f"{branch}-2"),
        ("update-ref", "-d", f"refs/heads/{branch}"),
        ("checkout", "-q", "--detach"),
        ("checkout", "-q", "-B", "another"),
        ("checkout", "-q", "--orphan", "empty"),
        ("checkout", "-q", branch),
        ("worktree", "add", "-q", "-f", tree, branch),
        ("worktree", "prune"),
        ("gc", "-q", "--prune=now"),
        ("pack-refs", "--all"),
        ("commit", "-q", "--allow-empty", "-m", "on top"),
        ("reset", "-q", "--hard", "HEAD~1"),
        ("config", "core.bare", "true"),
        ("config", "core.autocrlf", "true"),
        ("config", "extensions.worktreeConfig", "true"),
        ("symbolic-ref", "HEAD", "refs/heads/nowhere"),
    )
    files: tuple[tuple[str, str | None], ...] = (
        ("index.lock", ""),
        ("HEAD.lock", ""),
        ("packed-refs.lock", ""),
        (f"refs/heads/{branch}.lock", ""),
        (f"refs/heads/{branch}", ""),
        (f"refs/heads/{branch}", "0" * 40 + "\n"),
        (f"refs/heads/{branch}", "1" * 40 + "\n"),
        (f"refs/heads/{branch}", "ref: refs/heads/nowhere\n"),
        ("HEAD", None),
        ("HEAD", ""),
        ("index", ""),
        ("index", None),
        ("config", "[core"),
        ("MERGE_HEAD", "1" * 40 + "\n"),
        ("shallow", "1" * 40 + "\n"),
    )
    match random.choice(("command", "command", "file", "object", "trees", "gone", "logs")):
        case "command":
            command = random.choice(commands)
            named = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
            subprocess.run(["git", *named, *command], cwd=repository, capture_output=True)
            return f"git {' '.join(command)}"
        case "file":
            name, text = random.choice(files)
            place = folder / name
            if text is None:
                place.unlink(missing_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                write(place, text)
            return f".git/{name}: {'gone' if text is None else repr(text)}"
        case "object":
            objects = sorted(p for p in (folder / "objects").glob("??/*") if len(p.name) == 38)
            if not objects:
                return ""
            place = random.choice(objects)
            place.unlink()
            empty = random.random() < 0.3
            if empty:
                place.write_bytes(b"")
            return f".git/{place.relative_to(folder)}: {'empty' if empty else 'gone'}"
        case "trees":
            place = random.choice((folder / "worktrees", line.state / ".work/trees"))
            remove(place)
            return f"{name_of(line, place)}: gone"
        case "gone":
            place = random.choice((folder, folder / "objects", folder / "refs"))
            remove(place)
            return f"{name_of(line, place)}: gone"
        case _:
            remove(folder / "logs")
            return ".git/logs: gone"
