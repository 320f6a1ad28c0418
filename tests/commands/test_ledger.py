"""factory ledger: a record that does not fit together says where."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from factoryline.ledger import entry as entries

from tests.line import Line, waits_for_review


@pytest.mark.long
def test_a_packet_names_the_record_that_it_is_rendered_from(line: Line) -> None:
    waits_for_review(line)
    assert line.factory("ledger", "limit").code == 0
    path = line.state / "factory-artifacts/limit/1-verify.json"
    value = json.loads(path.read_text())
    value["handoff"]["checks"][0]["output"] = "all is well"
    # Who edits an entry and its digests as well is found by what was made of it.
    before = entries.from_json(json.loads(path.read_text()), str(path))
    edited = replace(before, handoff=value["handoff"])
    path.write_text(json.dumps(edited.to_json(), indent=2) + "\n")
    ran = line.factory("ledger", "limit")
    assert ran.code == 2
    assert "limit/1-package: its text was rendered from another record than the one here" in ran.err
