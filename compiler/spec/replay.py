"""A line over changes that were merged long ago: a factory of its own, beside a clone.

Each change becomes an artifact that adopts its patch, on a base branch that begins where history
did; reviews are recorded as the merge tells them. What it writes is a factory like any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factoryline.errors import UserError
from factoryline.spec.adopted import name_of
from factoryline.system import files
from factoryline.system.git import Git

BASE = "replay"
"""The branch that the changes come to, one by one."""

TRIVIAL = {"merged": {"run": ["true"], "report": "exit"}}
"""What verifies a change of which only the record is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A commit of the base's own line. rounds: the commits that it was made of, the oldest first;
    itself alone, where they are not asked for or not known.
    """

    commit: str
    parent: str
    subject: str
    body: str
    by: str
    rounds: Sequence[str]


def changes(
    git: Git,
    span: str,
    *,
    limit: int,
    rounds: bool,
    since: str = "",
    paths: Sequence[str] = (),
) -> list[Change]:
    """The newest changes of a range such as `v1..main`, the oldest first. Raises UserError.

    since: a day, as git understands it. paths: changes that touch one of these.
    """
    first, dots, until = span.partition("..")
    for name in (first, until):
        if not dots or git.commit_of(name or "HEAD") is None:
            raise UserError(
                f"`{span}` is no range of commits: {name or span} is not known here",
                help="name two commits, such as v1.2..main or main~50..main",
            )
    words = ["--first-parent", f"--max-count={limit}", *([f"--since={since}"] if since else [])]
    listed = git.text("rev-list", *words, f"{first}..{until or 'HEAD'}", "--", *paths)
    found = [_change(git, commit, rounds) for commit in reversed(listed.split())]
    return [one for one in found if one]


def _change(git: Git, commit: str, rounds: bool) -> Change | None:
    """None for a commit that changes nothing, or that has none before it."""
    parents = git.text("show", "-s", "--format=%P", commit).split()
    if not parents or git.tree_of(parents[0]) == git.tree_of(commit):
        return None
    subject, _, body = git.message_of(commit).partition("\n")
    name = git.text("show", "-s", "--format=%cn", commit)
    inner = _branch(git, parents) if rounds and len(parents) == 2 else []
    return Change(
        commit=commit,
        parent=parents[0],
        subject=subject.strip() or commit[:10],
        body=_plain(body),
        by=name,
        rounds=inner or [commit],
    )


def _branch(git: Git, parents: Sequence[str]) -> list[str]:
    """The commits that a merge brought, where each is one step from the merge's own base.

    A branch that the base was merged into has no rounds that could be told apart.
    """
    base = git.text("merge-base", *parents)
    commits = git.text("rev-list", "--reverse", f"{base}..{parents[1]}").split()
    straight = all(len(git.text("show", "-s", "--format=%P", c).split()) == 1 for c in commits)
    return commits if straight and base == parents[0] else []


def _plain(body: str) -> str:
    """A message without its trailers."""
    lines = body.strip().splitlines()
    while lines and (not lines[-1].strip() or re.match(r"[A-Z][\w-]+: ", lines[-1])):
        lines.pop()
    return "\n".join(line.rstrip() for line in lines)


def write(git: Git, folder: Path, found: Sequence[Change], like: Mapping[str, Any]) -> None:
    """Write the factory of these changes into a new folder, with a clone of the repository.

    like: `surfaces` and `scopes` of the line that this one is like; without scopes the changes
    are put on record and not verified.
    """
    scopes = like.get("scopes") or TRIVIAL
    begin(git, folder, found[0].parent)
    write_line(folder, {**like, "scopes": scopes}, cells=CELLS, flow={"reworks": 1000})
    for number, change in enumerate(found, start=1):
        _write_artifact(git, folder, named(number, change), change, list(scopes))


def named(number: int, change: Change) -> str:
    """What the artifact of a change is called."""
    return f"c{number:03}-{name_of(' '.join(change.subject.split()[:4]))}"[:60].rstrip("-")


def begin(git: Git, folder: Path, start: str) -> None:
    """A clone of the repository in a new folder, whose base branch is at `start`."""
    clone = folder / "target"
    files.make_folder(folder)
    git.text("clone", "--quiet", "--no-checkout", str(git.path), str(clone))
    target = Git(clone)
    target.text("update-ref", f"refs/heads/{BASE}", start)
    target.text("symbolic-ref", "HEAD", f"refs/heads/{BASE}")
    target.text("reset", "--hard", "--quiet")
    files.write_text(folder / "doit.cfg", "[GLOBAL]\nloader = factory\n")


CELLS: Mapping[str, Any] = {
    "scout": {"kind": "scout"},
    "build": {"kind": "adopt", "takes": ["memo", "feedback"], "touches": ["**"]},
    "verify": {"kind": "verify", "returns": "build"},
    "package": {"kind": "package"},
    "review": {"kind": "review", "from": "recorded", "returns": "build"},
}
"""The cells that a change goes through once more."""


def write_line(
    folder: Path, like: Mapping[str, Any], *, cells: Mapping[str, Any], flow: Mapping[str, Any]
) -> None:
    """Write a factory.yaml over the clone, with the surfaces and scopes of another line."""
    parts = {
        "factoryline": 1,
        "name": name_of(folder.name) or "replay",
        "target": {"repo": "target", "base": BASE},
        **({"surfaces": like["surfaces"]} if like.get("surfaces") else {}),
        "cells": cells,
        "line": list(cells),
        "scopes": like["scopes"],
        "flow": flow,
        "artifacts": {"include": "artifacts/*.yaml"},
    }
    head = "# Changes that were merged before, as artifacts. Written by factoryline.\n"
    text = head + "".join(f"{name}: {_value(value)}\n" for name, value in parts.items())
    files.write_text(folder / "factory.yaml", text)


def write_artifact(folder: Path, name: str, artifact: Mapping[str, Any]) -> None:
    text = "".join(f"{key}: {_value(value)}\n" for key, value in artifact.items())
    files.write_text(folder / f"artifacts/{name}.yaml", text)


def _value(value: Any) -> str:
    # JSON is YAML, and needs no rules for quotes.
    return json.dumps(value, ensure_ascii=False)


def _write_artifact(
    git: Git, folder: Path, name: str, change: Change, scopes: Sequence[str]
) -> None:
    patches, reviews = list(recorded(git, folder, name, change)), []
    for number, commit in enumerate(change.rounds, start=1):
        last = number == len(change.rounds)
        review = {"decision": "approve" if last else "request-changes", "by": change.by}
        review["summary"] = (
            f"Merged as {change.commit[:10]}." if last else f"{commit[:10]} was not the last one."
        )
        reviews.append(f"reviews/{name}-{number}.yaml")
        files.write_text(folder / reviews[-1], _value(review) + "\n")
    artifact = {
        "title": change.subject,
        "goal": change.body or change.subject,
        "source": change.commit,
        "verify": [{"scope": scope} for scope in scopes],
        "adopt": [[patch] for patch in patches],
        "reviews": reviews,
    }
    write_artifact(folder, name, artifact)


def recorded(git: Git, folder: Path, name: str, change: Change) -> Iterator[str]:
    """The patches of a change's rounds, each on the one before."""
    before = change.parent
    for number, commit in enumerate(change.rounds, start=1):
        patch = f"patches/{name}-{number}.patch"
        files.write_durable(folder / patch, git.patch(before, commit))
        yield patch
        before = commit
