"""What GitHub answers, as JSON, made from the few facts that a test is about.

tests/forge/test_described.py holds each of them against GitHub's own description.
"""

from __future__ import annotations

from typing import Any

WHEN = "2026-01-01T00:00:00Z"

REPOSITORY_URLS = (
    *("archive assignees blobs branches collaborators comments commits compare contents").split(),
    *(
        "contributors deployments downloads events forks git_commits git_refs git_tags hooks"
    ).split(),
    *("issue_comment issue_events issues keys labels languages merges milestones").split(),
    *("notifications pulls releases stargazers statuses subscribers subscription tags").split(),
    *("teams trees git ssh svn clone").split(),
)
REPOSITORY_COUNTS = (
    "forks forks_count open_issues open_issues_count size stargazers_count watchers watchers_count"
)
USER_URLS = (
    "avatar events followers following gists html organizations received_events repos starred "
    "subscriptions"
)
PULL_URLS = "comments commits diff issue patch review_comment review_comments statuses"


class Answers:
    """Everything below `url`, for one repository."""

    def __init__(self, url: str, repository: str) -> None:
        self.url, self.repository_name = url, repository
        self.place = f"{url}/repos/{repository}"

    def user(self, login: str) -> dict[str, Any]:
        place = f"{self.url}/users/{login}"
        return {
            "login": login,
            "id": sum(login.encode()),
            "node_id": f"U_{login}",
            "gravatar_id": "",
            "url": place,
            "type": "Bot" if login.endswith("[bot]") else "User",
            "site_admin": False,
            **{f"{name}_url": f"{place}/{name}" for name in USER_URLS.split()},
        }

    def repository(self) -> dict[str, Any]:
        owner, name = self.repository_name.split("/")
        texts = ("description", "homepage", "language", "mirror_url", "license")
        flags = ("private", "fork", "has_downloads", "has_issues", "has_projects", "has_wiki")
        return {
            "id": 1,
            "node_id": "R_1",
            "name": name,
            "full_name": self.repository_name,
            "owner": self.user(owner),
            "url": self.place,
            "html_url": f"{self.url}/{self.repository_name}",
            "default_branch": "main",
            **{f"{name}_url": f"{self.place}/{name}" for name in REPOSITORY_URLS},
            **dict.fromkeys(texts),
            **dict.fromkeys((*flags, "has_pages", "archived", "disabled"), False),
            **dict.fromkeys(REPOSITORY_COUNTS.split(), 0),
            **dict.fromkeys(("pushed_at", "created_at", "updated_at"), WHEN),
        }

    def side(self, branch: str, commit: str) -> dict[str, Any]:
        owner = self.repository_name.partition("/")[0]
        return {
            "label": f"{owner}:{branch}",
            "ref": branch,
            "sha": commit,
            "user": self.user(owner),
            "repo": self.repository(),
        }

    def pull(self, facts: dict[str, Any], *, whole: bool = True) -> dict[str, Any]:
        """facts: number, title, body, author, state, draft, head and base as (branch, commit),
        merged (a commit or ""), by, mergeable, labels.
        """
        number, merged = facts["number"], facts["merged"]
        place = f"{self.place}/pulls/{number}"
        links = "self html issue comments review_comments review_comment commits statuses"
        value: dict[str, Any] = {
            "id": number,
            "node_id": f"PR_{number}",
            "number": number,
            "url": place,
            "html_url": f"{self.url}/{self.repository_name}/pull/{number}",
            "state": facts["state"],
            "locked": False,
            "title": facts["title"],
            "body": facts["body"],
            "user": self.user(facts["author"]),
            "draft": facts["draft"],
            "head": self.side(*facts["head"]),
            "base": self.side(*facts["base"]),
            "labels": [self.label(name) for name in facts["labels"]],
            "merge_commit_sha": merged or None,
            "closed_at": None if facts["state"] == "open" else WHEN,
            "merged_at": WHEN if merged else None,
            "author_association": "CONTRIBUTOR",
            "_links": {name: {"href": place} for name in links.split()},
            **{f"{name}_url": f"{place}/{name}" for name in PULL_URLS.split()},
            "issue_url": f"{self.place}/issues/{number}",
            **dict.fromkeys(("assignee", "milestone", "auto_merge")),
            **dict.fromkeys(("created_at", "updated_at"), WHEN),
        }
        counts = ("additions", "deletions", "changed_files", "comments", "commits")
        more = {
            "merged": bool(merged),
            "merged_by": self.user(facts["by"]) if merged else None,
            "mergeable": facts["mergeable"],
            "mergeable_state": "clean" if facts["mergeable"] else "dirty",
            "maintainer_can_modify": False,
            **dict.fromkeys((*counts, "review_comments"), 0),
        }
        return value | (more if whole else {})

    def label(self, name: str) -> dict[str, Any]:
        return {
            "id": 1,
            "node_id": "L_1",
            "url": f"{self.place}/labels/{name}",
            "name": name,
            "description": "",
            "color": "ededed",
            "default": False,
        }

    def review(self, number: int, facts: dict[str, Any]) -> dict[str, Any]:
        """facts: id, by, state, body, commit."""
        place = f"{self.place}/pulls/{number}"
        return {
            "id": facts["id"],
            "node_id": f"PRR_{facts['id']}",
            "user": self.user(facts["by"]),
            "body": facts["body"],
            "state": facts["state"],
            "commit_id": facts["commit"],
            "html_url": place,
            "pull_request_url": place,
            "submitted_at": WHEN,
            "author_association": "MEMBER",
            "_links": {"html": {"href": place}, "pull_request": {"href": place}},
        }

    def comment(self, number: int, facts: dict[str, Any]) -> dict[str, Any]:
        """facts: id, review, by, body, path, line, commit."""
        place = f"{self.place}/pulls/{number}"
        return {
            "id": facts["id"],
            "node_id": f"PRRC_{facts['id']}",
            "url": f"{self.place}/pulls/comments/{facts['id']}",
            "pull_request_review_id": facts["review"],
            "diff_hunk": "@@ -1 +1 @@",
            "path": facts["path"],
            "line": facts["line"],
            "original_line": facts["line"],
            "side": "RIGHT",
            "commit_id": facts["commit"],
            "original_commit_id": facts["commit"],
            "user": self.user(facts["by"]),
            "body": facts["body"],
            "created_at": WHEN,
            "updated_at": WHEN,
            "html_url": place,
            "pull_request_url": place,
            "author_association": "MEMBER",
            "_links": {name: {"href": place} for name in ("self", "html", "pull_request")},
        }

    def commit(self, sha: str) -> dict[str, Any]:
        place = f"{self.place}/commits/{sha}"
        git = {"name": "Ann", "email": "ann@example.org", "date": WHEN}
        return {
            "sha": sha,
            "node_id": f"C_{sha}",
            "url": place,
            "html_url": place,
            "comments_url": f"{place}/comments",
            "author": None,
            "committer": None,
            "parents": [],
            "commit": {
                "url": place,
                "author": git,
                "committer": git,
                "message": "",
                "comment_count": 0,
                "tree": {"sha": sha, "url": place},
            },
        }

    def combined(self, sha: str, statuses: list[dict[str, Any]]) -> dict[str, Any]:
        place = f"{self.place}/commits/{sha}"
        return {
            "state": "success",
            "statuses": statuses,
            "sha": sha,
            "total_count": len(statuses),
            "repository": self.repository(),
            "commit_url": place,
            "url": f"{place}/status",
        }

    def status(self, sha: str, facts: dict[str, Any], number: int, by: str) -> dict[str, Any]:
        """facts: state, description, context."""
        return {
            "id": number,
            "node_id": f"S_{number}",
            "url": f"{self.place}/statuses/{sha}",
            "avatar_url": None,
            "target_url": None,
            "state": facts["state"],
            "description": facts["description"],
            "context": facts["context"],
            "created_at": WHEN,
            "updated_at": WHEN,
            "creator": self.user(by),
        }
