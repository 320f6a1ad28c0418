"""factory prior: from a finding to a rule that a later artifact breaks, keeps, and outlives."""

from __future__ import annotations

import json

import pytest

from tests.line import Line, waits_for_review

FINDING = "architecture: The webui knows nothing of limits. @ webui/page.py:1"


@pytest.fixture
def taught(line: Line) -> Line:
    """Its artifact `limit` is sealed, with a finding."""
    waits_for_review(line)
    ran = line.factory("review", "limit", "--approve", "--finding", FINDING, "--by", "Ann")
    assert ran.code == 0, ran.err
    assert line.doit().code == 0
    return line


def more(line: Line, name: str, **files: str) -> None:
    """One more artifact at the end of factory.yaml."""
    line.patch(f"{name}-1", **files)
    path = line.home / "factory.yaml"
    artifact = line.artifact(name).replace("    reviews: []\n", "")
    path.write_text(path.read_text() + artifact)


def propose(line: Line, *more: str) -> None:
    words = ("propose", "limit/1-review/1", "--id", "no-limits", "--by", "Ann")
    ran = line.factory("prior", *words, *more)
    assert ran.code == 0, ran.err


@pytest.mark.long
def test_a_rule_from_its_proposal_to_its_end(taught: Line) -> None:
    propose(taught, "--surface", "webui", "--at-most", "0")
    path = taught.state / "priors/no-limits.json"
    listed = taught.factory("prior", "list").out
    assert listed.startswith("no-limits  proposed, shown to nobody yet: The webui knows nothing")
    more(taught, "page", webui__page_py="TITLE = 'Limit'\n")
    assert ".  page:1-verify  pass" in taught.doit().out, "nobody confirmed it"

    ran = taught.factory("prior", "confirm", "no-limits", "--by", "Bo")
    assert ran.out == "wrote state/priors/no-limits.json: later artifacts have to keep it\n"
    ran = taught.doit()
    assert ran.code == 1
    said = (
        "the prior no-limits (limit/1-review): The webui knows nothing of limits. "
        "(it asks for at most 0 added lines on webui; there are 1)"
    )
    assert said in ran.out
    memo = (taught.state / "factory-artifacts/page/memo.md").read_text()
    assert "- **no-limits**: The webui knows nothing of limits. (learned from limit)" in memo
    assert "no-limits  shown to 1, broken by 1: " in taught.factory("prior", "list").out

    retire = ("retire", "no-limits", "--why", "It may.", "--artifact", "page", "--by", "Bo")
    ran = taught.factory("prior", *retire)
    assert ran.code == 0, ran.err
    assert ".  page:1-verify  pass" in taught.doit().out
    value = json.loads(path.read_text())
    assert (value["retired"]["why"], value["retired"]["artifact"]) == ("It may.", "page")
    assert "no-limits  retired, overruled by 1: The webui" in taught.factory("prior", "list").out
    shown = taught.factory("prior", "show", "no-limits").out
    for part in ("no-limits: retired", "limit/1-review, by Ann", ", by Bo: It may."):
        assert part in shown
    again = taught.factory("prior", "retire", "no-limits", "--why", "x", "--by", "Bo")
    assert (again.code, "is retired already" in again.err) == (3, True)


@pytest.mark.long
def test_without_a_word_it_is_about_the_finding_s_own_paths(taught: Line) -> None:
    propose(taught)
    value = json.loads((taught.state / "priors/no-limits.json").read_text())
    assert (value["paths"], value["surfaces"]) == (["webui/page.py"], [])
    assert taught.factory("check").code == 0


@pytest.mark.long
def test_a_rule_that_nobody_needs_retires_by_itself(taught: Line) -> None:
    propose(taught, "--surface", "webui", "--at-most", "9", "--lapses-after", "1")
    assert taught.factory("prior", "confirm", "no-limits", "--by", "Bo").code == 0
    more(taught, "page", webui__page_py="TITLE = 'Limit'\n")
    taught.doit()
    assert taught.factory("review", "page", "--approve", "--by", "Ann").code == 0
    assert taught.doit().code == 0
    value = json.loads((taught.state / "priors/no-limits.json").read_text())
    assert value["retired"]["why"] == "1 artifact in a row did not need it"
    assert taught.doit().out.startswith("nothing to do")


WRONG = {
    ("propose", "limit/1-review/2", "--id", "x"): "there is no finding limit/1-review/2",
    ("propose", "limit/1-review/1", "--id", "X y"): "that is no rule: id",
    ("propose", "limit/1-review/1", "--id", "x", "--at-most", "1"): "--at-most guards one surface",
    ("propose", "limit/1-review/1", "--id", "x", "--in", "a"): "--in belongs to --never",
    ("propose", "limit/1-review/1", "--id", "x", "--expires", "soon"): "that is no rule: expires",
    ("confirm", "gone"): "there is no prior named `gone`",
    ("show", "gone"): "there is no prior named `gone`",
}


@pytest.mark.long
def test_what_makes_no_rule(taught: Line) -> None:
    assert "no rule yet" in taught.factory("prior", "list").out
    for words, said in WRONG.items():
        more = () if words[0] == "show" else ("--by", "Ann")
        ran = taught.factory("prior", *words, *more)
        assert (ran.code, said in ran.err) == (3, True), (words, ran.err)
        assert "help:" in ran.err
    propose(taught)
    again = taught.factory("prior", "propose", "limit/1-review/1", "--id", "no-limits", "--by", "A")
    assert "there is a prior `no-limits` already" in again.err
    taught.factory("prior", "confirm", "no-limits", "--by", "Ann")
    again = taught.factory("prior", "confirm", "no-limits", "--by", "Ann")
    assert "is not proposed: it is in force" in again.err
