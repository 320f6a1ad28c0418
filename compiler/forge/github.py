"""GitHub, and GitHub Enterprise: PyGithub is used here and nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factoryline.errors import FactoryError
from factoryline.forge.base import Away, Decision, Look, Pull, Refusal, Remark, Said
from factoryline.system import process

if TYPE_CHECKING:
    from github.PullRequest import PullRequest
    from github.Repository import Repository

NEEDS = "pip install 'factoryline[github]'"
CONTEXT = "factoryline/verdict"
"""The name of our status on a commit."""
TIMEOUT = 30
TRIES = 3
"""How often a question is asked again where the answer is 500 to 504, or the connection is lost."""

_DECISIONS: dict[str, Decision] = {
    "APPROVED": "approve",
    "CHANGES_REQUESTED": "request-changes",
    "DISMISSED": "dismissed",
}


def missing() -> tuple[str, str]:
    if find_spec("github") is None:
        return "its client is not installed", NEEDS
    try:
        _token()
    except Away as away:
        return str(away), away.help
    return "", ""


def connect(*, repository: str, url: str) -> GitHub:
    return GitHub(repository, url)


def place(remote: str) -> tuple[str, str] | None:
    found = _REMOTE.fullmatch(remote.strip())
    if found is None:
        return None
    host = found["host"].lower()
    url = "https://api.github.com" if host in ("github.com", "ssh.github.com") else ""
    return f"{found['owner']}/{found['name']}", url or f"https://{host}/api/v3"


_REMOTE = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^@/]+@)?|(?:[\w.-]+@))(?P<host>[\w.-]+)(?::\d+)?[:/]"
    r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?"
)


class GitHub:
    """One repository."""

    name = "GitHub"

    def __init__(self, repository: str, url: str) -> None:
        self.repository, self.url = repository, url

    def __str__(self) -> str:
        return f"{self.repository} at {self.url}"

    @cached_property
    def _repository(self) -> Repository:
        from github import Auth, Github
        from urllib3.util import Retry

        retry = Retry(
            total=TRIES,
            backoff_factor=0.2,
            status_forcelist=(500, 502, 503, 504),
            # What changes something is asked for once, and then looked for.
            allowed_methods=("GET", "HEAD"),
            redirect=0,
        )
        client = Github(
            auth=Auth.Token(_token()),
            base_url=self.url,
            retry=retry,
            timeout=TIMEOUT,
            seconds_between_requests=None,
            seconds_between_writes=None,
            user_agent="factoryline",
        )
        return client.get_repo(self.repository, lazy=True)

    def find(self, branch: str) -> Pull | None:
        with _asking(self.url):
            owner = self.repository.partition("/")[0]
            found = self._repository.get_pulls(state="all", head=f"{owner}:{branch}")
            # The list has what the question needs; one alone tells more.
            pulls = sorted(found, key=lambda one: (one.state != "open", -one.number))
            return _pull(self._repository.get_pull(pulls[0].number)) if pulls else None

    def open(self, *, branch: str, base: str, title: str, body: str) -> Pull:
        with _asking(self.url):
            created = self._repository.create_pull(head=branch, base=base, title=title, body=body)
            return _pull(created)

    def update(self, number: int, *, title: str, body: str) -> None:
        with _asking(self.url):
            self._one(number).edit(title=title, body=body)

    def label(self, number: int, labels: Sequence[str]) -> None:
        with _asking(self.url):
            self._one(number).add_to_labels(*labels)

    def look(self, number: int) -> Look:
        with _asking(self.url):
            pull = self._repository.get_pull(number)
            return Look(
                pull=_pull(pull),
                reviews=tuple(_said(one) for one in pull.get_reviews()),
                remarks=tuple(_remark(one) for one in pull.get_review_comments()),
            )

    def mark(self, commit: str, *, passed: bool, said: str) -> None:
        state, short = "success" if passed else "failure", said[:140]
        with _asking(self.url):
            marked = self._repository.get_commit(commit)
            known = marked.get_combined_status().statuses
            if (CONTEXT, state, short) in [(s.context, s.state, s.description) for s in known]:
                return
            marked.create_status(state, description=short, context=CONTEXT)

    def merge(self, number: int, *, commit: str, squash: bool, title: str, message: str) -> str:
        with _asking(self.url):
            done = self._one(number).merge(
                commit_title=title,
                commit_message=message,
                merge_method="squash" if squash else "merge",
                sha=commit,
            )
            if not done.merged:
                raise Refusal(done.message)
            return str(done.sha)

    def _one(self, number: int) -> PullRequest:
        return self._repository.get_pull(number)


def _token() -> str:
    """A token of the environment, or the one that gh keeps. Raises Away."""
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        if os.environ.get(name, "").strip():
            return os.environ[name].strip()
    try:
        done = process.run(["gh", "auth", "token"], cwd=Path.cwd(), timeout=TIMEOUT)
    except FactoryError:
        done = None
    if done is None or done.code != 0 or not done.out.strip():
        raise Away("there is no token for GitHub", help="set GITHUB_TOKEN, or type `gh auth login`")
    return done.out.strip()


@contextmanager
def _asking(url: str) -> Iterator[None]:
    """The client's ways of failing as ours."""
    if find_spec("github") is None:
        raise Away("the client for GitHub is not installed", help=NEEDS)
    import requests
    from github import GithubException, RateLimitExceededException

    try:
        yield
    except RateLimitExceededException as busy:
        until = _until(busy.headers or {})
        raise Away("GitHub takes no more requests for now", until=until) from busy
    except GithubException as failed:
        said = _words(failed.data) or f"it answered {failed.status}"
        if failed.status == 401:
            help = "give GITHUB_TOKEN another token, or type `gh auth login`"
            raise Away(f"GitHub does not take the token: {said}", help=help) from failed
        if failed.status == 429 or "secondary rate limit" in said.lower():
            until = _until(failed.headers or {})
            raise Away("GitHub takes no more requests for now", until=until) from failed
        if failed.status >= 500:
            raise Away(f"GitHub does not answer as it should: {said}") from failed
        if failed.status == 404:
            said = "it is not there, or the token does not reach it"
        raise Refusal(said) from failed
    except (requests.RequestException, OSError) as lost:
        raise Away(f"{url} could not be reached: {lost}") from lost


def _words(data: Any) -> str:
    """What an error answer says, with its details."""
    if not isinstance(data, dict):
        return str(data or "").strip()[:300]
    details = [
        str(one.get("message") or one.get("code") or "") if isinstance(one, dict) else str(one)
        for one in data.get("errors") or ()
    ]
    return ": ".join(
        filter(None, [str(data.get("message") or ""), "; ".join(filter(None, details))])
    )


def _until(headers: dict[str, Any]) -> datetime | None:
    """When GitHub takes requests again, by its headers."""
    low = {name.lower(): str(value) for name, value in headers.items()}
    try:
        if "retry-after" in low:
            return datetime.now(UTC) + timedelta(seconds=float(low["retry-after"]))
        if low.get("x-ratelimit-remaining") == "0":
            return datetime.fromtimestamp(float(low["x-ratelimit-reset"]), UTC)
    except (ValueError, KeyError, OverflowError):
        pass
    return None


def _pull(pull: PullRequest) -> Pull:
    by = pull.merged_by if pull.merged else None
    return Pull(
        number=pull.number,
        address=pull.html_url,
        title=pull.title,
        body=pull.body or "",
        author=_name(pull.user),
        commit=pull.head.sha,
        open=pull.state == "open",
        draft=bool(pull.draft),
        merged=(pull.merge_commit_sha or "") if pull.merged else "",
        by=_name(by) if by else "",
    )


def _said(review: Any) -> Said:
    return Said(
        id=review.id,
        by=_name(review.user),
        decision=_DECISIONS.get(review.state, "comment"),
        text=review.body or "",
        commit=review.commit_id or "",
        bot=bool(review.user and review.user.type == "Bot"),
    )


def _remark(comment: Any) -> Remark:
    return Remark(
        review=comment.pull_request_review_id or 0,
        by=_name(comment.user),
        text=comment.body or "",
        path=comment.path or "",
        line=comment.line or comment.original_line or 0,
        # The commit that it was made on; the other one moves along with the branch.
        commit=comment.original_commit_id or comment.commit_id or "",
    )


def _name(user: Any) -> str:
    """A login; people who have left are `ghost`, as GitHub shows them."""
    return str(user.login) if user else "ghost"
