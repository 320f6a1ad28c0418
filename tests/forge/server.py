"""A small GitHub on loopback, over a real bare repository. People act on it by its methods.

What it answers is shaped by answers.py. `faults` are played on requests that fit, in turn, so that
a test can lose a connection before or after something was done.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.forge.answers import Answers

REPOSITORY = "ann/notes"
TOKEN = "ghs_" + "a1" * 20
LINE = "line-bot"
"""Whose the token is."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to the next request that fits, instead of its answer or after it was done.

    status: of the answer; 0 ends the connection. done: whether the work is done all the same.
    """

    method: str
    path: str
    status: int = 0
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Hub:
    """The repository's pull requests, and what was asked: `asked` has method and path."""

    def __init__(self, bare: Path) -> None:
        self.bare = bare
        self.pulls: list[dict[str, Any]] = []
        self.reviews: dict[int, list[dict[str, Any]]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.statuses: dict[str, list[dict[str, Any]]] = {}
        self.faults: list[Fault] = []
        self.asked: list[tuple[str, str]] = []
        self.answered: list[tuple[str, str, int, Any]] = []
        self._ids = iter(range(100, 10_000))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.say = Answers(self.url, REPOSITORY)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def posted(self, method: str, ending: str) -> int:
        """How often something was asked for."""
        return sum(m == method and re.search(ending, path) is not None for m, path in self.asked)

    def git(self, *words: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["git", "-C", str(self.bare), *words], input=stdin, capture_output=True, text=True
        )
        if done.returncode:
            raise Refused(422, done.stderr)
        return done.stdout.strip()

    def tip(self, branch: str) -> str:
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")

    # What people do

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
        """A review of the newest commit, or of another one; remarks: path, line and text."""
        commit = commit or self.facts(number)["head"][1]
        one = next(self._ids)
        self.reviews.setdefault(number, []).append(
            {"id": one, "by": by, "state": state, "body": body, "commit": commit}
        )
        for path, line, text in remarks:
            about = {"path": path, "line": line, "body": text, "commit": commit}
            self.comments.setdefault(number, []).append(
                {"id": next(self._ids), "review": one, "by": by, **about}
            )
        return one

    def dismiss(self, review: int) -> None:
        for reviews in self.reviews.values():
            for one in reviews:
                if one["id"] == review:
                    one["state"] = "DISMISSED"

    def edit(self, number: int = 1, **facts: Any) -> None:
        self._pull(number).update(facts)

    # What a client asks

    def facts(self, number: int) -> dict[str, Any]:
        """A pull request as it is now: its branch is where it is in the repository."""
        pull = self._pull(number)
        if pull["state"] == "open":
            branch, known = pull["head"]
            pull["head"] = (branch, self.tip(branch) or known)
            pull["base"] = (pull["base"][0], self.tip(pull["base"][0]))
            pull["mergeable"] = self._tree(pull) is not None
        return pull

    def answer(self, method: str, path: str, query: dict[str, Any], body: Any) -> tuple[int, Any]:
        for (wanted, pattern), work in _ROUTES.items():
            found = re.fullmatch(f"/repos/{REPOSITORY}{pattern}", path)
            if wanted == method and found:
                return work(self, query | (body or {}), *found.groups())
        raise Refused(404, "Not Found")

    def _pull(self, number: int) -> dict[str, Any]:
        for pull in self.pulls:
            if pull["number"] == number:
                return pull
        raise Refused(404, "Not Found")

    def _tree(self, pull: dict[str, Any]) -> str | None:
        done = subprocess.run(
            ["git", "-C", str(self.bare), "merge-tree", pull["base"][1], pull["head"][1]],
            capture_output=True,
            text=True,
        )
        return done.stdout.strip() if done.returncode == 0 else None

    def found(self, asked: dict[str, Any]) -> tuple[int, Any]:
        head = asked.get("head", "").partition(":")[2]
        states = {"all": ("open", "closed")}.get(asked.get("state", "open"), (asked.get("state"),))
        pulls = [p for p in reversed(self.pulls) if p["head"][0] == head and p["state"] in states]
        return 200, [self.say.pull(self.facts(p["number"]), whole=False) for p in pulls]

    def create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        tip = self.tip(asked["head"])
        if not tip:
            raise Refused(422, "Validation Failed: head is invalid")
        if any(p["head"][0] == asked["head"] and p["state"] == "open" for p in self.pulls):
            raise Refused(422, "Validation Failed: a pull request already exists")
        self.pulls.append(
            {
                "number": len(self.pulls) + 1,
                "title": asked["title"],
                "body": asked["body"],
                "author": LINE,
                "state": "open",
                "draft": False,
                "head": (asked["head"], tip),
                "base": (asked["base"], self.tip(asked["base"])),
                "merged": "",
                "by": "",
                "mergeable": True,
                "labels": [],
            }
        )
        return 201, self.say.pull(self.facts(len(self.pulls)))

    def one(self, _: dict[str, Any], number: str) -> tuple[int, Any]:
        return 200, self.say.pull(self.facts(int(number)))

    def change(self, asked: dict[str, Any], number: str) -> tuple[int, Any]:
        names = ("title", "body", "state")
        self._pull(int(number)).update({name: asked[name] for name in names if name in asked})
        return self.one({}, number)

    def said(self, _: dict[str, Any], number: str) -> tuple[int, Any]:
        return 200, [self.say.review(int(number), r) for r in self.reviews.get(int(number), ())]

    def remarked(self, _: dict[str, Any], number: str) -> tuple[int, Any]:
        return 200, [self.say.comment(int(number), c) for c in self.comments.get(int(number), ())]

    def merge(self, asked: dict[str, Any], number: str, by: str = LINE) -> tuple[int, Any]:
        pull = self.facts(int(number))
        if pull["state"] != "open" or pull["draft"]:
            raise Refused(405, "Pull Request is not mergeable")
        if asked.get("sha") not in (None, pull["head"][1]):
            raise Refused(409, "Head branch was modified. Review and try the merge again.")
        tree = self._tree(pull)
        if tree is None:
            raise Refused(405, "Pull Request has merge conflicts")
        parents = ["-p", pull["base"][1]]
        parents += [] if asked.get("merge_method") == "squash" else ["-p", pull["head"][1]]
        title = asked.get("commit_title") or f"{pull['title']} (#{number})"
        who = ("-c", "user.name=GitHub", "-c", "user.email=noreply@github.com")
        message = f"{title}\n\n{asked.get('commit_message') or ''}"
        commit = self.git(*who, "commit-tree", tree, *parents, stdin=message)
        self.git("update-ref", f"refs/heads/{pull['base'][0]}", commit)
        pull.update(state="closed", merged=commit, by=by)
        return 200, {"sha": commit, "merged": True, "message": "Pull Request successfully merged"}

    def label(self, asked: dict[str, Any], number: str) -> tuple[int, Any]:
        pull = self._pull(int(number))
        pull["labels"] = list(dict.fromkeys([*pull["labels"], *asked["labels"]]))
        return 200, [self.say.label(name) for name in pull["labels"]]

    def commit(self, _: dict[str, Any], sha: str) -> tuple[int, Any]:
        return 200, self.say.commit(self.git("rev-parse", f"{sha}^{{commit}}"))

    def marks(self, _: dict[str, Any], sha: str) -> tuple[int, Any]:
        # The newest of each name.
        newest = {one["context"]: one for one in self.statuses.get(sha, ())}
        return 200, self.say.combined(sha, list(newest.values()))

    def mark(self, asked: dict[str, Any], sha: str) -> tuple[int, Any]:
        made = self.say.status(sha, asked, next(self._ids), LINE)
        self.statuses.setdefault(sha, []).append(made)
        return 201, made


_ROUTES: dict[tuple[str, str], Callable[..., tuple[int, Any]]] = {
    ("GET", "/pulls"): Hub.found,
    ("POST", "/pulls"): Hub.create,
    ("GET", r"/pulls/(\d+)"): Hub.one,
    ("PATCH", r"/pulls/(\d+)"): Hub.change,
    ("GET", r"/pulls/(\d+)/reviews"): Hub.said,
    ("GET", r"/pulls/(\d+)/comments"): Hub.remarked,
    ("PUT", r"/pulls/(\d+)/merge"): Hub.merge,
    ("POST", r"/issues/(\d+)/labels"): Hub.label,
    ("GET", "/commits/([0-9a-f]+)"): Hub.commit,
    ("GET", "/commits/([0-9a-f]+)/status"): Hub.marks,
    ("POST", "/statuses/([0-9a-f]+)"): Hub.mark,
}


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            asked = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            body = {"labels": body} if isinstance(body, list) else body
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            hub.asked.append((self.command, asked.path))
            if self.headers.get("Authorization") not in (f"token {TOKEN}", f"Bearer {TOKEN}"):
                self._send(401, {"message": "Bad credentials"})
                return
            fits = (
                f for f in hub.faults if f.method == self.command and re.search(f.path, asked.path)
            )
            fault = next(fits, None)
            if fault:
                hub.faults.remove(fault)
                if fault.done:
                    hub.answer(self.command, asked.path, query, body)
                if not fault.status:
                    self.close_connection = True
                    self.connection.close()
                    return
                self._send(fault.status, fault.body, fault.headers)
                return
            try:
                status, value = hub.answer(self.command, asked.path, query, body)
            except Refused as refused:
                status, value = refused.status, {"message": str(refused)}
            hub.answered.append((self.command, asked.path, status, value))
            self._send(status, value)

        do_GET = do_POST = do_PATCH = do_PUT = _do  # noqa: N815

        def _send(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
            text = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            for name, said in (headers or {}).items():
                self.send_header(name, said)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
