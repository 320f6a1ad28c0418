"""What our small GitHub answers is what GitHub's own description says (npm's @octokit/openapi)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.forge.hosted import Hosted

pytestmark = pytest.mark.index


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place = tmp_path_factory.mktemp("openapi")
    subprocess.run(["npm", "install", "--silent", "@octokit/openapi"], cwd=place, check=True)
    path = place / "node_modules/@octokit/openapi/generated/api.github.com.json"
    return dict(json.loads(path.read_bytes()))


def plain(value: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: there, a value that may be null says so aside."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    schema = {name: plain(one) for name, one in value.items() if name != "example"}
    return {"anyOf": [schema, {"type": "null"}]} if schema.pop("nullable", False) else schema


def answer_of(described: dict[str, Any], method: str, path: str, status: int) -> Any:
    """The schema of an answer."""
    for pattern, methods in described["paths"].items():
        if re.fullmatch(re.sub(r"\{[^/]+\}", "[^/]+", pattern), path) and method in methods:
            answers = methods[method]["responses"]
            assert str(status) in answers, f"{method} {pattern} never answers {status}"
            return answers[str(status)]["content"]["application/json"]["schema"]
    raise AssertionError(f"GitHub has no {method} {path}")


def wrong(described: dict[str, Any], answered: list[tuple[str, str, int, Any]]) -> Iterator[str]:
    components = plain(described["components"])
    for method, path, status, value in answered:
        schema = plain(answer_of(described, method.lower(), path, status))
        validator = Draft202012Validator({**schema, "components": components})
        for error in validator.iter_errors(value):
            yield f"{method} {path}: {'/'.join(map(str, error.path))}: {error.message[:200]}"


def test_every_answer_of_a_whole_life(described: dict[str, Any], tmp_path: Path) -> None:
    line = Hosted(tmp_path / "line")
    try:
        line.reviewed()
        remarks = (("server/app.py", 1, "Name it."),)
        line.hub.review("bo", "CHANGES_REQUESTED", "Not yet.", remarks=remarks)
        line.work("LIMIT = 5\n")
        line.reviewed()
        line.reviewed()
        line.hub.review("bo", "APPROVED", "Good.")
        line.reviewed()
        assert line.assembled("limit")["sealed"] is True
        answered = [one for one in line.hub.answered if one[2] < 400]
        assert {method for method, *_ in answered} == {"GET", "POST", "PATCH", "PUT"}
        assert list(wrong(described, answered)) == []
    finally:
        line.hub.close()
