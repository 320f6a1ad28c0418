"""What a round leaves to mend."""

from __future__ import annotations

from typing import Any

from factoryline.learning.feedback import feedback

from tests.ledger.example import entry

VERDICT: dict[str, Any] = {
    "outcome": "fail",
    "checks": [
        {"scope": "types", "outcome": "pass", "reason": "", "failures": [], "output": ""},
        {
            "scope": "unit",
            "outcome": "fail",
            "reason": "1 of 3 tests failed",
            "failures": [{"test": "test_app::test_key", "message": "assert 1 == 2"}],
            "output": "the end of the output",
        },
    ],
    "guards": [
        {"prior": "kept", "surface": "webui", "at_most": 5, "lines": 2, "outcome": "kept"},
        {"prior": "broken", "surface": "desktop", "at_most": 0, "lines": 7, "outcome": "broken"},
    ],
}

REVIEW: dict[str, Any] = {
    "decision": "request-changes",
    "summary": "Nearly.",
    "findings": [
        {
            "kind": "architecture",
            "severity": "blocker",
            "statement": "It belongs on the server.",
            "paths": ["desktop/shell.py"],
        },
        {"kind": "style", "statement": "A long name."},
    ],
}

CONFLICT: dict[str, Any] = {
    "outcome": "conflict",
    "branch": "main",
    "before": ("0123456789abcdef" * 3)[:40],
    "conflicts": ["server/app.py"],
}

FAILED = entry("1-verify", handoff=VERDICT, outcome="fail")


def test_the_first_round_has_nothing_to_mend() -> None:
    assert feedback([]) is None
    assert feedback([entry("scout"), entry("1-build")]) is None
    passed = entry("1-verify", handoff=VERDICT | {"outcome": "pass"}, outcome="pass")
    assert feedback([entry("scout"), entry("1-build"), passed]) is None


def test_failed_checks_and_broken_guards() -> None:
    assert feedback([entry("1-build"), FAILED]) == {
        "from": "1-verify",
        "kind": "retry",
        "items": [
            {
                "statement": "unit: 1 of 3 tests failed",
                "details": ["test_app::test_key: assert 1 == 2"],
                "output": "the end of the output",
            },
            {
                "statement": "the prior broken: at most 0 added lines on desktop; there are 7",
                "details": [],
                "output": "",
            },
        ],
    }


def test_the_steps_of_a_scope() -> None:
    def told(**facts: Any) -> list[str]:
        checks = [VERDICT["checks"][1] | {"failures": []} | facts]
        found = feedback([entry("1-verify", handoff=VERDICT | {"checks": checks}, outcome="fail")])
        assert found is not None
        details: list[str] = found["items"][0]["details"]
        return details

    inner = {"selection": {"step": "inner"}, "outcome": "pass", "tests": {"run": 3}}
    assert told(earlier=[inner]) == ["the step inner had passed: 3 tests"]
    assert told(earlier=[], left=["merge", "all"]) == [
        "not run, until these pass: the step merge and all"
    ]
    assert told(earlier=[inner | {"outcome": "fail"}]) == []


def test_the_findings_of_a_review() -> None:
    review = entry("1-review", handoff=REVIEW, outcome="request-changes")
    assert feedback([entry("1-build"), review]) == {
        "from": "1-review",
        "kind": "rework",
        "items": [
            {"statement": "Nearly.", "details": [], "output": ""},
            {
                "statement": "blocker architecture: It belongs on the server.",
                "details": ["desktop/shell.py"],
                "output": "",
            },
            {"statement": "major style: A long name.", "details": [], "output": ""},
        ],
    }


def test_a_review_without_a_summary() -> None:
    bare = REVIEW | {"summary": "", "findings": []}
    found = feedback([entry("1-review", handoff=bare, outcome="request-changes")])
    assert found is not None
    assert found["items"] == []


def test_a_merge_that_conflicted() -> None:
    found = feedback([entry("1-merge", handoff=CONFLICT, outcome="conflict")])
    assert found == {
        "from": "1-merge",
        "kind": "conflict",
        "items": [
            {
                "statement": "the base branch main has moved to 0123456789ab, and the change "
                "conflicts with it; do the work again on the new base",
                "details": ["server/app.py"],
                "output": "",
            }
        ],
    }


def test_the_newest_no_is_what_counts() -> None:
    review = entry("2-review", handoff=REVIEW, outcome="request-changes")
    entries = [entry("1-build"), FAILED, entry("2-build"), review, entry("3-build")]
    for known in (entries, entries[:4]):
        found = feedback(known)
        assert found is not None
        assert found["from"] == "2-review"


def test_what_the_verdict_does_not_show() -> None:
    proof: dict[str, Any] = {
        "before": {"outcome": "fail", "reason": "none failed before", "passing": ["t::new"]},
        "covers": {
            "outcome": "fail",
            "reason": "half of it runs",
            "uncovered": [{"path": "app.py", "lines": "3-4, 9"}],
            "unnamed": 2,
        },
        "mutants": {
            "outcome": "fail",
            "reason": "1 of 3 noticed",
            "survivors": [{"path": "app.py", "line": 9, "before": "a < b", "after": "a <= b"}],
            "unnamed": 1,
        },
    }
    verdict = {"outcome": "fail", "checks": [], "guards": [], "proof": proof}
    found = feedback([entry("1-verify", handoff=verdict, outcome="fail")])
    assert found is not None
    assert found["items"] == [
        {
            "statement": "none failed before",
            "details": ["passes without the change: t::new"],
            "output": "",
        },
        {
            "statement": "half of it runs",
            "details": ["no selected test runs app.py:3-4, 9", "and lines of 2 more files"],
            "output": "",
        },
        {
            "statement": "1 of 3 noticed",
            "details": [
                "app.py:9: no test notices `a <= b` for `a < b`",
                "and 1 more mutant",
            ],
            "output": "",
        },
    ]
    shown = {name: {**part, "outcome": "unknown"} for name, part in proof.items()}
    quiet = feedback([entry("1-verify", handoff={**verdict, "proof": shown}, outcome="fail")])
    assert quiet is not None
    assert quiet["items"] == []
