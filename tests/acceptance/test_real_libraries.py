"""Real changes of real libraries go through the line: from one release to the next.

Everything is driven from the command line, as a person would, and what the ledger says is compared
with what git and the libraries' own tests say without it. Needs a package index:

    pytest -m index tests/acceptance

FACTORYLINE_INDEX_CACHE names a folder in which downloads are kept from one run to the next.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.acceptance.real_library import (
    AUTHOR,
    BASE,
    RELEASE,
    SURFACES,
    Index,
    Library,
    Ran,
    RealLine,
    make_index,
)

pytestmark = pytest.mark.index

LIBRARIES = (
    Library(name="itsdangerous", older="2.1.2", newer="2.2.0"),
    Library(name="click", older="8.1.7", newer="8.1.8"),
)
ONE_ROUND = ["scout", "1-build", "1-verify", "1-package"]
Lines = dict[str, dict[str, int]]
"""Lines `added` and `removed`, by surface."""


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    kept = os.environ.get("FACTORYLINE_INDEX_CACHE")
    cache = Path(kept) if kept else tmp_path_factory.mktemp("index")
    return make_index(tmp_path_factory.mktemp("environment"), cache)


@pytest.fixture(params=LIBRARIES, ids=lambda library: library.name)
def line(request: pytest.FixtureRequest, tmp_path: Path, index: Index) -> RealLine:
    library: Library = request.param
    folder = tmp_path / "line"
    folder.mkdir()
    return RealLine(folder, library, index)


def test_a_release_goes_through_in_one_round(line: RealLine) -> None:
    name = line.library.name
    line.write_factory([RELEASE])

    # As far as it goes without a person.
    first = well(line.doit())
    assert first.stages() == [f"{name}:{stage}" for stage in ONE_ROUND]
    assert f"factory review {name} --approve" in first.out
    assert line.revision(BASE) == line.base, "nothing is merged before it is approved"

    # The change is the release, and its lines are git's.
    change = line.handoff("1-build")
    assert change["tree"] == line.tree(RELEASE)
    assert (change["author"]["name"], change["author"]["email"]) == AUTHOR
    counted = line.lines_per_surface(BASE, RELEASE)
    assert with_other(change["surfaces"]) == counted
    assert counted["source"]["added"] > 0, "a release without a changed line of source"
    assert sum(file["added"] for file in change["files"]) == total(counted, "added")
    assert sum(file["removed"] for file in change["files"]) == total(counted, "removed")

    # The verdict counts what the library's tests say without the line.
    verdict = line.handoff("1-verify")
    assert verdict["outcome"] == "pass"
    assert (verdict["commit"], verdict["tree"]) == (change["commit"], change["tree"])
    [check] = verdict["checks"]
    alone = summary(line.pytest(line.newer))
    assert check["tests"] == {
        "run": alone["passed"],
        "passed": alone["passed"],
        "failed": 0,
        "skipped": alone.get("skipped", 0) + alone.get("xfailed", 0),
        "flaky": 0,
        "known": sum(alone.values()),
    }
    assert check["tests"]["run"] > 0

    # The packet carries the whole change.
    packet = line.handoff("1-package")
    assert packet["base"] == line.base
    assert line.tree_of_patches(packet["base"], packet["patches"]) == change["tree"]

    # A person answers, and the line goes on to its end.
    well(line.approve())
    review = line.handoff("1-review")
    assert (review["decision"], review["by"]) == ("approve", "Someone")
    assert (review["commit"], review["verdict"]) == (packet["commit"], packet["verdict"])
    assert well(line.doit()).stages() == [f"{name}:1-merge", f"{name}:note"]

    check_sealed(line, rounds=1, retries=0)
    row = line.report()
    assert row["tests"] == {"run": alone["passed"], "known": sum(alone.values())}
    added = {surface: counted[surface]["added"] for surface in SURFACES}
    assert row["lines"] == {s: {"first": n, "final": n} for s, n in added.items()}


def test_a_release_shows_all_three_proofs(line: RealLine) -> None:
    """What failed before is what the newer tests say on the older source, without the line."""
    without = {"share": 0.5, "without": ["docs/**", "examples/**"]}
    proof = {"fails_before": True, "covers": without, "mutants": 3}
    line.write_factory([RELEASE], proof=proof)
    first = well(line.doit())
    shown = line.handoff("1-verify")["proof"]

    failing = line.folder / "failing"
    shutil.copytree(line.older, failing, ignore=shutil.ignore_patterns("tests"))
    shutil.copytree(line.newer / "tests", failing / "tests")
    expected = failed_tests(line.pytest(failing))
    before = shown["before"]
    # pytest names a file once that cannot be loaded; the verdict counts the tests in it.
    assert before["outcome"] == "pass"
    assert before["failed"] >= len(expected) > 0
    assert all(_named(one["test"], expected) for one in before["tests"])

    covers = shown["covers"]
    assert covers["outcome"] == "pass", covers["reason"]
    assert 0.5 <= covers["executed"] / covers["lines"] <= 1
    source = total(line.lines_per_surface(BASE, RELEASE), "added")
    assert 0 < covers["lines"] <= source, "no more lines than the change has"

    mutants = shown["mutants"]
    assert (mutants["outcome"], mutants["tried"]) == ("pass", 3)
    assert mutants["caught"] + len(mutants["survivors"]) == 3
    assert f"{before['failed']} failed before" in first.out
    packet = (line.record / "1-packet.md").read_text()
    assert f"- without the change: {before['failed']} selected test" in packet


def _named(test: str, expected: set[str]) -> bool:
    """Whether pytest names a test, or the file in which it stands."""
    file = test.partition("::")[0]
    return test in expected or any(file == e or file.startswith(f"{e}.") for e in expected)


def test_the_newer_tests_fail_on_the_older_source(line: RealLine) -> None:
    """Round by round: the tests of the newer release first, the rest of it after they failed."""
    name = line.library.name
    tests = line.write_patch("tests.patch", "tests")
    rest = line.write_patch("rest.patch", ":!tests")
    line.write_factory([tests], [rest])

    first = well(line.doit())
    again = ["2-build", "2-verify", "2-package"]
    assert first.stages() == [f"{name}:{stage}" for stage in [*ONE_ROUND[:3], *again]]

    # The first verdict names what fails, and nothing else.
    assert {path.split("/")[0] for path in paths(line, "1-build")} == {"tests"}
    failing = line.folder / "failing"
    shutil.copytree(line.older, failing, ignore=shutil.ignore_patterns("tests"))
    shutil.copytree(line.newer / "tests", failing / "tests")
    expected = failed_tests(line.pytest(failing))
    assert expected, "the newer tests pass on the older source"
    assert line.entry("1-verify")["outcome"] == "fail"
    [check] = line.handoff("1-verify")["checks"]
    assert check["outcome"] == "fail"
    assert {failure["test"] for failure in check["failures"]} == expected
    assert all(failure["message"] for failure in check["failures"])
    assert f"{len(expected)} of " in check["reason"]
    assert check["reason"] in first.out

    # The second round answers it, and the packet has both rounds.
    assert line.handoff("2-verify")["outcome"] == "pass"
    change, packet = line.handoff("2-build"), line.handoff("2-package")
    assert change["tree"] == line.tree(RELEASE)
    assert with_other(change["surfaces"]) == line.lines_per_surface(BASE, RELEASE)
    first_round = line.handoff("1-build")["commit"]
    assert with_other(change["round"]) == line.lines_per_surface(first_round, RELEASE)
    assert packet["patches"] == ["1-change.patch", "2-change.patch"]
    assert line.tree_of_patches(packet["base"], packet["patches"]) == change["tree"]

    well(line.approve())
    well(line.doit())
    check_sealed(line, rounds=2, retries=1)
    assert line.handoff("note")["retries"] == 1


def test_the_ledger_alone_carries_a_release_on(line: RealLine) -> None:
    """A clone that has neither the artifact's branch nor what is never committed goes on."""
    name = line.library.name
    line.write_factory([line.write_patch("release.patch", ".")])
    well(line.doit())
    change = line.handoff("1-build")
    elsewhere = line.folder / "elsewhere"
    line.git("clone", "--quiet", "--no-local", "--single-branch", ".", str(elsewhere / "product"))
    shutil.copytree(line.home, elsewhere / "home", ignore=shutil.ignore_patterns(".work"))
    release = line.tree(RELEASE)

    line.home, line.product = elsewhere / "home", elsewhere / "product"
    assert not line.has(change["commit"]), "the clone has the change already"
    waits = well(line.doit())
    assert waits.stages() == []
    assert f"factory review {name} --approve" in waits.out
    well(line.approve())
    well(line.doit())
    assert line.handoff("1-build") == change
    check_sealed(line, rounds=1, retries=0, tree=release)


def check_sealed(line: RealLine, *, rounds: int, retries: int, tree: str = "") -> None:
    """Merged, noted, chained, and nothing left to do. `tree` is the newer release's."""
    name = line.library.name
    row = line.report()
    assert (row["artifact"], row["sealed"]) == (name, True)
    assert (row["rounds"], row["rework"], row["retries"]) == (rounds, 0, retries)
    assert (row["cost"]["usd"], row["cost"]["tokens"]) == (0, 0)

    # main is the newer release, one commit after the older one; its checkout has moved along.
    merge = line.handoff(f"{rounds}-merge")
    assert merge["outcome"] == "merged"
    assert line.revision(BASE) == row["merged"] == merge["commit"]
    assert line.revision(f"{BASE}^") == line.base
    assert line.tree(BASE) == (tree or line.tree(RELEASE))
    assert line.git("status", "--porcelain") == ""
    assert line.git("worktree", "list", "--porcelain").count("worktree ") == 1

    note = line.handoff("note")
    assert note["merged"] == row["merged"]
    assert [r["round"] for r in note["rounds"]] == list(range(1, rounds + 1))
    assert (line.record / "post-run.md").read_text().strip()

    well(line.factory("ledger", name))

    history = (line.record / "history.jsonl").read_bytes()
    again = well(line.doit())
    assert again.stages() == []
    assert "nothing to do" in again.out
    assert (line.record / "history.jsonl").read_bytes() == history
    assert line.revision(BASE) == row["merged"]


def well(ran: Ran) -> Ran:
    """A program that ended well and complained of nothing."""
    assert (ran.code, ran.err) == (0, ""), f"exit code {ran.code}\n{ran.out}{ran.err}"
    return ran


def with_other(surfaces: Lines) -> Lines:
    """Lines per surface with `other`, which the ledger leaves out when nothing lies there."""
    return {"other": {"added": 0, "removed": 0}} | surfaces


def total(surfaces: Lines, direction: str) -> int:
    return sum(lines[direction] for lines in surfaces.values())


def paths(line: RealLine, stage: str) -> list[str]:
    return [file["path"] for file in line.handoff(stage)["files"]]


def summary(ran: Ran) -> dict[str, int]:
    """pytest's last line: `628 passed, 21 skipped, 1 xfailed in 1.60s`."""
    assert ran.code == 0, ran.out
    return {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", ran.out.splitlines()[-1])}


def failed_tests(ran: Ran) -> set[str]:
    """What pytest's short summary names, as its JUnit reports name it: `tests.test_a::test_b`."""
    found = re.findall(r"^(?:FAILED|ERROR) (\S+?)\.py(\S*)", ran.out, re.MULTILINE)
    return {path.replace("/", ".") + test for path, test in found}
