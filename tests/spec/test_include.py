"""Artifacts in files of their own: every key, read once from its file and once as it was kept."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from factoryline.spec import schema
from factoryline.spec.load import load

ARTIFACT = schema.builtin("factory")["$defs"]["artifact"]["properties"]
NEEDED = {"title": "T", "goal": "G", "verify": [{"scope": "unit"}]}
HEAD = """factoryline: 1
name: demo
target: {repo: .}
cells:
  build: {kind: command, run: [make], hands: change, touches: [src/**]}
line: [build]
scopes:
  unit: {run: [make, test], report: exit}
flow: {merge: none}
artifacts: {include: artifacts/*.yaml}
"""


def examples(key: str) -> list[Any]:
    """The values that the schema gives as examples, those of its definition too."""
    shape = ARTIFACT[key]
    name = shape.get("$ref", "").rpartition("/")[2]
    more = schema.builtin("factory")["$defs"][name].get("examples", []) if name else []
    return [*shape.get("examples", []), *more]


@pytest.mark.parametrize("key", ARTIFACT)
def test_every_key_is_kept_as_it_was_read(key: str, tmp_path: Path) -> None:
    assert examples(key), f"the key {key} has no example"
    (tmp_path / "factory.yaml").write_text(HEAD)
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "state/.work").mkdir(parents=True)
    for number, value in enumerate(examples(key)):
        artifact = {**NEEDED, key: value}
        file = tmp_path / f"artifacts/one-{number}.yaml"
        file.write_text("".join(f"{k}: {json.dumps(v)}\n" for k, v in artifact.items()))
    # What is young is not kept: it may still be written to.
    time.sleep(0.1)
    first, kept = (load(tmp_path / "factory.yaml") for _ in range(2))
    assert first.artifacts == kept.artifacts
    assert list((tmp_path / "state/.work").glob("*")), "something was kept"
