"""The schemas are good for other validators too: check-jsonschema, as pre-commit runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.index

SCHEMAS = sorted((ROOT / "schemas").glob("*.json"))
FACTORIES = sorted([ROOT / "factory.yaml", *(ROOT / "examples").rglob("factory.yaml")])
REVIEWS = sorted((ROOT / "examples").rglob("reviews/*.yaml"))


def run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    argv = [program, *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120)


def valid(program: str, schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    return run(program, "--schemafile", ROOT / "schemas" / schema, *files)


def test_every_schema_is_one(check_jsonschema: str) -> None:
    done = run(check_jsonschema, "--check-metaschema", *SCHEMAS)
    assert done.returncode == 0, done.stdout


def test_every_factory(check_jsonschema: str) -> None:
    done = valid(check_jsonschema, "factory.schema.json", *FACTORIES)
    assert done.returncode == 0, done.stdout


def test_every_recorded_review(check_jsonschema: str) -> None:
    assert REVIEWS
    done = valid(check_jsonschema, "recorded-review.schema.json", *REVIEWS)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("case", ["key-unknown", "enum-kind", "key-of-another-kind"])
def test_a_bad_one_is_refused(case: str, check_jsonschema: str) -> None:
    path = ROOT / "tests/bad" / case / "factory.yaml"
    assert valid(check_jsonschema, "factory.schema.json", path).returncode == 1
