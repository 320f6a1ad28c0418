"""Which rules an artifact must see, where they come from, and what became of their guards."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from factoryline.learning import priors
from factoryline.ledger.store import Ledger
from factoryline.plan.model import Plan
from factoryline.spec import schema

from tests.ledger.example import entry
from tests.plan.example import plan_of


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A line that may touch the server, and not the desktop."""
    return plan_of(tmp_path / "home")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state")


def rule(name: str = "rule", *, taught_by: str = "wizard", **more: Any) -> dict[str, Any]:
    source = {"artifact": taught_by, "stage": "1-review", "by": "Ann", "finding": "It was so."}
    return {"id": name, "statement": "Keep it.", "surfaces": [], "source": source} | more


def day(offset: int) -> str:
    return (date.today() + timedelta(days=offset)).isoformat()


@pytest.mark.parametrize(
    ("prior", "applies"),
    [
        (rule(), True),
        (rule(surfaces=["server"]), True),
        (rule(surfaces=["desktop"]), False),
        (rule(surfaces=["desktop", "server"]), True),
        (rule(surfaces=["gone"]), False),
        (rule(taught_by="selector"), False),
        (rule(expires=day(1)), True),
        (rule(expires=day(0)), True),
        (rule(expires=day(-1)), False),
    ],
    ids=[
        "everywhere",
        "where the line may work",
        "where it may not",
        "on one of several",
        "on a surface that is gone",
        "taught by the artifact itself",
        "until tomorrow",
        "on its last day",
        "since yesterday no more",
    ],
)
def test_which_priors_an_artifact_must_see(
    plan: Plan, ledger: Ledger, prior: dict[str, Any], applies: bool
) -> None:
    ledger.write_prior(prior)
    assert bool(priors.applying(plan, ledger, "selector")) is applies


def test_priors_that_no_artifact_can_see_or_keep(plan: Plan, ledger: Ledger) -> None:
    guard = {"surface": "shell", "at_most": 0}
    for prior in (
        rule("everywhere"),
        rule("here", surfaces=["server"]),
        rule("there", surfaces=["desktop"]),
        rule("nowhere", surfaces=["server", "gone"]),
        rule("unguarded", guard=guard),
        rule("over", surfaces=["gone"], expires=day(-1)),
    ):
        ledger.write_prior(prior)
    assert {prior["id"]: reason for prior, reason in priors.idle(plan, ledger)} == {
        "nowhere": "factory.yaml has no surface `gone`",
        "there": "no cell of the line may touch `desktop`",
        "unguarded": "factory.yaml has no surface `shell`",
    }


def test_priors_come_in_order_of_their_names(plan: Plan, ledger: Ledger) -> None:
    for name in ("b-rule", "a-rule"):
        ledger.write_prior(rule(name))
    assert [p["id"] for p in priors.applying(plan, ledger, "selector")] == ["a-rule", "b-rule"]


def test_no_priors_before_the_first_review(plan: Plan, ledger: Ledger) -> None:
    assert priors.applying(plan, ledger, "wizard") == ()


def test_a_prior_is_learned_from_the_finding_that_carries_it() -> None:
    carried = {
        "id": "on-the-server",
        "statement": "Settings live on the server.",
        "surfaces": ["desktop"],
        "guard": {"surface": "desktop", "at_most": 0},
        "expires": "2027-01-01",
    }
    findings = [
        {"kind": "style", "statement": "A long name."},
        {"kind": "architecture", "statement": "It is on the desktop.", "prior": carried},
        {"kind": "docs", "statement": "Say so.", "prior": {"id": "say-so", "statement": "Say."}},
    ]
    review = entry(
        "2-review",
        handoff={"decision": "request-changes", "by": "Ann", "findings": findings},
        outcome="request-changes",
    )
    full, bare = priors.learned(review)
    source = {"artifact": "wizard", "stage": "2-review", "by": "Ann"}
    assert full == carried | {"source": source | {"finding": "It is on the desktop."}}
    assert bare == {
        "id": "say-so",
        "statement": "Say.",
        "surfaces": [],
        "source": source | {"finding": "Say so."},
    }
    for prior in (full, bare):
        assert schema.violations(prior, schema.builtin("prior")) == ()


def test_what_is_about_paths_or_words(plan: Plan, ledger: Ledger) -> None:
    """The line may touch server/**."""
    artifact = plan.artifacts[0]
    word = artifact.title.split()[-1]
    for prior in (
        rule("here", paths=["server/keys.py"]),
        rule("there", paths=["desktop/keys.py"]),
        rule("said", words=[word.upper()]),
        rule("unsaid", words=[word[:-1], "nobody-says-this"]),
        rule("both", paths=["server/**"], words=[word]),
    ):
        ledger.write_prior(prior | {"source": prior["source"] | {"artifact": "other"}})
    found = [prior["id"] for prior in priors.applying(plan, ledger, artifact.name)]
    assert found == ["both", "here", "said"]


def test_a_proposal_holds_once_it_is_confirmed_and_until_it_is_retired(
    plan: Plan, ledger: Ledger
) -> None:
    signed = {"by": "Ann", "on": day(0)}
    states = {
        "proposed": rule(proposed=signed),
        "": rule(proposed=signed, confirmed=signed),
        "retired": rule(proposed=signed, confirmed=signed, retired=signed | {"why": "Old."}),
        "expired": rule(expires=day(-1)),
    }
    for standing, prior in states.items():
        assert priors.standing(prior) == standing
        ledger.write_prior(prior)
        assert bool(priors.applying(plan, ledger, "selector")) is (standing == "")


def test_a_proposal_is_as_narrow_as_its_finding() -> None:
    finding = {"kind": "tests", "statement": "Test it.", "paths": ["a.py:3", "a.py:9", "b.py"]}
    handoff = {"decision": "approve", "by": "Bo", "findings": [finding]}
    found = entry("1-review", handoff=handoff, outcome="approve")
    prior = priors.proposed(found, 1, {"id": "tested", "guard": {}}, "Ann")
    assert prior["paths"] == ["a.py", "b.py"]
    assert (prior["surfaces"], prior["statement"]) == ([], "Test it.")
    assert (prior["source"]["by"], prior["proposed"]["by"]) == ("Bo", "Ann")
    assert schema.violations(prior, schema.builtin("prior")) == ()
    said = {"id": "tested", "surfaces": ["server"], "statement": "Tests first."}
    wider = priors.proposed(found, 1, said, "Ann")
    assert (wider["surfaces"], wider.get("paths"), wider["statement"]) == (
        *(["server"], None),
        "Tests first.",
    )


def review(*rules: dict[str, Any], artifact: str = "wizard", finding: str = "It was so.") -> Any:
    found = [{"kind": "docs", "statement": finding, "prior": rule} for rule in rules]
    handoff = {"decision": "approve", "by": "Ann", "findings": found}
    return entry("1-review", artifact=artifact, handoff=handoff, outcome="approve")


def said(statement: str) -> dict[str, Any]:
    return {"id": "rule", "statement": statement}


def test_another_artifacts_rule_is_not_written_over(ledger: Ledger) -> None:
    ledger.write_prior(rule())
    findings = [{"statement": "Not so.", "prior": said("Keep it elsewhere.")}]
    other = priors.taken(ledger, "selector", findings)
    assert other is not None
    assert other["statement"] == "Keep it."
    assert priors.taken(ledger, "wizard", findings) is None, "its own it may say anew"
    same = [{"statement": "Not so.", "prior": said("Keep it.")}]
    assert priors.taken(ledger, "selector", same) is None
    assert priors.to_write(ledger, review(said("Keep it."), artifact="selector")) == ()


def test_what_a_person_put_better_stays(ledger: Ledger) -> None:
    [learned] = priors.to_write(ledger, review(said("Keep it.")))
    ledger.write_prior(learned | {"statement": "Keep it on the server."})
    assert priors.to_write(ledger, review(said("Keep it."))) == ()
    [anew] = priors.to_write(ledger, review(said("Keep it."), finding="It was otherwise."))
    assert anew["statement"] == "Keep it."
